"""The records of an export, one after the other: of given pairs or from search, of one direction or of two."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import tee
from typing import Literal, NamedTuple

from nmt.alignment.alignment import Alignment, Unit
from nmt.alignment.joint import joint_links
from nmt.alignment.links import extract_links, parse_method
from nmt.alignment.record import AlignmentRecord
from nmt.alignment.symmetrize import check_method
from nmt.errors import UserError
from nmt.pipeline.records import alignment_of, make_record
from nmt.translator import MAX_PIECES, Translation, Translator


class ExportSettings(NamedTuple):
    """What of an alignment is exported."""

    unit: Unit = "word"
    method: str = "argmax"
    """As `nmt.alignment.links.parse_method` takes it; `agreement=X` only with two directions."""
    eos: Literal["keep", "drop"] = "keep"
    symmetrize: str = "grow-diag"
    """How the links of two directions become one set, as `nmt.alignment.joint.joint_links` takes it."""
    shift: int = 0
    """By how many target pieces the rows of attention are moved, in both directions."""


class _Entry(NamedTuple):
    """A translation with the number of its line, from 0, and its place in the line's n-best list, from 1."""

    number: int
    rank: int
    translation: Translation


def check_directions(method: str, reverse: bool, symmetrisation: str | None = None) -> None:
    """Errors: UserError for an unknown link method or symmetrisation, or one that a `reverse` run is missing for."""
    agreement = parse_method(method).name == "agreement"
    if symmetrisation is not None:
        check_method(symmetrisation)
        if not reverse:
            raise UserError(f"--symmetrize {symmetrisation}: only with --reverse RUN2")
        if agreement:
            raise UserError(f"--symmetrize {symmetrisation}: --method {method} joins the directions itself")
    if agreement and not reverse:
        raise UserError(f"--method {method}: only with --reverse RUN2")


def export_records(
    found: Iterable[list[Translation]],
    settings: ExportSettings,
    reverse: Translator | None = None,
    first: int = 0,
    read_ahead: int | None = None,
) -> Iterator[AlignmentRecord]:
    """The records of the translations of each line, best first; `first` is the number of the first line.

    `reverse` translates the other way: it is forced on each pair, and its links join those of `found`; matrices and
    scores stay those of `found`. What waits in memory is a block of `reverse`'s sentences, however many there are;
    `read_ahead` says how many.

    Errors: UserError if a model has no attention, or `reverse` does not see the same tokens.
    """
    entries = (
        _Entry(number, rank, translation)
        for number, entries in enumerate(found, first)
        for rank, translation in enumerate(entries, start=1)
    )
    if reverse is None:
        for entry in entries:
            yield _record(entry, settings, None)
        return
    forward, again = tee(entries)
    back = reverse.align((_turned(entry.translation) for entry in again), first + 1, read_ahead)
    for entry, other in zip(forward, back, strict=True):
        yield _record(entry, settings, other)


def _turned(translation: Translation) -> tuple[str, str]:
    return " ".join(translation.tgt.words), " ".join(translation.src.words)


def _record(entry: _Entry, settings: ExportSettings, other: Translation | None) -> AlignmentRecord:
    number, rank, translation = entry
    alignment = alignment_of(translation, settings.unit, settings.shift)
    if other is None:
        links = extract_links(alignment, settings.method)
    else:
        back = _fitting(entry, alignment, other, settings)
        links = joint_links(alignment, back, settings.method, settings.symmetrize)
    return make_record(number, translation, alignment, links, settings.eos, rank)


def _fitting(entry: _Entry, alignment: Alignment, other: Translation, settings: ExportSettings) -> Alignment | None:
    """The alignment of the other direction, of the same tokens; None for a pair that is too long for it.

    It is given the words, so both runs see the same ones where they cut text at the same places.
    """
    back = alignment_of(other, settings.unit, settings.shift)
    here, there = (alignment.src_tokens, alignment.tgt_tokens), (back.tgt_tokens, back.src_tokens)
    if here == there or settings.unit == "word" and _sizes(here) == _sizes(there):
        return back
    if max(len(other.src.ids), len(other.tgt.ids)) >= MAX_PIECES:
        return None
    advice = "both must cut text alike (data.tokenizer)" if settings.unit == "word" else "use --unit word"
    raise UserError(
        f"line {entry.number + 1}: the reverse run cuts the pair into {_sizes(there)} {settings.unit}s, this run into"
        f" {_sizes(here)}; {advice}"
    )


def _sizes(sides: tuple[list[str], list[str]]) -> str:
    return f"{len(sides[0])} and {len(sides[1])}"
