"""The `train` section: limits, defaults and the budget they make."""

import pytest
from pydantic import ValidationError

from nmt.training.budget import Budget, Spent
from nmt.training.config import TrainConfig


def test_a_limit_is_needed():
    with pytest.raises(ValidationError, match="give max_steps, max_epochs or max_minutes"):
        TrainConfig()


def test_defaults():
    config = TrainConfig(max_epochs=3)
    assert config.optimizer.component.name == "adam"
    assert config.schedule.component.name == "constant"
    assert (config.clip_norm, config.accumulate, config.keep_checkpoints, config.metric) == (1.0, 1, 2, "bleu")
    assert config.validate_every is config.patience is config.ema is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_steps": 0},
        {"max_minutes": 0.0},
        {"label_smoothing": 1.0},
        {"ema": 1.0},
        {"keep_checkpoints": 0},
        {"clip_norm": 0.0},
        {"metric": "ter"},
        {"optimizer": {"type": "adam", "lr": -1.0}},
        {"optimizer": {"type": "adam", "lr": float("inf")}},
        {"optimizer": {"type": "adams"}},
        {"schedule": {"type": "plateau", "factor": 1.0}},
    ],
)
def test_refused(wrong):
    with pytest.raises(ValidationError):
        TrainConfig.model_validate({"max_steps": 5} | wrong)


def test_every_optimizer_and_schedule_is_a_choice_and_round_trips():
    for name in ("adam", "adamw", "adadelta", "sgd"):
        config = TrainConfig(max_steps=1, optimizer={"type": name})
        assert TrainConfig.model_validate(config.model_dump()) == config
    for name in ("constant", "plateau", "halving", "inverse_sqrt", "cosine", "linear"):
        config = TrainConfig(max_steps=1, schedule={"type": name})
        assert TrainConfig.model_validate(config.model_dump()) == config


def test_the_first_limit_reached_ends_training():
    budget = Budget(TrainConfig(max_steps=100, max_epochs=4, max_minutes=2.0))
    assert budget.used(Spent(steps=50, epochs=1.0, seconds=12.0)) == 0.5
    assert budget.used(Spent(steps=50, epochs=3.0, seconds=12.0)) == 0.75
    assert budget.used(Spent(steps=50, epochs=3.0, seconds=120.0)) == 1.0


def test_schedules_see_time_only_without_another_limit():
    spent = Spent(steps=50, epochs=3.0, seconds=90.0)
    assert Budget(TrainConfig(max_steps=100, max_minutes=2.0)).planned(spent) == 0.5
    assert Budget(TrainConfig(max_epochs=4, max_minutes=2.0)).planned(spent) == 0.75
    assert Budget(TrainConfig(max_minutes=2.0)).planned(spent) == 0.75
    assert Budget(TrainConfig(max_minutes=1.0)).planned(spent) == 1.0
