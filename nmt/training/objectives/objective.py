"""The contract of a training objective."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from nmt.config.component import Component, ComponentConfig
from nmt.data.batch import Batch
from nmt.models.guidance import GuidedAlignment
from nmt.models.loss import Loss
from nmt.models.seq2seq import Seq2Seq


class Setting(NamedTuple):
    """What an objective knows besides model and batch: `step` is the number of the update, from 1."""

    step: int
    label_smoothing: float
    guided: GuidedAlignment | None = None


class Objective(Component, ABC, family="objective"):
    """A loss of one batch. It has no state; what it draws comes from PyTorch's generators, which are set for each batch
    from (seed, step, micro-batch)."""

    can_be_guided = True
    """Whether it trains the attention of references, to which `train.guided_alignment` can add."""
    smooths_labels = True
    """Whether `train.label_smoothing` does anything."""
    needs_trained_model = False
    """Whether training has to start from another run, `train.init_from`."""
    needs_dropout = False
    """Whether it does nothing but cost time where the model has no dropout."""
    replayable = False
    """Whether its loss is made by the same operations for all batches of one shape (`fill_up`), whatever the step, with
    nothing read back from a GPU on the way."""

    class Config(ComponentConfig):
        """Settings of an objective."""

    @abstractmethod
    def loss(self, model: Seq2Seq, batch: Batch, setting: Setting) -> Loss:
        """`total` to make smaller, summed over what `size` counts, and the cross-entropy `nll` of the references."""

    def size(self, batch: Batch) -> int:
        """How many terms `total` has: the gradient of an update is that of the mean over all of them."""
        return batch.tokens
