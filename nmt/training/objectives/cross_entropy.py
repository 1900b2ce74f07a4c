"""Maximum likelihood."""

from __future__ import annotations

from nmt.data.batch import Batch
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq
from nmt.training.objectives.objective import Objective, Setting


class CrossEntropy(Objective, name="cross_entropy"):
    """-log p(y_t | y_<t, x) of the reference words, with label smoothing."""

    class Config(Objective.Config):
        """Settings of the cross-entropy."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        return model.loss(batch, setting.label_smoothing, guided=setting.guided)
