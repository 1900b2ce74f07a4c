"""The config that a command is given."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nmt.config.experiment import Experiment


def given_config(
    path: Path, changes: Sequence[str] = (), *, check_files: bool = True, warned: bool = False
) -> Experiment:
    """The checked config; on stderr a warning for each key that is called otherwise now, from one process of a job.

    `warned`: the user has been told so of this file.
    """
    from nmt.commands.output import say
    from nmt.config.experiment import Experiment
    from nmt.config.loader import load_config

    def warn(message: str) -> None:
        if not warned and "RANK" not in os.environ:
            say(f"warning: {message}; `nmt config upgrade` rewrites a file")

    return load_config(Experiment, path, changes, check_files=check_files, tell=warn)
