"""How a signal ends a command: quietly, and out of every open block, wherever the code is."""

import signal
import subprocess
import sys

import pytest

STRIKE = """\
import os, signal, sys, time
from nmt.commands.stopping import Stop, stoppable

class Strikes:
    def __del__(self):
        os.kill(os.getpid(), NUMBER)
        time.sleep(9)

def left(action):
    with stoppable():
        try:
            action()
            time.sleep(9)
        finally:
            print("left")

def turned():
    try:
        os.kill(os.getpid(), NUMBER)
        time.sleep(9)
    except Stop:
        raise RuntimeError("as a library tells of it")

class Turns:
    def __del__(self):
        turned()

def cleaned_up():
    try:
        os.kill(os.getpid(), NUMBER)
        time.sleep(9)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        print("cleaned up and", end=" ")

signal.signal(signal.SIGINT, signal.SIG_DFL)
"""
PLACES = {
    "anywhere": "left(lambda: os.kill(os.getpid(), NUMBER))",
    "in a destructor": "left(lambda: Strikes())",
    "turned into another error": "left(turned)",
    "turned into another error in a destructor": "left(lambda: Turns())",
}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("place", PLACES)
def test_a_signal_leaves_open_blocks(forks, place, number):
    code = (STRIKE + PLACES[place]).replace("NUMBER", str(int(number)))
    assert forks.run(code) == (128 + number, b"left\n", "")


def test_an_interrupt_while_the_commands_are_loaded_ends_quietly():
    code = (
        "import os, runpy, signal, sys\n"
        "class Strike:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'nmt.cli':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Strike())\n"
        "runpy.run_module('nmt', run_name='__main__')\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (-signal.SIGINT, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_after_a_command_the_system_ends_the_process(forks, number):
    code = STRIKE + "with stoppable(): pass\nos.kill(os.getpid(), NUMBER)\ntime.sleep(9)\nprint('alive')\n"
    assert forks.run(code.replace("NUMBER", str(int(number)))) == (-number, b"", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_that_come_at_once_do_not_disturb_what_is_being_left(forks, number):
    code = (STRIKE + "left(cleaned_up)").replace("NUMBER", str(int(number)))
    assert forks.run(code) == (128 + number, b"cleaned up and left\n", "")


CASES = {
    "a later signal is heeded": (
        "from nmt.commands import stopping\nstopping.LEAVING = 0.05\n"
        "with stoppable():\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGINT)\n        time.sleep(9)\n    except Stop:\n        pass\n"
        "    time.sleep(0.1)\n    os.kill(os.getpid(), signal.SIGTERM)\n    time.sleep(9)\n",
        (143, b"", ""),
    ),
    "an ignored signal stays ignored": (
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with stoppable():\n    os.kill(os.getpid(), signal.SIGHUP)\n    print('alive')\n",
        (0, b"alive\n", ""),
    ),
    "of other errors in a destructor is told as before": (
        "sys.unraisablehook = lambda found: print(repr(found.exc_value))\n"
        "class Fails:\n    def __del__(self):\n        raise ValueError('in a destructor')\n"
        "with stoppable():\n    Fails()\n    print('alive')\n",
        (0, b"ValueError('in a destructor')\nalive\n", ""),
    ),
    "an Interrupted that gets lost is not printed": (
        "from nmt.training.signals import Signals\n"
        "class Interrupts:\n"
        "    def __del__(self):\n        os.kill(os.getpid(), signal.SIGINT)\n        time.sleep(0.1)\n"
        "with stoppable(), Signals() as signals:\n    with signals.interrupting():\n        Interrupts()\n"
        "    print(signals.stop)\n",
        (0, b"2\n", ""),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_else_may_happen(forks, case):
    code, ended = CASES[case]
    assert forks.run(STRIKE + code) == ended
