"""Training text for a student: of a teacher's translations of each sentence the one nearest to its reference.

Sequence-level interpolation, Kim and Rush 2016, section 3.3: the n-best list stands for the teacher's beam, sentence
BLEU for the similarity. The references themselves come first, so the student sees every source twice.

    nmt translate TEACHER --ensemble TEACHER2 --nbest 5 --json < train.en > train.jsonl
    python scripts/distill.py train.jsonl --source train.en --target train.de -o distilled

writes distilled.en and distilled.de (the endings of the two files).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from nmt.data.pairs import read_pairs
from nmt.text.reader import read_lines
from nmt.training.objectives.sentence_bleu import sentence_bleu


def nearest(translations: Path, references: list[str]) -> Iterator[str]:
    """One translation for each reference, in order."""
    objects = (json.loads(line) for line in read_lines(translations))
    for number, group in groupby(objects, key=lambda found: found["id"]):
        reference = references[number].split()
        yield max((found["hyp"] for found in group), key=lambda hyp: sentence_bleu(hyp.split(), reference))


def ending(path: Path) -> str:
    return path.name.removesuffix(".gz").rsplit(".", 1)[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description="Choose a teacher's translations for a student.")
    parser.add_argument("translations", type=Path, help="n-best lists as nmt translate --nbest N --json writes them")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--target", type=Path, required=True)
    parser.add_argument("-o", "--output", required=True, help="beginning of the names of both files")
    arguments = parser.parse_args()
    sources, references = (list(side) for side in zip(*read_pairs(arguments.source, arguments.target), strict=True))
    chosen = list(nearest(arguments.translations, references))
    if len(chosen) != len(references):
        raise SystemExit(f"{arguments.translations} has {len(chosen)} sentences, {arguments.target} {len(references)}")
    for path, lines in ((arguments.source, sources * 2), (arguments.target, references + chosen)):
        text = "".join(f"{line}\n" for line in lines)
        Path(f"{arguments.output}.{ending(path)}").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
