"""Scheduled sampling in two passes: some of the words that the decoder reads are its own.

B sentences, T target positions, R real target tokens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import torch
from torch import Tensor

from nmt.config.component import OneOf
from nmt.data.batch import Batch
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq
from nmt.text.vocab import BOS, PAD
from nmt.training.objectives.decays import Decay, InverseSigmoidDecay
from nmt.training.objectives.objective import Objective, Setting

NEVER = (PAD, BOS)
"""What no decoder reads as a word of its own, as search never writes it."""


class ScheduledSampling(Objective, name="scheduled_sampling"):
    """Cross-entropy where each word read is the reference's with probability epsilon_i, else one of the model's own.

    Bengio et al. 2015, section 2.4, approximated in two passes as in Mihaylova and Martins 2019, section 3: the first
    reads the reference and predicts a word for every position, with dropout and without gradient; the second reads a
    mixture of reference and predictions and is trained to predict the reference. So the model's own word was predicted
    from the reference before it, where Bengio et al. predict it from the mixture: with epsilon 0 the decoder reads its
    predictions under teacher forcing, and does not run free. In return any decoder can do it, and none needs a loop.
    BOS is always read.
    """

    class Config(Objective.Config):
        """Settings of scheduled sampling."""

        decay: Annotated[Decay.Config, OneOf(Decay)] = InverseSigmoidDecay.Config()
        """How the share of reference words falls from update to update."""

        prediction: Literal["argmax", "sample"] = "sample"
        """The model's own word: the most probable one, or one drawn from its distribution."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.decay: Decay = config.decay.build()

    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        share = self.decay.share(setting.step - 1)
        if share < 1:
            predicted_R = model.predict(batch, self.config.prediction == "sample", NEVER)
            batch = mixed(batch, predicted_R, share)
        return model.loss(batch, setting.label_smoothing, guided=setting.guided)


def mixed(batch: Batch, predicted_R: Tensor, share: float) -> Batch:
    """`batch` whose input words after BOS are the reference's with probability `share`, else the predicted ones."""
    rows_R, steps_R = batch.real_targets
    own_R = torch.rand(predicted_R.shape, device=predicted_R.device) >= share
    read = own_R[1:] & (rows_R[1:] == rows_R[:-1])
    tgt_in_BT = batch.tgt_in_BT.clone()
    tgt_in_BT[rows_R[1:][read], steps_R[1:][read]] = predicted_R[:-1][read]
    return replace(batch, tgt_in_BT=tgt_in_BT)
