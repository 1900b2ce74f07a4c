"""Expectation maximisation of two directions at once, which may have to agree.

P distinct word pairs, B sentence pairs, T target words, S source words.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from nmt.aligner.bitext import Bitext, CellBatch
from nmt.aligner.positions import Expected, Positions, emissions
from nmt.aligner.table import TranslationTable


class Direction:
    """One direction: a table and a position model. `reverse` exchanges source and target; `allowed_P`: as the table."""

    def __init__(
        self,
        bitext: Bitext,
        positions: Positions,
        alpha: float,
        reverse: bool = False,
        allowed_P: Tensor | None = None,
    ) -> None:
        self.table = TranslationTable(bitext.tgt_P if reverse else bitext.src_P, alpha, allowed_P)
        self.positions = positions
        self._reverse = reverse

    def expect(self, batch: CellBatch) -> Expected:
        """The expectation step; rows are the generated words, column 0 is NULL."""
        lengths = (batch.tgt_len_B, batch.src_len_B) if self._reverse else (batch.src_len_B, batch.tgt_len_B)
        return self.positions.expect(emissions(self.table.prob_P[self.cells(batch)], *lengths))

    def cells(self, batch: CellBatch) -> Tensor:
        """The word pairs of a batch as rows of generated words, without the row of NULL."""
        return (batch.cells_BTS.transpose(1, 2) if self._reverse else batch.cells_BTS)[:, 1:]


def iterate(bitext: Bitext, directions: tuple[Direction, Direction], agree: bool) -> tuple[float, float]:
    """One iteration of EM over the text; the log-likelihoods before it.

    With `agree` the counts of both tables are the products of both posteriors, and words that nothing agrees on count
    for NULL.      Liang et al. 2006, section 3, eq. 5.
    """
    counts = [torch.zeros_like(direction.table.prob_P) for direction in directions]
    likelihoods = torch.zeros(2, dtype=torch.float64)
    for batch in bitext.batches:
        expected = [direction.expect(batch) for direction in directions]
        posteriors = [found.posterior_BTS for found in expected]
        if agree:
            posteriors = _agreed(posteriors[0], posteriors[1])
        for count_P, direction, posterior_BTS in zip(counts, directions, posteriors, strict=True):
            count_P.index_add_(0, direction.cells(batch).flatten(), posterior_BTS.flatten())
        likelihoods += torch.stack([found.log_likelihood for found in expected])
    for direction, count_P in zip(directions, counts, strict=True):
        direction.table.maximise(count_P)
        direction.positions.maximise()
    forward, reverse = likelihoods.tolist()
    return forward, reverse


def posteriors(bitext: Bitext, directions: tuple[Direction, Direction]) -> Iterator[tuple[CellBatch, Tensor, Tensor]]:
    """Each batch with both posteriors, the second one transposed: (B, T, S + 1) and (B, T + 1, S)."""
    for batch in bitext.batches:
        forward, reverse = (direction.expect(batch).posterior_BTS for direction in directions)
        yield batch, forward, reverse.transpose(1, 2)


def _agreed(forward_BTS: Tensor, reverse_BST: Tensor) -> list[Tensor]:
    """Both posteriors with the product of the two on words; NULL keeps its own."""
    product_BTS = forward_BTS[:, :, 1:] * reverse_BST[:, :, 1:].transpose(1, 2)
    forward_BTS[:, :, 1:] = product_BTS
    reverse_BST[:, :, 1:] = product_BTS.transpose(1, 2)
    return [forward_BTS, reverse_BST]
