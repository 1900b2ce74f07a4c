r"""Translates a sentence with a trained run and draws its word alignment as one SVG file. The picture of the README:

python scripts/make_picture.py runs/demo \
    "The student said that he had visited the old castle yesterday ." docs/alignment.svg
"""

from __future__ import annotations

import argparse
from pathlib import Path

from nmt.pipeline.loading import load_translator
from nmt.pipeline.records import alignment_record
from nmt.report.heatmap import heatmap_svg


def draw(run: Path, sentence: str) -> str:
    """The attention of the best translation of `sentence`, by words, with its links. Errors: as `load_translator`."""
    translator, _ = load_translator(run)
    (found,) = translator.translate([sentence])
    record = alignment_record(0, found[0], "word")
    alignment = record.alignment
    title = f"Attention: {record.src} / {record.tgt}"
    return heatmap_svg(alignment.src_tokens, alignment.tgt_tokens, alignment.weights_TS, record.links, title) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the word alignment of one sentence.")
    parser.add_argument("run", type=Path, help="run folder with attention")
    parser.add_argument("sentence", help="sentence to translate")
    parser.add_argument("output", type=Path, help="SVG file to write")
    arguments = parser.parse_args()
    arguments.output.write_text(draw(arguments.run, arguments.sentence), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
