"""What a command decodes with, opened: a trained run or several, and how they search."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.lexicon import read_lexicon
from nmt.config.experiment import Experiment
from nmt.device import Device
from nmt.errors import UserError
from nmt.pipeline.loading import changed_search, load_translator
from nmt.search.config import SearchConfig
from nmt.translator import Translator

Tell = Callable[[str], None]


def silent(message: str) -> None:
    """Tells nobody."""


class Choice(NamedTuple):
    """Which model translates and how it searches; enough for any process to open it."""

    run: Path
    checkpoint: str = "best"
    device: Device = "auto"
    threads: int | None = None
    ensemble: tuple[Path, ...] = ()
    beam: int | None = None
    n_best: int | None = None
    replace_unk: bool | None = None
    lexicon: Path | None = None
    shortlist: Path | None = None
    int8: bool = False
    forbid_unk: bool = False


class Opened(NamedTuple):
    """A model with everything that was chosen for it."""

    choice: Choice
    translator: Translator
    experiment: Experiment
    search: SearchConfig


def open_choice(choice: Choice, tell: Tell = silent) -> Opened:
    """Loads the model and what it is used with; `tell` gets the warnings about it and about lines to come.

    Errors: as `load_translator`; UserError for flags that do not fit each other; DataError for a wrong lexicon.
    """
    translator, experiment = load_translator(*choice[:4], tell, choice.ensemble)
    search = changed_search(experiment.search, choice.beam, choice.n_best, choice.replace_unk, choice.forbid_unk)
    if choice.lexicon is not None:
        if not search.replace_unk:
            raise UserError("--lexicon: only with --replace-unk, or search.replace_unk in the config")
        translator.use_lexicon(read_lexicon(choice.lexicon))
    if choice.shortlist is not None:
        translator.use_shortlist(read_lexicon(choice.shortlist))
    if choice.int8:
        translator.use_int8()
    return Opened(choice, translator, experiment, search)
