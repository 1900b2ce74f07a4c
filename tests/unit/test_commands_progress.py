"""Training on the screen: a bar with the time left on a terminal, a line every 30 seconds elsewhere."""

import io
from contextlib import redirect_stderr

import pytest
from rich.console import Console
from rich.text import Text

from nmt.commands import progress
from nmt.commands.progress import Screen, clock
from nmt.training.validation import Validation


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def now(monkeypatch):
    """The clock, which the test sets."""
    time = [100.0]
    monkeypatch.setattr(progress, "monotonic", lambda: time[0])
    return time


def test_a_line_every_30_seconds_where_there_is_no_terminal(now, capsys):
    with Screen() as screen:
        for seconds, left in ((1, 900.0), (29.9, 800.0), (30, 754.2), (59, 600.0), (60, None)):
            now[0] = 100.0 + seconds
            screen.on_step(int(10 * seconds), 2, 0.251, 3.14159, 12345.6, left)
    assert capsys.readouterr().err.split("\n") == [
        " 25%  epoch 2  step 300  loss 3.142  12,346 tokens/s  0:12:34 left",
        " 25%  epoch 2  step 600  loss 3.142  12,346 tokens/s",
        "",
    ]


def test_a_bar_with_the_time_left_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    terminal = Terminal()
    with redirect_stderr(terminal), Screen() as screen:
        screen.on_step(1, 1, 0.0, 9.0, 100.0, None)
        assert "? left" in shown(screen)
        screen.on_step(40, 2, 0.4, 3.5, 2000.0, 3725.0)
        bar = shown(screen)
        assert "━" in bar and bar.endswith("40% 1:02:05 left epoch 2  step 40  loss 3.500  2,000 tokens/s")
        screen.on_validation(40, 2, Validation(2.0, 7.389, 12.345, "nrefs:1"), True)
        lines = Text.from_ansi(terminal.getvalue()).plain.split("\n")
        assert "validation at step 40: loss 2.000  perplexity 7.39  BLEU 12.35  best so far" in lines
    assert terminal.getvalue().endswith("\x1b[2K"), "the bar is wiped at the end"


@pytest.mark.parametrize(("flags", "shown"), [({"quiet": True}, "a\\u001bwarning\n"), ({"silent": True}, "")])
def test_quiet_shows_warnings_alone_and_keeps_the_log(flags, shown, now, tmp_path):
    terminal = Terminal()
    with redirect_stderr(terminal), Screen(**flags) as screen:
        screen.log = tmp_path / "log.txt"
        now[0] += 100
        screen.on_step(1, 1, 0.5, 1.0, 1.0, 1.0)
        screen.on_message("a\x1bline")
        screen.on_warning("a\x1bwarning")
    assert terminal.getvalue() == shown
    assert (tmp_path / "log.txt").read_text(encoding="utf-8") == "a\\u001bline\na\\u001bwarning\n"


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00:00"), (59.6, "0:01:00"), (86_399, "23:59:59")])
def test_hours_minutes_and_seconds(seconds, text):
    assert clock(seconds) == text


def shown(screen):
    """The line of the bar, without colours."""
    paper = Console(width=120, file=io.StringIO(), force_terminal=False)
    paper.print(screen._bar.get_renderable())
    return paper.file.getvalue().strip()
