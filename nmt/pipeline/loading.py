"""A run folder, or several, as a translator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import torch

from nmt.allocation import keep_few_shapes, keep_memory, take_large_pages
from nmt.config.experiment import Experiment
from nmt.device import Device, resolve_compute
from nmt.errors import CheckpointError, UserError
from nmt.kernels.kernels import use_kernels
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.fingerprint import cutting_fingerprint, vocabulary_fingerprints
from nmt.pipeline.run_folder import RunFolder
from nmt.search.config import SearchConfig
from nmt.text.tokenizers.pair import load_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.checkpoint import Which, load_checkpoint, require_checkpoints
from nmt.training.weights import load_weights, named_weights
from nmt.translator import Translator

UNNAMED = ("src", "tgt")
"""The languages of a config that does not name them."""

LONGEST_STEP = 18
"""Digits of the number of a step."""


class Member(NamedTuple):
    """A model with what it was trained with."""

    run: Path
    model: Seq2Seq
    tokenizers: tuple[Tokenizer, Tokenizer]
    experiment: Experiment


def load_translator(
    run: Path,
    checkpoint: str = "best",
    device: Device = "auto",
    threads: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
    ensemble: Sequence[Path] = (),
) -> tuple[Translator, Experiment]:
    """The model of a checkpoint (`best`, `last`, `average` or a step) with its tokenizers, and the run's config.

    The same checkpoint of the runs of `ensemble` joins it; precision and search are those of `run`. A run that was
    trained with `kernels: off` ends the use of compiled loops in this process.
    Errors: CheckpointError for a missing or damaged file, or vocabularies that the weights were not trained with;
    UserError for a device that is not there, or a run of the ensemble that has other vocabularies.
    """
    take_large_pages()
    keep_memory()
    if threads:
        torch.set_num_threads(threads)
    which = _which(checkpoint)
    first, *others = [_load(path, which) for path in (run, *ensemble)]
    for other in others:
        check_fit(first, other)
    keep_few_shapes()
    if first.experiment.kernels == "off":
        use_kernels(False)
    model = Ensemble([first.model, *(other.model for other in others)]) if others else first.model
    compute = resolve_compute(device, first.experiment.precision)
    translator = Translator(model.to(compute.device), first.tokenizers, first.experiment.search, compute, warn)
    return translator, first.experiment


def load_reverse(
    run: Path,
    experiment: Experiment,
    checkpoint: str = "best",
    device: Device = "auto",
    warn: Callable[[str], None] = lambda message: None,
) -> Translator:
    """The translator of a run that reads what the run of `experiment` writes, and writes what that reads.

    Errors: as `load_translator`; UserError for a run of the same direction, where the configs name the languages, or
    without attention.
    """
    translator, found = load_translator(run, checkpoint, device, None, warn)
    here, there = ((data.src_lang, data.tgt_lang) for data in (experiment.data, found.data))
    if here == there != UNNAMED:
        raise UserError(f"--reverse {run}: it translates {here[0]}-{here[1]} too; give a run of {here[1]}-{here[0]}")
    if not (translator.has_attention or translator.model.has_alignment_head):
        raise UserError(f"--reverse {run}: it has no attention, so it has no alignments")
    return translator


def _load(run: Path, which: Which) -> Member:
    require_checkpoints(run)
    experiment = RunFolder(run).experiment()
    tokenizers = load_tokenizers(experiment.data.tokenizer, RunFolder(run).vocab)
    model = Seq2Seq.unfilled(experiment.model, src_vocab=len(tokenizers[0]), tgt_vocab=len(tokenizers[1]))
    take_weights(model, tokenizers, (run, experiment), which)
    return Member(run, model, tokenizers, experiment)


def take_weights(
    model: Seq2Seq,
    tokenizers: tuple[Tokenizer, Tokenizer],
    source: tuple[Path, Experiment],
    which: Which = "best",
    without_head: bool = False,
) -> None:
    """Gives the model the weights of a checkpoint of a run, which comes with its config; `without_head`: the weights
    may lack an alignment head, that then stays as it is.

    Errors: CheckpointError if there is none, or weights, vocabularies or the way in which text is cut are others.
    """
    run, experiment = source
    loaded = load_checkpoint(run, which)
    for name, fingerprint in vocabulary_fingerprints(tokenizers).items():
        if loaded.state.fingerprint.get(name) != fingerprint:
            raise CheckpointError(f"{RunFolder(run).vocab}: the {name} does not belong to the weights of {run}")
    for key, fingerprint in cutting_fingerprint(experiment).items():
        if loaded.state.fingerprint.get(key, fingerprint) != fingerprint:
            raise CheckpointError(f"{RunFolder(run).config}: {key} is not that of the weights of {run}; put it back")
    own = {name: tensor for name, tensor in named_weights(model).items() if name.startswith("alignment_head.")}
    kept = own if without_head and not own.keys() & loaded.weights.keys() else {}
    load_weights(model, {**loaded.weights, **kept}, loaded.path.name)


def check_fit(first: Member, other: Member) -> None:
    """Errors: UserError if `other` cuts text otherwise than `first` or numbers its pieces otherwise."""
    before, now = (vocabulary_fingerprints(member.tokenizers) for member in (first, other))
    different = [name for name in before if before[name] != now[name]]
    if cutting_fingerprint(first.experiment) != cutting_fingerprint(other.experiment):
        different.insert(0, "tokenizer (data.tokenizer)")
    if different:
        raise UserError(
            f"--ensemble {other.run}: its {different[0]} is not that of {first.run}; an ensemble shares vocabularies"
        )


def changed_search(
    search: SearchConfig,
    beam: int | None = None,
    n_best: int | None = None,
    replace_unk: bool | None = None,
    forbid_unk: bool = False,
) -> SearchConfig:
    """The search section with the flags of a command put in. Where unknown words are forbidden none is replaced.

    Errors: UserError if n_best is larger than the beam; if a flag asks to replace words that the search forbids.
    """
    n_best = n_best or 1
    beam = beam or max(search.beam_size, n_best)
    if n_best > beam:
        raise UserError(f"--nbest {n_best} is larger than --beam {beam}")
    if replace_unk and (search.forbid_unk or forbid_unk):
        by = "--forbid-unk leaves none" if forbid_unk else "the run's config has search.forbid_unk"
        raise UserError(f"--replace-unk: nothing to replace, {by}")
    forbids = forbid_unk or search.forbid_unk
    replaces = (search.replace_unk if replace_unk is None else replace_unk) and not forbids
    changes = {"beam_size": beam, "n_best": n_best, "replace_unk": replaces, "forbid_unk": forbids}
    return search.model_copy(update=changes)


def _which(name: str) -> Which:
    if name == "best" or name == "last" or name == "average":
        return name
    if name.isdecimal() and len(name) <= LONGEST_STEP:
        return int(name)
    raise UserError(f"--checkpoint {name}: must be best, last, average or a step number")
