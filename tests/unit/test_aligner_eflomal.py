"""Links by eflomal: what it is asked and how its files are read; and by the real one, where it is installed."""

import gzip
import importlib.util
import json
import sys
from itertools import islice
from pathlib import Path
from types import ModuleType

import pytest

from nmt.aligner.eflomal import align_with_eflomal
from nmt.alignment.aer import score_alignments
from nmt.alignment.gold import read_gold
from nmt.embedded import embedded_folder
from nmt.errors import NmtError, UserError
from nmt.models.guidance import GuidedAlignment

PAIRS = [
    (["the", "house"], ["das", "Haus"]),
    ([], ["leer"]),
    (["The", "house\u2028"], ["Haus", "das"]),
    (["empty"], []),
]
FORWARD, REVERSE = b"0-0 1-1\n1-0\n", b"1-1\n0-1 1-0 \n"


@pytest.fixture
def stand_in(monkeypatch):
    """A package that looks like eflomal 2.0 and writes what is put into `answers`; keeps what it was given."""
    asked = []

    class Aligner:
        answers = (FORWARD, REVERSE)

        def align(self, src_input, trg_input, links_filename_fwd=None, links_filename_rev=None):
            asked.append(([*src_input], [*trg_input]))
            for path, content in zip((links_filename_fwd, links_filename_rev), self.answers, strict=True):
                if content is not None:
                    Path(path).write_bytes(content)

    module = ModuleType("eflomal")
    module.Aligner = Aligner
    monkeypatch.setitem(sys.modules, "eflomal", module)
    return Aligner, asked


def test_words_go_as_numbers_and_links_come_back(stand_in):
    found = align_with_eflomal(PAIRS, "union")
    assert found == [[(0, 0), (1, 1)], [], [(0, 1), (1, 0)], []]
    assert align_with_eflomal(PAIRS) == [[(1, 1)], [], [(1, 0)], []]
    assert align_with_eflomal(PAIRS, "forward") == [[(0, 0), (1, 1)], [], [(1, 0)], []]
    assert align_with_eflomal(PAIRS, "reverse") == [[(1, 1)], [], [(0, 1), (1, 0)], []]
    # the same word in either case has one number; a line separator inside a word makes another word, not a line
    assert stand_in[1][0] == (["0 1", "0 2"], ["0 1", "1 0"])


def test_nothing_to_align(stand_in):
    assert align_with_eflomal([([], ["a"]), ([], [])]) == [[], []]
    assert stand_in[1] == []


@pytest.mark.parametrize("answers", [(None, None), (FORWARD, None), (FORWARD, REVERSE[:4]), (b"", b"")])
def test_files_that_are_missing_or_short(stand_in, answers):
    stand_in[0].answers = answers
    with pytest.raises(NmtError, match=r"^eflomal wrote \d and \d lines of links for 2 sentence pairs$"):
        align_with_eflomal(PAIRS)


@pytest.mark.parametrize("module", [None, ModuleType("eflomal")], ids=["missing", "before version 2"])
def test_the_package_is_missing(monkeypatch, module):
    monkeypatch.setitem(sys.modules, "eflomal", module)
    message = r'^links by eflomal need the package eflomal: pip install "nmt-attention\[eflomal\]"$'
    with pytest.raises(UserError, match=message):
        align_with_eflomal(PAIRS)


def test_one_source_of_links():
    assert GuidedAlignment(aligner="eflomal").links is None
    with pytest.raises(ValueError, match="aligner eflomal has nothing to do where links are given; leave one"):
        GuidedAlignment.model_validate_json(json.dumps({"links": "/a", "aligner": "eflomal"}))


@pytest.mark.skipif(importlib.util.find_spec("eflomal") is None, reason="eflomal is not installed")
def test_gold_links_of_the_embedded_corpus():
    folder = embedded_folder() / "data"
    sides = []
    for side in ("en", "de"):
        test = (folder / f"test.{side}").read_text(encoding="utf-8").split("\n")[:-1]
        with gzip.open(folder / f"train.{side}.gz", "rt", encoding="utf-8", newline="\n") as file:
            sides.append([*test, *islice(file, 500)])
    pairs = [(src.split(), tgt.split()) for src, tgt in zip(*sides, strict=True)]
    for links in ("intersection", "forward", "reverse"):
        found = align_with_eflomal([*pairs, ([], ["x"]), (["long"] * 1100, ["lang"] * 1100)], links)
        assert found[-2:] == [[], []]
        assert score_alignments(found[: len(test)], list(read_gold(folder / "test.align"))).aer < 0.2
