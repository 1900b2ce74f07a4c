"""What a validation measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import torch

from nmt.data.batch import Batch
from nmt.models.seq2seq import Seq2Seq


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
