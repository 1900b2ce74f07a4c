"""Maximum likelihood."""

from __future__ import annotations

from typing import Literal

from nmt.data.batch import Batch
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq
from nmt.training.objectives.objective import Objective, Setting


class CrossEntropy(Objective, name="cross_entropy"):
    """-log p(y_t | y_<t, x) of the reference words, with label smoothing.

    Its mean over tokens, or over sentences, each with the sum over its tokens: -log p(y | x). The second is what the
    learning rates and norms of Luong et al. 2015 and of TensorFlow's NMT tutorial belong to; its gradient is longer by
    the mean number of tokens of a sentence.
    """

    class Config(Objective.Config):
        """Settings of the cross-entropy."""

        mean_over: Literal["tokens", "sentences"] = "tokens"
        """What the gradient of an update is the mean over: its target tokens, or its sentences."""

    replayable = True

    def __init__(self, config: Config) -> None:
        self.config = config

    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        return model.loss(batch, setting.label_smoothing, guided=setting.guided)

    def size(self, batch: Batch) -> int:
        return batch.tokens if self.config.mean_over == "tokens" else len(batch.ids)
