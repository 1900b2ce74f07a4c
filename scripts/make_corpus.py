"""Write the embedded English-German corpus: `python scripts/make_corpus.py [--out DIR]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from corpus_grammar.guide import guide
from corpus_grammar.splits import CorpusBuilder, write_splits


def make_corpus(folder: Path) -> None:
    """Write all data sets and README.md into the folder, which is created if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    splits = CorpusBuilder().build()
    write_splits(splits, folder)
    (folder / "README.md").write_bytes(guide(splits).encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "data", metavar="DIR")
    make_corpus(parser.parse_args().out)


if __name__ == "__main__":
    main()
