"""A run folder as a translator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from nmt.config.experiment import Experiment
from nmt.device import Device, resolve_compute
from nmt.errors import CheckpointError, UserError
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.preparation import vocabulary_fingerprints
from nmt.pipeline.run_folder import RunFolder
from nmt.search.config import SearchConfig
from nmt.text.tokenizers.pair import load_tokenizers
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.checkpoint import load_checkpoint
from nmt.training.weights import load_weights
from nmt.translator import Translator


def load_translator(
    run: Path,
    checkpoint: str = "best",
    device: Device = "auto",
    threads: int | None = None,
    warn: Callable[[str], None] = lambda message: None,
) -> tuple[Translator, Experiment]:
    """The model of a checkpoint (`best`, `last` or a step) with its tokenizers, and the run's config.

    Errors: CheckpointError for a missing or damaged file, or vocabularies that the weights were not trained with;
    UserError for a device that is not there.
    """
    if threads:
        torch.set_num_threads(threads)
    which = _which(checkpoint)
    experiment = RunFolder(run).experiment()
    compute = resolve_compute(device, experiment.precision)
    tokenizers = load_tokenizers(experiment.data.tokenizer, RunFolder(run).vocab)
    model = Seq2Seq(experiment.model, src_vocab=len(tokenizers[0]), tgt_vocab=len(tokenizers[1]))
    take_weights(model, tokenizers, run, which)
    return Translator(model.to(compute.device), tokenizers, experiment.search, compute, warn), experiment


def take_weights(
    model: Seq2Seq, tokenizers: tuple[Tokenizer, Tokenizer], run: Path, which: Literal["best", "last"] | int = "best"
) -> None:
    """Gives the model the weights of a checkpoint of `run`.

    Errors: CheckpointError if there is none, or weights or vocabularies are others.
    """
    loaded = load_checkpoint(run, which)
    for name, fingerprint in vocabulary_fingerprints(tokenizers).items():
        if loaded.state.fingerprint.get(name) != fingerprint:
            raise CheckpointError(f"{RunFolder(run).vocab}: the {name} does not belong to the weights of {run}")
    load_weights(model, loaded.weights, loaded.path.name)


def changed_search(search: SearchConfig, beam: int | None, n_best: int | None) -> SearchConfig:
    """The search section with the flags of a command put in. Errors: UserError if n_best is larger than the beam."""
    n_best = n_best or 1
    beam = beam or max(search.beam_size, n_best)
    if n_best > beam:
        raise UserError(f"--nbest {n_best} is larger than --beam {beam}")
    return search.model_copy(update={"beam_size": beam, "n_best": n_best})


def _which(name: str) -> Literal["best", "last"] | int:
    if name == "best" or name == "last":
        return name
    if name.isdecimal():
        return int(name)
    raise UserError(f"--checkpoint {name}: must be best, last or a step number")
