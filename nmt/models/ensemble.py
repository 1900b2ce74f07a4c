"""Several models that share their vocabularies, as one.

B sentences, N hypotheses, S source, T target, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from nmt.data.batch import Batch
from nmt.models.seq2seq import Forced, MakeProjection, Projection, Seq2Seq
from nmt.nn.softmax import log_probabilities


class Ensemble(nn.Module):
    """p(y_t | y_<t, x) = mean_m p_m(y_t | y_<t, x): the arithmetic mean of the members' probabilities.

    Attention is the mean of the members' matrices; members without attention have no share in it. The members may be of
    any kind, each with memory and state of its own.
    """

    def __init__(self, members: Sequence[Seq2Seq]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    @property
    def has_attention(self) -> bool:
        """Whether a member has attention."""
        return any(member.has_attention for member in self._models())

    @property
    def has_alignment_head(self) -> bool:
        """Whether a member has an alignment head."""
        return any(member.has_alignment_head for member in self._models())

    def start(self, src_BS: Tensor, src_len_B: Tensor) -> tuple[Any, Any]:
        """The members' memories and their first states, each as a tuple."""
        memories, states = zip(*(member.start(src_BS, src_len_B) for member in self._models()), strict=True)
        return memories, states

    def narrow(self, words_U: Tensor, make: MakeProjection | None = None) -> list[Projection]:
        """The part of each member's vocabulary that `step` may be limited to."""
        return [member.narrow(words_U, make) for member in self._models()]

    def step(
        self,
        y_N: Tensor,
        memory: Any,
        state: Any,
        narrow: Sequence[Projection] | None = None,
        penalty_BU: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None, Any]:
        """One step of search: as of one model, with the members' new states. The logits are log-probabilities."""
        each = zip(self._models(), memory, state, narrow or [None] * len(self.members), strict=True)
        steps = (model.step(y_N, own, last, part, penalty_BU) for model, own, last, part in each)
        logits, weights, states = zip(*steps, strict=True)
        return _log_mean([log_probabilities(part) for part in logits]), _mean(weights), states

    def force(self, batch: Batch) -> Forced:
        """Log-probabilities and attention of given target sentences."""
        logprobs, weights = zip(*(member.force(batch) for member in self._models()), strict=True)
        return Forced(_log_mean(logprobs), _mean(weights))

    def _models(self) -> list[Seq2Seq]:
        return list(self.members)  # type: ignore[arg-type]


def _log_mean(logprobs: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean of the probabilities."""
    return torch.logsumexp(torch.stack(list(logprobs)), 0) - math.log(len(logprobs))


def _mean(weights: Sequence[Tensor | None]) -> Tensor | None:
    present = [part.to(torch.promote_types(part.dtype, torch.float32)) for part in weights if part is not None]
    return torch.stack(present).mean(0) if present else None
