"""Standard input as pairs: a pipe, a terminal, and none."""

import io
import sys

import pytest

from nmt.commands.standard_input import given_pairs
from nmt.errors import UserError


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("kind", "read_ahead"), [(io.TextIOWrapper, None), (Terminal, 1)], ids=["pipe", "terminal"])
def test_pairs(monkeypatch, capsys, kind, read_ahead):
    monkeypatch.setattr(sys, "stdin", kind(io.BytesIO(b"a\tx\nb\ty")))
    pairs, ahead = given_pairs(None, None, 1)
    assert (list(pairs), ahead) == ([("a", "x"), ("b", "y")], read_ahead)
    told = "reading from the terminal: type a source, a tab and its target, end with Ctrl-D\n" if read_ahead else ""
    assert capsys.readouterr() == ("", told)


def test_a_terminal_for_several_processes(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal(io.BytesIO()))
    with pytest.raises(UserError, match="^--nproc: processes share files and pipes, not what is typed; leave it out$"):
        given_pairs(None, None, 2)


def test_no_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    pairs, read_ahead = given_pairs(None, None, 2)
    assert (list(pairs), read_ahead) == ([], None)
