"""The `train` section of a config."""

from __future__ import annotations

from typing import Annotated, Literal, cast

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from nmt.config.component import FolderPath, OneOf, Section
from nmt.models.guidance import GuidedAlignment
from nmt.training.objectives.cross_entropy import CrossEntropy
from nmt.training.objectives.objective import Objective
from nmt.training.optimizers.adam import Adam
from nmt.training.optimizers.optimizer import Optimizer
from nmt.training.schedules.constant import Constant
from nmt.training.schedules.schedule import Schedule


class TrainConfig(Section):
    """How the weights are learned. Give at least one of `max_steps`, `max_epochs`, `max_minutes`."""

    objective: Annotated[Objective.Config, OneOf(Objective)] = CrossEntropy.Config()
    """What is made smaller."""

    guided_alignment: GuidedAlignment | None = None
    """Train the attention toward word links as well. null: translation alone."""

    init_from: FolderPath | None = None
    """Run folder whose best weights training starts from, with its vocabularies; the model must be the same. null: the
    weights of `model.init`."""

    optimizer: Annotated[Optimizer.Config, OneOf(Optimizer)] = Adam.Config()
    """What turns gradients into updates."""

    schedule: Annotated[Schedule.Config, OneOf(Schedule)] = Constant.Config()
    """How the learning rate changes."""

    clip_norm: PositiveFloat | None = 1.0
    """Gradients with a larger L2 norm, over all weights, are scaled down to it. null: never."""

    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of each target word's probability that is spread over the vocabulary."""

    accumulate: PositiveInt = 1
    """Batches whose gradients make one update; the loss is averaged over all their target tokens."""

    max_steps: PositiveInt | None = None
    """Stop after this many updates. Of several limits the first one reached ends training."""

    max_epochs: PositiveInt | None = None
    """Stop after this many passes over the corpus."""

    max_minutes: PositiveFloat | None = None
    """Stop after this many minutes of training and validation, those before a resume included."""

    validate_every: PositiveInt | None = None
    """Updates between two validations. null: once an epoch. The end of training is always validated."""

    log_every: PositiveInt = 50
    """Updates between two training lines in metrics.jsonl."""

    metric: Literal["bleu", "loss"] = "bleu"
    """What makes a checkpoint the best one: the highest BLEU or the lowest loss on the validation set."""

    patience: PositiveInt | None = None
    """Stop after this many validations in a row without a better metric. null: never."""

    keep_checkpoints: PositiveInt = 2
    """Newest checkpoints kept beside the best one."""

    ema: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Validate and save an exponential moving average of the weights with this decay an update, e.g. 0.999; early on
    the decay is (1 + step) / (10 + step). null: the weights themselves."""

    tensorboard: bool = False
    """Write the metrics for TensorBoard too. Needs the extra `tensorboard`."""

    @model_validator(mode="after")
    def _has_a_limit(self) -> TrainConfig:
        if self.max_steps is None and self.max_epochs is None and self.max_minutes is None:
            raise ValueError("give max_steps, max_epochs or max_minutes")
        return self

    @model_validator(mode="after")
    def _fits_the_objective(self) -> TrainConfig:
        objective = cast(type[Objective], self.objective.component)
        if self.label_smoothing and not objective.smooths_labels:
            raise ValueError(f"label_smoothing does nothing with objective {objective.name}; set it to 0")
        if self.guided_alignment is not None and not objective.can_be_guided:
            raise ValueError(f"guided_alignment does not go with objective {objective.name}; leave it out")
        return self
