"""Learning-rate factors against values worked out by hand."""

import pytest

from nmt.training.config import TrainConfig
from nmt.training.schedules.schedule import Progress


def factor(schedule, *, step=1, epoch=1, fraction=0.0, scores=()):
    built = TrainConfig(max_steps=1, schedule=schedule).schedule.build()
    return built.factor(Progress(step, epoch, fraction, scores))


def test_constant():
    assert factor({"type": "constant"}, step=999, epoch=9, fraction=0.7, scores=[1.0, 0.5]) == 1.0


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], 1.0),
        ([5.0], 1.0),
        ([5.0, 4.0], 1.0),
        ([5.0, 4.0, 5.0], 0.5),
        ([5.0, 4.0, 6.0, 5.0], 1.0),
        ([5.0, 4.0, 4.5, 4.9, 4.8], 0.25),
        ([5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0], 0.2),
        ([-3.0, -2.5, -2.6, -2.5], 0.5),
    ],
)
def test_plateau(scores, expected):
    schedule = {"type": "plateau", "factor": 0.5, "patience": 2, "min_share": 0.2}
    assert factor(schedule, scores=scores) == expected


@pytest.mark.parametrize(
    ("every", "expected"), [(1, [1, 1, 1, 0.5, 0.25, 0.125, 0.0625]), (2, [1, 1, 1, 0.5, 0.5, 0.25, 0.25])]
)
def test_halving(every, expected):
    schedule = {"type": "halving", "start_epoch": 3, "every": every}
    assert [factor(schedule, epoch=epoch) for epoch in range(1, 8)] == expected


@pytest.mark.parametrize(("step", "expected"), [(1, 0.25), (2, 0.5), (4, 1.0), (16, 0.5), (400, 0.1)])
def test_inverse_sqrt(step, expected):
    assert factor({"type": "inverse_sqrt", "warmup_steps": 4}, step=step) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "fraction", "expected"),
    [(10, 0.0, 1.0), (10, 0.5, 0.55), (10, 1.0, 0.1), (10, 1 / 3, 0.775), (2, 0.5, 0.11)],
)
def test_cosine(step, fraction, expected):
    schedule = {"type": "cosine", "warmup_steps": 10, "final": 0.1}
    assert factor(schedule, step=step, fraction=fraction) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("step", "fraction", "expected"),
    [(9, 0.0, 1.0), (9, 0.5, 1.0), (9, 0.75, 0.6), (9, 0.9, 0.36), (9, 1.0, 0.2), (2, 0.1, 0.5)],
)
def test_linear(step, fraction, expected):
    schedule = {"type": "linear", "warmup_steps": 4, "hold": 0.5, "final": 0.2}
    assert factor(schedule, step=step, fraction=fraction) == pytest.approx(expected)


def test_linear_falls_over_the_whole_budget_by_default():
    assert [factor({"type": "linear"}, fraction=f) for f in (0.0, 0.25, 0.5, 1.0)] == [1.0, 0.75, 0.5, 0.0]
