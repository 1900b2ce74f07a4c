"""What the tables of mistakes are made of, and which rows of the catalogue are tested where.

The catalogue numbers 100 faults: A 1 to 21 config and command line, B 22 to 51 text, C 52 to 70 model files and run
folders, D 71 to 100 while running. The id of each test begins with its row, as `A05`.
"""

import string
from collections.abc import Callable
from dataclasses import dataclass, field

from nmt.embedded import embedded_folder

TRAIN = "train --config $config --run $here/new"
SHORT = f"{TRAIN} --set 'data.test={{}}' --set train.max_steps=6 --set train.validate_every=2"
NO_DATA = "environment variable NMT_DATA is not set; set it to the folder with the data"

ELSEWHERE = {
    "B47": "tests/integration/test_cli_train.py::test_changed_training_text_is_not_continued",
    "C62": "tests/integration/test_frozen_runs.py::test_it_translates_as_it_did",
    "D85": "tests/integration/test_ranks.py::test_a_rank_is_killed_then_all_are_stopped_then_the_run_is_whole",
    "D86": "tests/integration/test_rank_faults.py::test_a_rank_hangs_then_another_number_of_processes_continues",
    "D87": "tests/integration/test_rank_faults.py::test_nan_on_one_rank_stops_all_at_the_same_step",
    "D88": "tests/integration/test_ranks.py::test_a_rank_is_killed_then_all_are_stopped_then_the_run_is_whole",
    "D89": "tests/integration/test_rank_faults.py::test_a_rank_hangs_then_another_number_of_processes_continues",
    "D92": "tests/integration/test_cli_process.py::test_closed_pipe_ends_quietly",
    "D93": "tests/integration/test_cli_process.py::test_full_disk",
    "D96": "tests/integration/test_cli_process.py::test_bytes_do_not_depend_on_the_locale",
}
"""Rows that need a process of their own, or belong to a promise that has its own tests."""

Content = bytes | Callable[[bytes], bytes]


@dataclass
class Case:
    """A command that is refused.

    $run, $plain (without attention), $subwords, $text, $config, $configs and $here stand for paths; `files` are written
    into $here. A content may be a function of the bytes of the training text's source side.
    """

    name: str
    command: str
    message: str
    files: dict[str, Content] = field(default_factory=dict)
    stdin: bytes = b"The man sleeps .\n"
    lines: int = 1
    """How many error lines there are."""


def fill(text, tiny, here):
    """`text` with paths for its $names."""
    paths = tiny._asdict() | {"text": tiny.text(""), "here": here, "configs": embedded_folder() / "configs"}
    return string.Template(text).substitute(paths)


def error_lines(result):
    """The error lines on stderr, nothing being on stdout and no traceback anywhere."""
    assert result.out == b""
    assert "Traceback" not in result.err
    assert "unexpected" not in result.err
    lines = result.err.removesuffix("\n").split("\n")
    errors = [line for line in lines if line.startswith("nmt: error: ")]
    assert lines[-len(errors) :] == errors
    return errors


def said(result):
    """The lines on stderr of a command that worked."""
    assert result.code == 0, result.err
    assert "Traceback" not in result.err
    return result.err.split("\n")[:-1]
