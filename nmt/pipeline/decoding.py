"""Translating, aligning and scoring with a trained run, in one process or in several that share the lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from nmt.alignment.lexicon import read_lexicon
from nmt.alignment.record import AlignmentRecord
from nmt.config.experiment import Experiment
from nmt.device import Device
from nmt.errors import UserError
from nmt.pipeline.alignment_export import ExportSettings, export_records
from nmt.pipeline.loading import changed_search, load_reverse, load_translator
from nmt.pipeline.pair_scores import PairScore, score_pairs
from nmt.search.config import SearchConfig
from nmt.search.sampling import Sampling
from nmt.translator import Translation, Translator

BATCHES_SHARED = 4
"""Batches of a block that one of several processes takes at a time."""


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


class Opened(NamedTuple):
    """A model with everything that was chosen for it."""

    translator: Translator
    experiment: Experiment
    search: SearchConfig


class Block(NamedTuple):
    """Some lines of the input: the number of the first one, from 1, and what is known of the target of each."""

    first: int
    pairs: list[tuple[str, str]]


class Export(NamedTuple):
    """What is exported of which alignments: those of given pairs, or of translations found by search."""

    settings: ExportSettings
    given: bool
    reverse: Path | None = None


def open_choice(choice: Choice, tell: Callable[[str], None] = lambda message: None) -> Opened:
    """Loads the model and what it is used with; `tell` gets the warnings about it and about lines to come.

    Errors: as `load_translator`; UserError for flags that do not fit each other; DataError for a wrong lexicon.
    """
    translator, experiment = load_translator(*choice[:4], tell, choice.ensemble)
    search = changed_search(experiment.search, choice.beam, choice.n_best, choice.replace_unk)
    if choice.lexicon is not None:
        if not search.replace_unk:
            raise UserError("--lexicon: only with --replace-unk, or search.replace_unk in the config")
        translator.use_lexicon(read_lexicon(choice.lexicon))
    if choice.shortlist is not None:
        translator.use_shortlist(read_lexicon(choice.shortlist))
    if choice.int8:
        translator.use_int8()
    return Opened(translator, experiment, search)


def open_reverse(
    export: Export, choice: Choice, opened: Opened, tell: Callable[[str], None] = lambda message: None
) -> Translator | None:
    """The translator of the other direction where the export asks for one. Errors: as `load_reverse`."""
    if export.reverse is None:
        return None
    return load_reverse(export.reverse, opened.experiment, choice.checkpoint, choice.device, tell)


def records(
    opened: Opened,
    export: Export,
    other: Translator | None,
    pairs: Iterable[tuple[str, str]],
    first: int = 1,
    read_ahead: int | None = None,
) -> Iterator[AlignmentRecord]:
    """The records of lines, best first, of which `first` is the number of the first one; `read_ahead`: lines of a
    block."""
    translator = opened.translator
    if export.given:
        found = ([aligned] for aligned in translator.align(pairs, first, read_ahead))
    else:
        found = translator.read_head(translator.complete(pairs, opened.search, None, read_ahead, first))
    return export_records(found, export.settings, other, first - 1, read_ahead)


def translation_of_blocks(
    choice: Choice, sampling: Sampling | None, tell: Callable[[str], None]
) -> Callable[[Block], list[list[Translation]]]:
    """What one of several processes translates with."""
    opened = open_choice(choice)
    opened.translator.warn = tell
    return lambda block: list(
        opened.translator.complete(block.pairs, opened.search, sampling, first=block.first),
    )


def records_of_blocks(
    choice: Choice, export: Export, tell: Callable[[str], None]
) -> Callable[[Block], list[AlignmentRecord]]:
    """What one of several processes aligns with."""
    opened = open_choice(choice)
    other = open_reverse(export, choice, opened)
    opened.translator.warn = tell
    return lambda block: list(records(opened, export, other, block.pairs, block.first))


def scores_of_blocks(choice: Choice, tell: Callable[[str], None]) -> Callable[[Block], list[PairScore]]:
    """What one of several processes scores with."""
    opened = open_choice(choice)
    opened.translator.warn = tell
    return lambda block: list(score_pairs(opened.translator, block.pairs, block.first))


def blocks(pairs: Iterable[tuple[str, str]], search: SearchConfig, first: int = 1) -> Iterator[Block]:
    """The lines in blocks of a few batches; `first` is the number of the first one."""
    lines = iter(pairs)
    while block := list(islice(lines, BATCHES_SHARED * search.batch_sentences)):
        yield Block(first, block)
        first += len(block)
