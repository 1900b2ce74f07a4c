"""How the end of several processes becomes one exit code and one line."""

import pytest

from nmt.errors import NmtError, ToldElsewhere
from nmt.parallel.launcher import LOST, _judge

TERM, INT, KILL, SEGV = 15, 2, 9, 11


@pytest.mark.parametrize(
    ("codes", "hung", "forwarded", "expected"),
    [
        ([0, 0], [], [], None),
        ([2, LOST], [], [], 2),
        ([1, 2], [], [], 2),
        ([143, 143], [], [TERM], 143),
        ([1, 143], [], [TERM], 1),
        ([130, -INT], [], [INT], 130),
        ([-TERM, -TERM], [], [TERM], 143),
        ([0, 1], [], [], 1),
        ([-KILL, 1], [0], [], 1),
        ([LOST, -KILL], [], [], "rank 1 was killed (SIGKILL); the same command continues"),
        ([-SEGV, LOST], [], [TERM], "rank 0 was killed (SIGSEGV); the same command continues"),
        ([LOST, -KILL], [1], [], "rank 1 did not answer; the same command continues"),
        ([LOST, LOST], [], [], "the ranks lost each other; the same command continues"),
    ],
)
def test_the_worst_counts(codes, hung, forwarded, expected):
    if expected is None:
        _judge(dict(enumerate(codes)), hung, set(forwarded))
        return
    with pytest.raises(NmtError) as caught:
        _judge(dict(enumerate(codes)), hung, set(forwarded))
    if isinstance(expected, str):
        assert (str(caught.value), caught.value.exit_code) == (expected, 1)
    else:
        assert isinstance(caught.value, ToldElsewhere)
        assert caught.value.exit_code == expected


START = """\
import os, signal, time
from nmt.errors import STOPPING
from nmt.parallel.launcher import become_child, holding_signals
"""


@pytest.mark.parametrize("number", [TERM, INT])
def test_signals_wait_while_processes_are_started(forks, number):
    code = f"with holding_signals():\n    os.kill(os.getpid(), {number})\n    print('started', flush=True)\n"
    assert forks.run(START + code + "time.sleep(9)\n") == (-number, b"started\n", "")


@pytest.mark.parametrize("number", [TERM, INT])
def test_a_new_process_ends_without_a_traceback(forks, number):
    code = (
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)\nos.kill(os.getpid(), {number})\n"
        "print('begun', flush=True)\nbecome_child({})\ntime.sleep(9)\n"
    )
    assert forks.run(START + code) == (-number, b"begun\n", "")
