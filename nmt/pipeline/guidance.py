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
from nmt.errors import DataError
from nmt.pipeline.fingerprint import json_hash
from nmt.pipeline.preparation import Prepared
from nmt.pipeline.run_folder import RunFolder
from nmt.text.tokenizers.tokenizer import Tokenizer
from nmt.training.durable import replace_file


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
    words = _words(experiment, tokenizers)
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
) -> Guide | None:
    """The guide of the training corpus from links that were read, or else found now or at an earlier start of `run`."""
    guided = experiment.train.guided_alignment
    if guided is None:
        return None
    links = read if read is not None else _first_pass(experiment, prepared, run.alignments / "guided.pharaoh", say)
    chosen = [links[line - 1] for line in prepared.train.line]
    return Guide(chosen, prepared.tokenizers, guided.unlinked == "eos")


def _first_pass(experiment: Experiment, prepared: Prepared, path: Path, say: Callable[[str], None]) -> list[Links]:
    """The links in the file at `path`, made where they are missing or of other text, by the hash beside them."""
    guided, words = experiment.train.guided_alignment, _words(experiment, prepared.tokenizers)
    of_text = path.with_suffix(".sha256")
    text = json_hash(words).encode()
    if not (path.is_file() and of_text.is_file() and of_text.read_bytes() == text):
        say("aligning the words of the training text for train.guided_alignment")
        path.parent.mkdir(parents=True, exist_ok=True)
        stream = BytesIO()
        writer = PharaohWriter(stream)
        for links in align_with_eflomal(words) if guided and guided.aligner == "eflomal" else align(words):
            writer.write_links(links)
        replace_file(path, stream.getvalue())
        replace_file(of_text, text)
        say(f"wrote {path}")
    return list(read_pharaoh(path))


def _words(experiment: Experiment, tokenizers: tuple[Tokenizer, Tokenizer]) -> list[tuple[list[str], list[str]]]:
    """The words of each training line, as alignments count them."""
    src, tgt = tokenizers
    pairs = read_pairs(experiment.data.train.src, experiment.data.train.tgt)
    return [(src.encode(pair[0]).words, tgt.encode(pair[1]).words) for pair in pairs]
