"""Minimum-risk training on sentence BLEU.

B sentences, C candidates of all sentences, G candidates of one sentence, the reference first.
"""

from __future__ import annotations

import torch
from pydantic import PositiveFloat, PositiveInt
from torch import Tensor

from nmt.data.batch import Batch, collate
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq
from nmt.training.objectives.candidates import draw_candidates
from nmt.training.objectives.objective import Objective, Setting
from nmt.training.objectives.sentence_bleu import sentence_bleu


class MinimumRisk(Objective, name="minimum_risk"):
    """R = sum_y Q(y) (1 - BLEU(y)),  Q(y) = p(y | x)^alpha / sum_y' p(y' | x)^alpha      Shen et al. 2016, eq. 10-12.

    The candidates y are drawn from the model, without dropout, each kept once; those that did not end are left out, and
    the reference is one of them. BLEU is that of pieces, smoothed. It sharpens a trained model, so it needs
    `train.init_from`, and a low rate. The mean is over sentences. There is no label smoothing.
    """

    can_be_guided = False
    smooths_labels = False
    needs_trained_model = True

    class Config(Objective.Config):
        """Settings of minimum-risk training."""

        samples: PositiveInt = 20
        """Translations drawn of each sentence. The paper has 100, and more cost in proportion."""

        alpha: PositiveFloat = 0.005
        """Sharpness of Q."""

        max_length_ratio: PositiveFloat = 2.0
        """Longest candidate, in lengths of the longest reference of its batch, EOS counted."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def size(self, batch: Batch) -> int:
        return len(batch.ids)

    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        sources = _sentences(batch.src_BS, batch.src_len_B)
        references = _sentences(batch.tgt_out_BT, torch.bincount(batch.real_targets[0]))
        groups = [_unique([ref, *drawn]) for ref, drawn in zip(references, self._draw(model, batch), strict=True)]
        sizes = [len(group) for group in groups]
        rows = [b for b, group in enumerate(groups) for _ in group]
        candidates = collate([sources[b] for b in rows], [y for group in groups for y in group], rows)
        logprob_C = model.logprob(candidates.to(batch.src_BS.device))
        risks = [1 - sentence_bleu(y, group[0]) for group in groups for y in group]
        total = expected_risk(logprob_C, logprob_C.new_tensor(risks), sizes, self.config.alpha)
        logprob_B = torch.stack([logprob_G[0] for logprob_G in logprob_C.detach().split(sizes)])
        return Loss(total, -logprob_B.sum(), batch.tokens)

    def _draw(self, model: Seq2Seq, batch: Batch) -> list[list[list[int]]]:
        training = model.training
        model.eval()
        try:
            limit = int(self.config.max_length_ratio * batch.tgt_out_BT.size(1))
            return draw_candidates(model, batch, self.config.samples, limit)
        finally:
            model.train(training)


def expected_risk(logprob_C: Tensor, risk_C: Tensor, sizes: list[int], alpha: float) -> Tensor:
    """Sum over sentences of the risk expected under Q; sentence b has the next `sizes[b]` candidates."""
    groups = zip(logprob_C.split(sizes), risk_C.split(sizes), strict=True)
    return torch.stack([torch.softmax(alpha * logprob_G, 0) @ risk_G for logprob_G, risk_G in groups]).sum()


def _sentences(ids_BT: Tensor, lengths_B: Tensor) -> list[list[int]]:
    """The sentences of padded ids whose lengths count EOS, without EOS."""
    return [ids[: length - 1] for ids, length in zip(ids_BT.tolist(), lengths_B.tolist(), strict=True)]


def _unique(sentences: list[list[int]]) -> list[list[int]]:
    """Each sentence once, in the order of their first places."""
    return [list(ids) for ids in dict.fromkeys(map(tuple, sentences))]
