"""Every error that a user can meet. The command line prints a line for each mistake and exits with `exit_code`."""

import signal

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a process to stop."""

CONTINUES = "the same command continues"
"""Ends the message of a training that stopped and can go on."""

IF_CHANGED = "start a new run or pass --allow-changed-data"
"""Ends the message of a run whose text or links are others than those that it was trained on."""


class NmtError(Exception):
    """Something failed while running (disk, memory, NaN, a worker). Exit code 1.

    Each argument is a mistake of its own, told in one line; a line break in it is part of a name.
    """

    exit_code = 1
    args: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.args)


class UserError(NmtError):
    """The input is wrong and the user can fix it. Exit code 2."""

    exit_code = 2


class ConfigError(UserError):
    """A config file or a `--set` value is wrong. One line for each mistake, each `file:line: key: problem`.

    Parts that do not know the file raise `key: problem`; `nmt/config/late.py` puts its place before it.
    """


class DataError(UserError):
    """A text, corpus or alignment file is wrong. `file:line: problem`."""


class CheckpointError(UserError):
    """A run folder, checkpoint or model file is missing, damaged or does not fit."""


class Stopped(NmtError):
    """A signal asked the process to stop, after everything was saved. Exit code 128 + the signal's number."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


class Interrupted(BaseException):
    """Ends what has no lasting effect, so that neither a long validation nor the rest of an update is waited for."""


class RankLost(NmtError):
    """Another process of the same training is gone or does not answer."""


class ToldElsewhere(NmtError):
    """Another process tells the user what happened; this one ends with `exit_code` and says nothing."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(f"told by another process, exit code {exit_code}")
        self.exit_code = exit_code


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the memory of the machine or of its GPU did not suffice; torch says so in ways of its own."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
