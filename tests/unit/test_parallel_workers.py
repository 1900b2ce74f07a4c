"""Work that several processes share: its order, its memory, its errors, its end."""

import math
import os
import signal
from functools import partial

import pytest

from nmt.alignment.lexicon import read_lexicon
from nmt.errors import DataError, NmtError
from nmt.parallel.workers import AHEAD, Workers


def always(function):
    """What makes the function, in any process."""
    return partial(partial, function)


def test_answers_come_in_the_order_of_the_blocks_however_long_each_takes():
    slow, quick = 400_000, range(1, 12)
    with Workers(2, always(partial(pow, 3))) as workers:
        answers = list(workers.answers([slow, *quick]))
    assert answers == [3**slow, *(3**power for power in quick)]


def test_no_more_blocks_are_read_than_are_worked_on():
    taken = []

    def blocks():
        for number in range(100):
            taken.append(number)
            yield number

    with Workers(2, always(math.sqrt)) as workers:
        answers = workers.answers(blocks())
        for number in range(20):
            assert next(answers) == math.sqrt(number)
            assert len(taken) <= number + 1 + AHEAD * 2


def test_nothing_to_do():
    with Workers(2, always(math.sqrt)) as workers:
        assert list(workers.answers([])) == []


def test_an_error_comes_in_its_turn_as_it_was_raised():
    with Workers(2, always(math.sqrt)) as workers:
        answers = workers.answers([4, -1, 9])
        assert next(answers) == 2
        with pytest.raises(RuntimeError, match=r"^ValueError: .*\nTraceback"):
            next(answers)
    with Workers(1, partial(read_lexicon, "/no/such.tsv")) as workers, pytest.raises(DataError) as caught:
        next(workers.answers(["a"]))
    assert str(caught.value) == "/no/such.tsv: no such file"


@pytest.mark.parametrize(
    ("make", "block", "told"),
    [
        (always(signal.raise_signal), signal.SIGKILL, "was killed (SIGKILL)"),
        (always(os._exit), 3, "ended with exit code 3"),
    ],
    ids=["killed", "ended"],
)
def test_a_process_that_dies_ends_the_work_with_one_line(make, block, told):
    with Workers(1, make) as workers, pytest.raises(NmtError) as caught:
        list(workers.answers([block, block]))
    assert str(caught.value) == f"process 1 of 1 {told}; not all was done"
    assert caught.value.exit_code == 1


def test_no_process_outlives_the_work():
    with Workers(2, always(os.getppid)) as workers:
        processes = list(workers._processes.values())
        assert all(process.is_alive() for process in processes)
    assert [process.exitcode for process in processes] == [-signal.SIGKILL] * 2
