"""Training on the screen: a bar with the time left on a terminal, one line every 30 seconds elsewhere."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic
from traceback import format_exception
from types import TracebackType
from typing import Any

from nmt.commands.output import say
from nmt.errors import NmtError
from nmt.report.escape import visible
from nmt.training.listener import Listener
from nmt.training.validation import Validation

INTERVAL = 30.0


class Screen(Listener):
    """Shows training on stderr and keeps the lines in the run's log.txt, and the traceback of a bug in error.log beside
    it. `quiet`: of it all only warnings are shown; `silent`: not even these. Use as a context."""

    def __init__(self, quiet: bool = False, silent: bool = False) -> None:
        self.quiet, self.silent = quiet or silent, silent
        self.log: Path | None = None
        self._bar: Any = None
        self._task: Any = None
        self._last = monotonic()

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()
            self._bar = None
        if self.log is not None and isinstance(error, Exception) and not isinstance(error, NmtError):
            with suppress(OSError), open(self.log.with_name("error.log"), "w", encoding="utf-8", newline="\n") as file:
                file.write("".join(format_exception(error)))

    def on_step(
        self, step: int, epoch: int, fraction: float, loss: float, tokens_per_s: float, seconds_left: float | None
    ) -> None:
        if self.quiet:
            return
        line = f"epoch {epoch}  step {step}  loss {loss:.3f}  {tokens_per_s:,.0f} tokens/s"
        if sys.stderr is not None and sys.stderr.isatty():
            self._draw(fraction, line, seconds_left)
        elif monotonic() - self._last >= INTERVAL:
            self._last = monotonic()
            left = "" if seconds_left is None else f"  {clock(seconds_left)} left"
            self.on_message(f"{fraction:4.0%}  {line}{left}")

    def on_validation(self, step: int, epoch: int, validation: Validation, better: bool) -> None:
        mark = "  best so far" if better else ""
        self.on_message(
            f"validation at step {step}: loss {validation.loss:.3f}  perplexity {validation.ppl:.2f}  "
            f"BLEU {validation.bleu:.2f}{mark}"
        )

    def on_message(self, message: str) -> None:
        self._keep(message)
        if not self.quiet:
            self._show(message)

    def on_warning(self, message: str) -> None:
        self._keep(message)
        if not self.silent:
            self._show(message)

    def _show(self, message: str) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.console.print(visible(message), markup=False, highlight=False)
        else:
            say(message)

    def _keep(self, message: str) -> None:
        """Appends to log.txt; where that fails, training goes on without it."""
        if self.log is None:
            return
        try:
            with open(self.log, "a", encoding="utf-8", newline="\n") as log:
                log.write(visible(message) + "\n")
        except OSError as error:
            say(f"warning: {self.log}: {error.strerror}; no more lines are kept there")
            self.log = None

    def _draw(self, fraction: float, line: str, seconds_left: float | None) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn

            self._bar = Progress(
                BarColumn(),
                TextColumn("{task.percentage:>3.0f}%"),
                TextColumn("{task.fields[left]} left"),
                TextColumn("{task.description}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(line, total=1.0, left="?")
        left = "?" if seconds_left is None else clock(seconds_left)
        self._bar.update(self._task, completed=fraction, description=line, left=left)


def clock(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"
