"""A few of the runs of `make load-test`, and what would be a failure."""

import pytest

from .evaluate import campaign, problem


def test_random_files(tmp_path):
    codes, failures = campaign(12, 1, tmp_path)
    assert failures == []
    assert codes[0] > 1 and codes[2] > 1


@pytest.mark.parametrize(
    "answer",
    [
        (1, "", "nmt: error: unexpected KeyError: 3\n"),
        (2, "", "Traceback (most recent call last):\nnmt: error: x\n"),
        (2, "scores\n", "nmt: error: x\n"),
        (2, "", "nmt: error: \x1b[31m\n"),
        (0, "", ""),
    ],
)
def test_what_a_failure_is(answer):
    assert problem(["evaluate"], *answer)
