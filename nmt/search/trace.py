"""What search remembers: back-pointers of every step, and pointers to what has ended.

B sentences in the batch, K beam, C candidates, S source.
"""

from __future__ import annotations

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

    def add(self, sentence_B: Tensor, score_BC: Tensor, logprob_BC: Tensor, slot_BC: Tensor, step: int) -> None:
        """Merges candidates of `step` into the pools of the given sentences; score -inf is no candidate."""
        size = self.score_BC.size(1)
        new = (score_BC, logprob_BC, torch.full_like(slot_BC, step), slot_BC)
        pools = (self.score_BC, self.logprob_BC, self.step_BC, self.slot_BC)
        merged = [torch.cat([pool[sentence_B], part], 1) for pool, part in zip(pools, new, strict=True)]
        best = merged[0].topk(size, 1).indices
        for pool, part in zip(pools, merged, strict=True):
            pool[sentence_B] = part.gather(1, best)

    def add_prefixes(self, sentence_B: Tensor, logprob_B: Tensor, score_B: Tensor, step: int) -> None:
        """For the given sentences that have nothing in their pool, the best live prefix (slot 0) as the only answer."""
        empty_B = self.score_BC[sentence_B, 0] == NEVER
        sentence_B = sentence_B[empty_B]
        slot_B1 = torch.zeros_like(sentence_B)[:, None]
        self.add(sentence_B, score_B[empty_B, None], logprob_B[empty_B, None], slot_B1, step)
        self.ended_B[sentence_B] = False


class Trace:
    """Tokens, parents and attention of every step; rows are the sentences searched at that step."""

    def __init__(self, sentences: int) -> None:
        self.sentences = sentences
        self.row_of: list[np.ndarray] = []
        self.token_BK: list[np.ndarray] = []
        self.parent_BK: list[np.ndarray] = []
        self.weights_BKS: list[np.ndarray | None] = []

    def append(self, sentence_B: Tensor, token_BK: Tensor, parent_BK: Tensor, weights_NS: Tensor | None) -> None:
        """Remembers a step. weights_NS belong to the slots before it, that is to the parents."""
        rows = np.full(self.sentences, -1)
        rows[sentence_B.cpu().numpy()] = np.arange(len(sentence_B))
        self.row_of.append(rows)
        self.token_BK.append(token_BK.cpu().numpy())
        self.parent_BK.append(parent_BK.cpu().numpy())
        if weights_NS is not None:
            weights_NS = weights_NS.unflatten(0, (len(token_BK), -1)).float().cpu()
        self.weights_BKS.append(None if weights_NS is None else weights_NS.numpy())

    def hypotheses(self, sentence: int, finished: Finished, source_length: int) -> list[Hypothesis]:
        """The finished hypotheses of a sentence, best first, read back along the pointers."""
        found: list[Hypothesis] = []
        ended = bool(finished.ended_B[sentence])
        for rank, score in enumerate(finished.score_BC[sentence].tolist()):
            if score == NEVER:
                break
            step, slot = int(finished.step_BC[sentence, rank]), int(finished.slot_BC[sentence, rank])
            tokens, rows = self._follow(sentence, step - 1 if ended else step, slot)
            if ended:
                tokens.append(EOS)
                rows.append(self._weights(sentence, step, slot))
            logprob = float(finished.logprob_BC[sentence, rank])
            found.append(Hypothesis(tokens, logprob, score, _matrix(rows, source_length)))
        return found

    def path(self, sentence: int, step: int, slot: int, source_length: int) -> tuple[list[int], np.ndarray | None]:
        """The tokens from the first to that in `slot` after `step`, and the attention that predicted each."""
        tokens, rows = self._follow(sentence, step, slot)
        return tokens, _matrix(rows, source_length)

    def _follow(self, sentence: int, step: int, slot: int) -> tuple[list[int], list[np.ndarray | None]]:
        tokens: list[int] = []
        rows: list[np.ndarray | None] = []
        while step >= 0:
            row = self.row_of[step][sentence]
            tokens.append(int(self.token_BK[step][row, slot]))
            slot = int(self.parent_BK[step][row, slot])
            rows.append(self._weights(sentence, step, slot))
            step -= 1
        return tokens[::-1], rows[::-1]

    def _weights(self, sentence: int, step: int, slot: int) -> np.ndarray | None:
        weights_BKS = self.weights_BKS[step]
        return None if weights_BKS is None else weights_BKS[self.row_of[step][sentence], slot]


def _matrix(rows: list[np.ndarray | None], source_length: int) -> np.ndarray | None:
    weights = [row[:source_length] for row in rows if row is not None]
    return np.stack(weights) if weights else None
