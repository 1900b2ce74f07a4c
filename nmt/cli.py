"""The command line: which commands there are, and how errors end. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
import traceback
from contextlib import suppress

import typer

from nmt import __version__
from nmt.commands import (
    align_eval,
    align_export,
    align_stats,
    align_text,
    align_view,
    average,
    check,
    compare,
    evaluate,
    info,
    lexicon,
    prepare,
    score,
    train,
    translate,
)
from nmt.commands.config import config_app
from nmt.commands.output import say
from nmt.commands.stopping import stoppable
from nmt.errors import NmtError, ToldElsewhere, UserError, is_out_of_memory

SPINS = "10000"
"""How often a thread of the processor looks for work before it sleeps. OpenMP's own default keeps a core busy for
nothing while it waits for a thread that another program has displaced; see docs/design.md."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Attention-based neural machine translation with recurrent encoders, and the alignments it reads.",
)
app.command("train", epilog=train.EPILOG)(train.train)
app.command("prepare", epilog=prepare.EPILOG)(prepare.prepare)
app.command("translate", epilog=translate.EPILOG)(translate.translate)
app.command("align-export", epilog=align_export.EPILOG)(align_export.align_export)
app.command("align-eval", epilog=align_eval.EPILOG)(align_eval.align_eval)
app.command("align-text", epilog=align_text.EPILOG)(align_text.align_text)
app.command("align-stats", epilog=align_stats.EPILOG)(align_stats.align_stats)
app.command("align-view", epilog=align_view.EPILOG)(align_view.align_view)
app.command("lexicon", epilog=lexicon.EPILOG)(lexicon.lexicon)
app.command("score", epilog=score.EPILOG)(score.score)
app.command("evaluate", epilog=evaluate.EPILOG)(evaluate.evaluate)
app.command("compare", epilog=compare.EPILOG, no_args_is_help=True)(compare.compare)
app.command("check", epilog=check.EPILOG)(check.check)
app.command("average", epilog=average.EPILOG)(average.average)
app.command("info", epilog=info.EPILOG)(info.info)
app.add_typer(config_app, name="config")


def _version(show: bool) -> None:
    if show:
        from importlib.metadata import version

        typer.echo(f"nmt {__version__}, torch {version('torch')}, python {sys.version.split()[0]}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Versions, then stop."),
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error."),
) -> None:
    if debug:
        os.environ["NMT_DEBUG"] = "1"
    context.with_resource(stoppable())


def main() -> None:
    """Runs a command. Exit codes: 0 done, 2 wrong input, 1 failed while running, 130 Ctrl-C, 143 SIGTERM.

    SIGUSR1 asks training to save, and otherwise does nothing.
    """
    os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    _occupy_streams()
    _write_utf8()
    if signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    try:
        _refuse_empty(sys.argv[1:])
        sys.exit(app(prog_name="nmt", standalone_mode=False))
    except typer.TyperException as error:
        with suppress(OSError):
            typer.echo(_usage(error), err=True)
        sys.exit(error.exit_code)
    except Exception as error:
        if os.environ.get("NMT_DEBUG"):
            traceback.print_exc()
        for line in _lines(error):
            say(f"nmt: error: {_rank()}{line}")
        sys.exit(_exit_code(error))


def _refuse_empty(arguments: list[str]) -> None:
    """An empty path would be the current folder. Errors: UserError."""
    if "" in arguments:
        from nmt.report.escape import visible

        words = " ".join(["nmt", *arguments[: arguments.index("")]])
        raise UserError(f"the argument after '{visible(words)}' is empty; is a variable of the shell not set?")


def _occupy_streams() -> None:
    """Takes the places of standard streams that are closed, or files of the run would get them; writing there fails."""
    while (place := os.open(os.devnull, os.O_RDONLY)) <= 2:
        pass
    os.close(place)
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            # without a buffer nothing is left that Python would try to write when it ends
            stream = io.TextIOWrapper(io.FileIO(number, "w"), encoding="utf-8", newline="\n", write_through=True)
            setattr(sys, name, stream)


def _write_utf8() -> None:
    """Lines for people are UTF-8 whatever the locale, as results are."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _rank() -> str:
    """Which process of a training speaks, if it is not the first."""
    rank = os.environ.get("RANK", "0")
    return "" if rank == "0" else f"rank {rank}: "


NO_PATHS = (errno.ENAMETOOLONG, errno.ELOOP, errno.EROFS, errno.EACCES, errno.EPERM)
"""Reasons of the system that speak of the place that was given, not of the disk."""


def _usage(error: typer.TyperException) -> str:
    """One line about wrong flags; for a command that was called with nothing at all, its help."""
    from nmt.report.escape import visible

    problem = error.format_message()
    if problem.startswith("Usage:"):
        return problem
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "nmt"
    return f"nmt: error: {visible(' '.join(problem.split()))} (see {command} --help)"


def _exit_code(error: Exception) -> int:
    if isinstance(error, NmtError):
        return error.exit_code
    return 2 if isinstance(error, OSError) and error.errno in NO_PATHS else 1


def _lines(error: Exception) -> tuple[str, ...]:
    """What is said about an error, a line for each mistake."""
    if isinstance(error, ToldElsewhere):
        return ()
    if isinstance(error, NmtError):
        return error.args
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else "cannot write output: "
        advice = "; choose another place" if error.errno == errno.EROFS else ""
        return (f"{where}{error.strerror or error}{advice}",)
    if is_out_of_memory(error):
        return ("out of memory; lower search.batch_sentences or data.batching",)
    first = str(error).split("\n")[0]
    return (f"unexpected {type(error).__name__}: {first} (--debug before the command shows the traceback)",)
