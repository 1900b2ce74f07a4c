"""Attention: scorer -> window -> normaliser -> context. One code serves training over time and search over the beam.

B sentences, M queries per sentence, N = B * M, S source positions, H query width, D memory width, A key width,
P width of what is read of a context (products).
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, NamedTuple, cast

import torch
from pydantic import PositiveInt
from torch import Tensor, nn

from nmt.attention.contexts import contexts
from nmt.attention.heads import Heads
from nmt.attention.normalisers.normaliser import Normaliser
from nmt.attention.normalisers.softmax import Softmax
from nmt.attention.scorers.concat import Concat
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.scorers.unscored import Unscored
from nmt.attention.tapes.tape import MakeAttentionTape, make_in_window
from nmt.attention.windows.everywhere import Everywhere
from nmt.attention.windows.window import Window
from nmt.config.component import OneOf, Section
from nmt.errors import ConfigError
from nmt.nn.linear import linear

Reads = tuple[Tensor, ...]
"""The weights (P, D) of products that a decoder takes of a context; none: it takes the context itself."""


class Memory(NamedTuple):
    """What a decoder reads of the source: per sentence, built once, never tiled over the beam, never reordered.

    The values are the source states, or the products of them that `Attention.remember` was asked for. With several
    heads values and keys are those of each head, (B, heads, S, width of a head).
    """

    values_BSP: Tensor
    mask_BS: Tensor
    keys_BSA: Tensor


class AttentionConfig(Section):
    """How the decoder's query finds its place in the source."""

    scorer: Annotated[Scorer.Config, OneOf(Scorer)] = Concat.Config()
    """The score function."""
    window: Annotated[Window.Config, OneOf(Window)] = Everywhere.Config()
    """Which source positions a query may see."""
    normaliser: Annotated[Normaliser.Config, OneOf(Normaliser)] = Softmax.Config()
    """How scores become weights. `uniform` weighs without scores, so no scorer is made."""
    heads: PositiveInt = 1
    """Attentions side by side, each on its own projections of query and source; 1: one, without projections."""

    def longest_source(self) -> int | None:
        """Most source positions, EOS counted, that are not refused; None: any number."""
        normaliser, scorer = cast(type[Normaliser], self.normaliser.component), cast(Scorer.Config, self.scorer)
        return scorer.longest_source() if normaliser.reads_scores else None


class Attention(nn.Module):
    """a_t = normalise over the source of score(h_t, h_s);  c_t = sum_s a_t(s) h_s.

    Bahdanau et al. 2014, eq. 5 and 6; Luong et al. 2015, eq. 7 and 10. Positions that are padding or outside the window
    weigh exactly 0. The context is made of a_t as the paper has it; the weights that are returned are a_t over its sum,
    a distribution also where a window's factor makes a_t sum to less than 1.

    A decoder that reads a context by products W c_t alone gives W, as `reads`, whenever it calls: W c_t being
    sum_s a_t(s) W h_s, one head takes the products of the source states, once a sentence and not for every hypothesis
    of every step. Several weights W stand side by side in P.
    """

    def __init__(self, config: AttentionConfig, *, query_dim: int, memory_dim: int) -> None:
        """Errors: ConfigError where the parts do not fit each other."""
        super().__init__()
        self.normaliser: Normaliser = config.normaliser.build()
        self.heads = None
        if config.heads > 1:
            self.heads = Heads(config.heads, query_dim=query_dim, memory_dim=memory_dim)
            query_dim = memory_dim = self.heads.width
        self.scorer: Scorer = Unscored()
        if self.normaliser.reads_scores:
            self.scorer = config.scorer.build(query_dim=query_dim, memory_dim=memory_dim)
        if self.heads is not None and not (self.scorer.reads_query and self.scorer.reads_source):
            one_sided = config.scorer if self.normaliser.reads_scores else config.normaliser
            raise ConfigError(
                f"model.decoder.attention.heads: {config.heads} heads need a score of query and source together, "
                f"which {one_sided.component.name} is not; use 1, or scaled_dot"
            )
        self.window: Window = config.window.build(query_dim=query_dim)

    def remember(self, values_BSD: Tensor, mask_BS: Tensor, reads: Reads = ()) -> Memory:
        """The memory of the encoder's states, with the keys that the scorer needs."""
        if self.heads is None:
            return Memory(_read(values_BSD, reads), mask_BS, self.scorer.keys(values_BSD))
        values, keys = self.heads.split_memory(values_BSD)
        return Memory(values, mask_BS, self.heads.unfold(self.scorer.keys(keys.flatten(0, 1))))

    def first_position(self, memory: Memory) -> Tensor | None:
        """position_B of the first target word, 1, for a decoder's state; None where the window does not ask for it."""
        if not self.window.reads_position:
            return None
        return memory.mask_BS.new_ones(len(memory.mask_BS), dtype=torch.long)

    def forward(
        self, query_BMH: Tensor, memory: Memory, position_BM: Tensor | None = None, reads: Reads = ()
    ) -> tuple[Tensor, Tensor]:
        """context_BMP and weights_BMS. Without position_BM the queries are those of target words 1 to M."""
        if position_BM is None and self.window.reads_position:
            position_BM = torch.arange(1, query_BMH.size(1) + 1, device=query_BMH.device).expand(len(query_BMH), -1)
        if self.heads is None:
            return self._attend(query_BMH, memory, position_BM)
        position_BM = None if position_BM is None else self.heads.repeat(position_BM)
        query, each = self.heads.split_query(query_BMH), self.heads.fold_memory(*memory)
        context_BMD, weights_BMS = self.heads.merge(*self._attend(query, Memory(*each), position_BM))
        return _read(context_BMD, reads), weights_BMS

    def attend_rows(
        self, query_NH: Tensor, memory: Memory, position_N: Tensor | None = None, reads: Reads = ()
    ) -> tuple[Tensor, Tensor]:
        """context_NP and weights_NS for queries whose dim 0 holds M rows of each sentence, sentence by sentence.

        position_N: the target words' positions, begun by `first_position` and counted on by `next_position`.
        """
        assert (position_N is not None) == self.window.reads_position
        sentences = len(memory.mask_BS)
        position_BM = None if position_N is None else position_N.unflatten(0, (sentences, -1))
        context_BMP, weights_BMS = self(query_NH.unflatten(0, (sentences, -1)), memory, position_BM, reads)
        return context_BMP.flatten(0, 1), weights_BMS.flatten(0, 1)

    def tape(self) -> tuple[MakeAttentionTape, tuple[Tensor, ...]] | None:
        """Attention inside a recurrence by hand: what makes it, and its parameters; None: autograd takes every step.

        There is one for the softmax (Bahdanau et al. 2014, eq. 6) of a score in a window, both of which have one, by a
        single head.
        """
        scores, window = self.scorer.tape(), self.window.tape()
        if scores is None or window is None or self.heads is not None or not isinstance(self.normaliser, Softmax):
            return None
        (make_scores, parameters), (make_window, others) = scores, window
        return partial(make_in_window, make_scores, make_window, len(parameters)), (*parameters, *others)

    def _attend(self, query_BMH: Tensor, memory: Memory, position_BM: Tensor | None) -> tuple[Tensor, Tensor]:
        scores_BMS = self.scorer(query_BMH, memory.keys_BSA)
        precise = torch.promote_types(scores_BMS.dtype, torch.float32)
        view = self.window(query_BMH, memory.mask_BS, position_BM)
        weights_BMS = self.normaliser(scores_BMS.to(precise), view.inside_BMS)
        if view.factor_BMS is None:
            return contexts(weights_BMS, memory.values_BSP), weights_BMS
        weights_BMS = weights_BMS * view.factor_BMS
        return contexts(weights_BMS, memory.values_BSP), weights_BMS / weights_BMS.sum(-1, keepdim=True)


def _read(x: Tensor, reads: Reads) -> Tensor:
    """The products of x (..., D), side by side; x itself where there are none."""
    return torch.cat([linear(x, weight_PD) for weight_PD in reads], -1) if reads else x


def next_position(position_N: Tensor | None) -> Tensor | None:
    """The position of the target word after this one; None stays None."""
    return None if position_N is None else position_N + 1
