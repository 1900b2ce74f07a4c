"""Signals set flags, a second one ends the process; one training per run folder."""

import os
import signal
import subprocess
import sys

import pytest

from nmt.errors import STOPPING, CheckpointError, Interrupted
from nmt.training.lock import RunLock
from nmt.training.signals import Signals


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", STOPPING)
def test_a_stopping_signal_sets_a_flag(number):
    before = signal.getsignal(number)
    with Signals() as signals:
        send(number)
        assert signals.stop == number
    assert signal.getsignal(number) == before


def test_usr1_asks_for_one_save():
    with Signals() as signals:
        assert not signals.take_save()
        send(signal.SIGUSR1)
        assert signals.take_save()
        assert not signals.take_save()
        assert signals.stop is None


def test_code_without_lasting_effect_is_interrupted():
    with Signals() as signals:
        with pytest.raises(Interrupted), signals.interrupting():
            send(signal.SIGTERM)
        with pytest.raises(Interrupted), signals.interrupting():
            pytest.fail("a signal had come before")
        assert signals.stop == signal.SIGTERM


def test_an_interrupted_that_a_library_turns_into_an_error_is_one():
    with Signals() as signals:
        with pytest.raises(Interrupted), signals.interrupting():
            try:
                send(signal.SIGTERM)
            except Interrupted:
                raise RuntimeError("as a library tells of it") from None
        assert signals.stop == signal.SIGTERM
    with Signals() as signals, pytest.raises(RuntimeError, match="^its own$"), signals.interrupting():
        raise RuntimeError("its own")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_process(number):
    code = (
        "import os, time\nfrom nmt.training.signals import Signals\n"
        f"with Signals():\n    os.kill(os.getpid(), {int(number)})\n    print('alive', flush=True)\n"
        f"    os.kill(os.getpid(), {int(number)})\n    time.sleep(9)\n    print('still alive')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (-number, "alive\n")


def test_a_second_training_in_a_run_folder_is_refused(tmp_path):
    run = tmp_path / "a"
    with RunLock(run) as lock:
        assert not lock.abandoned
        with pytest.raises(CheckpointError, match=rf"a is in use by process {os.getpid()} on host \S+$"), RunLock(run):
            pass
    with RunLock(run) as lock:
        assert not lock.abandoned


def test_a_killed_training_leaves_no_lock_but_its_name(tmp_path):
    code = (
        "import os, signal, sys, pathlib\nfrom nmt.training.lock import RunLock\n"
        "RunLock(pathlib.Path(sys.argv[1])).__enter__()\nos.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], timeout=60, check=False)
    with RunLock(tmp_path) as lock:
        assert lock.abandoned
    with RunLock(tmp_path) as lock:
        assert not lock.abandoned
