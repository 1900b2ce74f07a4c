"""What a validation measures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import torch

from nmt.data.batch import Batch
from nmt.models.seq2seq import Seq2Seq
from nmt.parallel.ranks import Ranks


@dataclass(frozen=True)
class Validation:
    """Scores of one set of weights on the validation set."""

    loss: float
    """Cross-entropy in nats a target token, EOS counted, without label smoothing."""

    ppl: float
    """exp(loss)."""

    bleu: float
    """Corpus BLEU, 0 to 100."""

    signature: str
    """How the BLEU was computed, in sacreBLEU's words."""

    def score(self, metric: Literal["bleu", "loss"]) -> float:
        """The metric as a number where higher is better: BLEU, or the negative loss."""
        return self.bleu if metric == "bleu" else -self.loss


def measured_by_first(ranks: Ranks, measure: Callable[[], Validation | None]) -> Validation | None:
    """What the first rank measures, told to the others without its signature; None if that was interrupted."""
    own = measure() if ranks.is_first else None
    numbers = [0.0] * 4 if own is None else [own.loss, own.ppl, own.bleu, 1.0]
    loss, ppl, bleu, is_there = ranks.of_first(numbers)
    return Validation(loss, ppl, bleu, own.signature if own else "") if is_there else None


@torch.no_grad()
def corpus_loss(model: Seq2Seq, batches: Iterable[Batch], device: torch.device, autocast: bool) -> float:
    """Cross-entropy in nats a target token over all batches, without label smoothing and dropout.

    `autocast` computes in bfloat16. The model comes back in the mode it was in.
    """
    training = model.training
    model.eval()
    total = torch.zeros((), dtype=torch.float64, device=device)
    tokens = 0
    try:
        for batch in batches:
            with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
                loss = model.loss(batch.to(device), 0.0)
            total += loss.nll
            tokens += loss.tokens
    finally:
        model.train(training)
    return float(total) / tokens
