"""R-Drop: two passes with different dropout must agree."""

from __future__ import annotations

from pydantic import PositiveFloat

from nmt.data.batch import Batch, doubled
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq
from nmt.training.objectives.objective import Objective, Setting


class RDrop(Objective, name="r_drop"):
    """L = -log p_1(y) - log p_2(y) + alpha / 2 (KL(p_1 || p_2) + KL(p_2 || p_1))      Liang et al. 2021, eq. 1, 2, 4.

    Halved, so that it is the cross-entropy, label smoothing included, plus alpha / 2 times the divergence. Both passes
    are one, over each pair twice. Without dropout they agree, so a model without any is refused.
    """

    needs_dropout = True

    class Config(Objective.Config):
        """Settings of R-Drop."""

        alpha: PositiveFloat = 5.0
        """Weight of the divergence; the paper's for translation is 5."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        both = model.loss(doubled(batch), setting.label_smoothing, self.config.alpha, setting.guided)
        return Loss(both.total / 2, both.nll / 2, batch.tokens)
