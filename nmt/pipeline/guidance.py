"""The links that guide attention: read from a file, or found by the first pass of our own."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from nmt.aligner.aligner import align
from nmt.aligner.eflomal import align_with_eflomal, require_eflomal
from nmt.alignment.formats.pharaoh import PharaohWriter, read_pharaoh
from nmt.alignment.links import Links
from nmt.config.experiment import Experiment
from nmt.data.guide import Guide
from nmt.data.pairs import read_pairs
from nmt.errors import IF_CHANGED, CheckpointError, DataError
from nmt.pipeline.fingerprint import json_hash
from nmt.pipeline.preparation import Prepared
from nmt.pipeline.run_folder import RunFolder
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.checkpoint_files import saved
from nmt.training.durable import replace_file
from nmt.training.state import tell_change


def read_guide_links(experiment: Experiment, tokenizers: tuple[Tokenizer, Tokenizer]) -> list[Links] | None:
    """The links of each training line from the file that the config names; None if it names none.

    Errors: DataError, with file and line, for what is no link or leads out of its sentence, or if the lines do not fit;
    UserError if links are to be found by eflomal and it is missing.
    """
    guided, data = experiment.train.guided_alignment, experiment.data.train
    if guided is not None and guided.aligner == "eflomal":
        require_eflomal()
    if guided is None or guided.links is None:
        return None
    path, links = guided.links, list(read_pharaoh(guided.links))
    words = _words(read_pairs(data.src, data.tgt), tokenizers)
    if len(words) != len(links):
        raise DataError(f"{path} has {len(links)} lines, {data.src} {len(words)}; line n must be the links of pair n")
    for number, (found, sides) in enumerate(zip(links, words, strict=True), start=1):
        for link in found:
            if any(word >= len(side) for word, side in zip(link, sides, strict=True)):
                raise DataError(
                    f"{path}:{number}: link {link[0]}-{link[1]} leads out of the sentence, which has {len(sides[0])} "
                    f"source and {len(sides[1])} target words"
                )
    return links


def make_guide(
    experiment: Experiment,
    prepared: Prepared,
    read: list[Links] | None,
    run: RunFolder,
    say: Callable[[str], None],
    allow_changed_data: bool,
) -> Guide | None:
    """The guide of the training corpus from links that were read, or else found now or at an earlier start of `run`.

    Errors: CheckpointError if those found earlier are of other text, unless that is allowed or nothing is trained yet.
    """
    guided = experiment.train.guided_alignment
    if guided is None:
        return None
    links = read if read is not None else _first_pass(experiment, prepared, run, say, allow_changed_data)
    chosen = [links[line - 1] for line in prepared.train.line]
    return Guide(chosen, prepared.tokenizers, guided.unlinked == "eos")


def _first_pass(
    experiment: Experiment, prepared: Prepared, run: RunFolder, say: Callable[[str], None], allow_changed_data: bool
) -> list[Links]:
    """The links in the run's `guided.pharaoh`, made where missing or of other text. Errors: as `make_guide`."""
    path, data = run.alignments / "guided.pharaoh", experiment.data.train
    pairs = read_pairs(data.src, data.tgt)
    of_text, text = _text_hash(pairs, prepared.tokenizers, path)
    before = of_text.read_text(encoding="utf-8", errors="replace") if path.is_file() and of_text.is_file() else None
    if before != text:
        if before is not None and saved(run.path) and not allow_changed_data:
            raise CheckpointError(f"{tell_change(data.src, before, text)}; {IF_CHANGED}")
        say("aligning the words of the training text for train.guided_alignment")
        path.parent.mkdir(parents=True, exist_ok=True)
        of_text.unlink(missing_ok=True)
        _align(experiment, _words(pairs, prepared.tokenizers), path)
        replace_file(of_text, text.encode())
        say(f"wrote {path}")
    return list(read_pharaoh(path))


def _text_hash(pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer], links: Path) -> tuple[Path, str]:
    """The file that says of which text `links` are, and what it says of these pairs; older runs hashed their words."""
    of_text, of_words = links.with_suffix(".text.sha256"), links.with_suffix(".sha256")
    if of_words.is_file() and not of_text.is_file():
        return of_words, json_hash(_words(pairs, tokenizers))
    return of_text, json_hash(pairs)


def _align(experiment: Experiment, words: list[tuple[list[str], list[str]]], path: Path) -> None:
    guided, stream = experiment.train.guided_alignment, BytesIO()
    writer = PharaohWriter(stream)
    for links in align_with_eflomal(words) if guided and guided.aligner == "eflomal" else align(words):
        writer.write_links(links)
    replace_file(path, stream.getvalue())


def _words(pairs: list[tuple[str, str]], tokenizers: tuple[Tokenizer, Tokenizer]) -> list[tuple[list[str], list[str]]]:
    """The words of each training line, as alignments count them."""
    src, tgt = tokenizers
    return [(src.encode(pair[0]).words, tgt.encode(pair[1]).words) for pair in pairs]
