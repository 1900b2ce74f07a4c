"""Mistakes of a config that are seen only when its parts meet: a search for a model without attention, for instance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from nmt.config.component import Section
from nmt.config.loader import draft_config
from nmt.errors import ConfigError

LINE = re.compile(r"([a-z_]+(?:\.[a-z_]+)*): (.*)", re.DOTALL)
"""`key: problem`, as the parts tell it, who do not know the file."""


@contextmanager
def late_mistakes(model: type[Section], path: Path, overrides: Sequence[str] = ()) -> Iterator[None]:
    """Gives the mistakes that are raised in the context the place of their key: `file:line: key: problem`, or the flag.

    The arguments are those with which `load_config` found no mistake.
    """
    try:
        yield
    except ConfigError as error:
        draft, _ = draft_config(model, path, overrides)
        told = [LINE.fullmatch(str(line)) for line in error.args]
        if not all(found and found[1].split(".")[0] in model.model_fields for found in told):
            raise
        for found in filter(None, told):
            draft.complain(tuple(found[1].split(".")), found[2])
        raise draft.error() from error
