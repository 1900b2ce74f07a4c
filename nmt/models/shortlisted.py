"""A model that chooses among a few target words.

B sentences, N hypotheses, S source, P prefix, U words of the shortlists of all sentences, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor

from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.models.weight_products import WeightProducts


class Shortlisted:
    """The softmax over the sentence's own words: all others are impossible, whatever other sentences may use.

    A search sees U words with the numbers 0 to U - 1, in the order of their ids; the special symbols keep theirs.
    """

    def __init__(
        self, model: Seq2Seq | Ensemble | WeightProducts, words: Sequence[Collection[int]], device: torch.device
    ) -> None:
        """`words`: ids that each sentence of the batch may use; the special symbols are among them."""
        self._model = model
        self.words_U = torch.tensor(sorted(set().union(*words)), device=device)
        size = len(words), len(self.words_U)
        self._penalty_BU = torch.full(size, float("-inf"), dtype=torch.bfloat16, device=device)
        for row, own in enumerate(words):
            self._penalty_BU[row, self.number(torch.tensor(sorted(own), device=device))] = 0
        self._narrow = model.narrow(self.words_U)

    def number(self, ids: Tensor) -> Tensor:
        """The numbers by which the search knows these ids."""
        return torch.searchsorted(self.words_U, ids)

    def start(self, src_BS: Tensor, src_len_B: Tensor) -> tuple[Any, Any]:
        """As the model's; the memory has the sentences' own words too."""
        memory, state = self._model.start(src_BS, src_len_B)
        return (memory, self._penalty_BU.clone()), state

    def step(self, y_N: Tensor, memory: Any, state: Any) -> tuple[Tensor, Tensor | None, Any]:
        """One step of search: logits_NU, weights_NS and the new state."""
        inner, penalty_BU = memory
        return self._model.step(self.words_U[y_N], inner, state, self._narrow, penalty_BU)  # type: ignore[arg-type]
