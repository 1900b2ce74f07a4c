"""Guided alignment: the attention is trained toward given links as well.

B sentences, T target pieces and EOS, S source pieces and EOS.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import PositiveFloat, model_validator
from torch import Tensor

from nmt.config.component import FilePath, Section

LEAST = 1e-6
"""Smallest weight that a logarithm is taken of, so that windows and hard attention may give 0."""


class GuidedAlignment(Section):
    """A second loss: the distance of the attention from links of the training text's words."""

    links: FilePath | None = None
    """Links of the training pairs, a line each, as `0-0 1-2`, of the words that `nmt align-export` counts. null: `nmt
    train` aligns the training text first, as `nmt align-text` does, and keeps the links in the run folder."""

    aligner: Literal["hmm", "eflomal"] = "hmm"
    """What aligns the training text where `links` is null: our own, or eflomal, which needs the extra `eflomal`."""

    loss: Literal["cross_entropy", "mean_squared_error", "multiplied"] = "cross_entropy"
    """Of each target piece t with attention a and guide g: -sum_s g log a (Chen et al. 2016), sum_s (a - g)^2 / 2, or
    -log sum_s g a (both Liu et al. 2016)."""

    weight: PositiveFloat = 0.5
    """What the loss, summed over guided target pieces, is multiplied with before it is added to the objective."""

    unlinked: Literal["free", "eos"] = "free"
    """Target words without a link, and the end of sentence: not guided, or guided to the end of the source, where
    `nmt align-export` reads them as unlinked."""

    @model_validator(mode="after")
    def _has_one_source_of_links(self) -> GuidedAlignment:
        if self.links is not None and self.aligner != "hmm":
            raise ValueError(f"aligner {self.aligner} has nothing to do where links are given; leave one of them out")
        return self


def guidance_loss(weights_BTS: Tensor, guide_BTS: Tensor, kind: str) -> Tensor:
    """The loss of `GuidedAlignment.loss`, summed over the rows of the guide that are not 0."""
    precise = torch.promote_types(weights_BTS.dtype, torch.float32)
    weights_BTS, guide_BTS = weights_BTS.to(precise), guide_BTS.to(precise)
    if kind == "cross_entropy":
        return -(guide_BTS * weights_BTS.clamp(min=LEAST).log()).sum()
    guided_BT = guide_BTS.sum(-1) > 0
    if kind == "mean_squared_error":
        return ((weights_BTS - guide_BTS).square().sum(-1) / 2 * guided_BT).sum()
    return -(torch.log((weights_BTS * guide_BTS).sum(-1).clamp(min=LEAST)) * guided_BT).sum()
