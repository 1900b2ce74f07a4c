"""What search remembers: back-pointers of every step, and pointers to what has ended.

It is read at the end: reading it earlier would wait for a GPU at every step. Attention, which is large, leaves it
without waiting.
B sentences in the batch, K beam, C candidates, S source.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from nmt.search.hypothesis import Hypothesis
from nmt.search.limits import NEVER
from nmt.text.vocab import EOS


class Finished:
    """The `size` best ended hypotheses of every sentence, as pointers: the step (from 0) at which they ended, the slot.

    `ended_B` is False where the longest length cut a prefix off; its slot is then one after the step, not before it.
    """

    def __init__(self, sentences: int, size: int, device: torch.device) -> None:
        shape = (sentences, size)
        self.score_BC = torch.full(shape, NEVER, device=device)
        self.logprob_BC = torch.full(shape, NEVER, device=device)
        self.step_BC = torch.zeros(shape, dtype=torch.long, device=device)
        self.slot_BC = torch.zeros(shape, dtype=torch.long, device=device)
        self.ended_B = torch.ones(sentences, dtype=torch.bool, device=device)
        self._pools = (self.score_BC, self.logprob_BC, self.step_BC, self.slot_BC)

    def add(self, sentence_B: Tensor, score_BC: Tensor, logprob_BC: Tensor, slot_BC: Tensor, step: int) -> None:
        """Merges candidates of `step` into the pools of the given sentences; score -inf is no candidate."""
        size = self.score_BC.size(1)
        new = (score_BC, logprob_BC, torch.full_like(slot_BC, step), slot_BC)
        merged = [torch.cat([pool[sentence_B], part], 1) for pool, part in zip(self._pools, new, strict=True)]
        best = merged[0].topk(size, 1).indices
        for pool, part in zip(self._pools, merged, strict=True):
            pool[sentence_B] = part.gather(1, best)

    def add_prefixes(self, sentence_B: Tensor, logprob_B: Tensor, score_B: Tensor, step: int) -> None:
        """For the given sentences that have nothing in their pool, the best live prefix (slot 0) as the only answer."""
        empty_B = self.score_BC[sentence_B, 0] == NEVER
        new = (score_B, logprob_B, torch.full_like(sentence_B, step), torch.zeros_like(sentence_B))
        for pool, part_B in zip(self._pools, new, strict=True):
            pool[sentence_B, 0] = torch.where(empty_B, part_B, pool[sentence_B, 0])
        self.ended_B[sentence_B] = ~empty_B

    def hypotheses(self, paths: Paths, source_lengths: list[int]) -> list[list[Hypothesis]]:
        """The finished hypotheses of every sentence, best first, read back along the pointers."""
        scores, logprobs, steps, slots = (pool.tolist() for pool in self._pools)
        found: list[list[Hypothesis]] = []
        for sentence, (length, ended) in enumerate(zip(source_lengths, self.ended_B.tolist(), strict=True)):
            found.append([])
            pool = zip(scores[sentence], logprobs[sentence], steps[sentence], slots[sentence], strict=True)
            for score, logprob, step, slot in pool:
                if score == NEVER:
                    break
                tokens, weights_TS = paths.path(sentence, step, slot, length, ended)
                found[-1].append(Hypothesis(tokens, logprob, score, weights_TS))
        return found


class Trace:
    """Tokens, parents and attention of every step; rows are the sentences searched at that step."""

    def __init__(self, sentences: int) -> None:
        self._sentences = sentences
        self._steps: list[tuple[Tensor, Tensor, Tensor, Tensor | None]] = []

    def append(self, sentence_B: Tensor, token_BK: Tensor, parent_BK: Tensor, weights_NS: Tensor | None) -> None:
        """Remembers a step. weights_NS belong to the slots before it, that is to the parents."""
        weights_NS = None if weights_NS is None else weights_NS.to("cpu", non_blocking=True)
        self._steps.append((sentence_B, token_BK, parent_BK, weights_NS))

    def read(self) -> Paths:
        """All of it, on the processor. What left without waiting is there when something later was waited for."""
        paths = Paths([], [], [], [])
        for sentence_B, token_BK, parent_BK, weights_NS in self._steps:
            rows = np.full(self._sentences, -1)
            rows[sentence_B.cpu().numpy()] = np.arange(len(sentence_B))
            paths.row_of.append(rows)
            paths.token_BK.append(token_BK.cpu().numpy())
            paths.parent_BK.append(parent_BK.cpu().numpy())
            if weights_NS is not None:
                paths.weights_BKS.append(weights_NS.unflatten(0, (len(token_BK), -1)).float().numpy())
        return paths


class Paths(NamedTuple):
    """For every step: the row of each sentence, and what `Trace.append` was given; no weights without attention."""

    row_of: list[np.ndarray]
    token_BK: list[np.ndarray]
    parent_BK: list[np.ndarray]
    weights_BKS: list[np.ndarray]

    def path(
        self, sentence: int, step: int, slot: int, source_length: int, ended: bool = False
    ) -> tuple[list[int], np.ndarray | None]:
        """The tokens from the first to that in `slot` after `step`, or to the EOS that was chosen for it at `step`, and
        the attention that predicted each."""
        tokens, weights = list[int](), list[np.ndarray]()
        if ended:
            tokens.append(EOS)
            weights += self._weights(sentence, step, slot)
        for before in range(step - ended, -1, -1):
            row = self.row_of[before][sentence]
            tokens.append(int(self.token_BK[before][row, slot]))
            slot = int(self.parent_BK[before][row, slot])
            weights += self._weights(sentence, before, slot)
        rows = [row_S[:source_length] for row_S in weights[::-1]]
        return tokens[::-1], np.stack(rows) if rows else None

    def _weights(self, sentence: int, step: int, slot: int) -> list[np.ndarray]:
        """The row of attention, if there is one."""
        return [self.weights_BKS[step][self.row_of[step][sentence], slot]] if self.weights_BKS else []
