"""A corpus in files: made in shards, and read back as the corpus that the same text is in memory."""

import os
import random
import shutil

import pytest

from nmt.data import shards
from nmt.data.config import ParallelFiles
from nmt.data.corpus import load_corpus
from nmt.data.epochs import Epoch
from nmt.data.mapped import MappedCorpus, MappedPairs
from nmt.data.pairs import overlap, read_pairs
from nmt.data.shards import Recipe, merge, shard_path, write_shards
from nmt.errors import DataError
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import VocabConfig

LINES = 47


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    """Text with all that is worth a line in the report, and shards of ten lines."""
    monkeypatch.setattr(shards, "LINES", 10)
    words = random.Random(5)
    sides = [
        [" ".join(words.choice("abcdefgh") for _ in range(words.randrange(1, 7))) for _ in range(LINES)] for _ in "st"
    ]
    sides[0][3] = sides[1][3] = sides[1][31] = ""
    sides[0][12] = "a " * 30
    sides[1][30] = "a " * 19
    sides[0][30] = "b"
    sides[1][40] = sides[0][40]
    sides[0][41], sides[1][41] = sides[0][5], sides[1][5]
    sides[0][22] += " \x00 \x07"
    sides[1][23] += " e\u0301"
    for name, lines in zip("st", sides, strict=True):
        (tmp_path / name).write_bytes("\ufeff".encode() + "\r\n".join(lines).encode() + b"\n")
    files = ParallelFiles(src=str(tmp_path / "s"), tgt=str(tmp_path / "t"))
    tokenizers = tuple(Word.fit(Word.Config(), VocabConfig(size=10), [tmp_path / name]) for name in "st")
    return Recipe(files, tokenizers, 20, False, "fingerprint")


def made(recipe, tmp_path, name="corpus"):
    write_shards(recipe, tmp_path / "work")
    merge(recipe, tmp_path / "work", tmp_path / name)
    return tmp_path / name


def same(found, expected):
    assert list(found.src) == expected.src
    assert list(found.tgt) == expected.tgt
    assert list(found.line) == expected.line


def test_it_is_the_corpus_and_the_report_of_the_text_in_memory(recipe, tmp_path):
    expected, report = load_corpus(recipe.files, recipe.tokenizers, recipe.max_length)
    pairs = MappedPairs(made(recipe, tmp_path))
    same(MappedCorpus([pairs]), expected)
    assert len(expected) == len(pairs) == LINES - 3
    for side in ("src", "tgt"):
        for name in ("mean_length", "unknown_rate"):
            assert pairs.report[side].pop(name) == pytest.approx(report[side].pop(name))
    assert pairs.report == report
    assert report["skipped"]["too_long"] == {"count": 1, "numbers": [13]}
    assert (
        report["duplicates"],
        report["suspicious"]["copy"]["count"],
        report["src"]["nul"],
        report["tgt"]["not_nfc"],
    ) == (1, 1, 1, 1)
    assert len(report["warnings"]) == 2
    assert not (tmp_path / "work").exists()


def test_a_batch_is_that_of_the_text_in_memory(recipe, tmp_path):
    expected, _ = load_corpus(recipe.files, recipe.tokenizers, recipe.max_length)
    corpus = MappedCorpus([MappedPairs(made(recipe, tmp_path))])
    ids = [40, 2, 11]
    batches = [Epoch(1, pairs, []).batch(ids) for pairs in (corpus, expected)]
    assert all((getattr(batches[0], name) == getattr(batches[1], name)).all() for name in ("src_BS", "tgt_out_BT"))
    assert Epoch(1, corpus, []).padded_size(ids) == Epoch(1, expected, []).padded_size(ids)


def test_several_corpora_stand_one_after_the_other(recipe, tmp_path):
    expected, _ = load_corpus(recipe.files, recipe.tokenizers, recipe.max_length)
    part = MappedPairs(made(recipe, tmp_path))
    twice = MappedCorpus([part, part])
    same(twice, expected.__class__(expected.src * 2, expected.tgt * 2, expected.line * 2))
    assert twice.lengths(1).tolist() == [len(ids) for ids in expected.tgt] * 2
    assert twice.fingerprint != MappedCorpus([part]).fingerprint


def test_ranks_share_the_shards_and_a_killed_preparation_goes_on(recipe, tmp_path, monkeypatch):
    work = tmp_path / "work"
    write_shards(recipe, work, 1, 2)
    assert [shard_path(work, number).is_dir() for number in range(5)] == [False, True, False, True, False]
    before = os.stat(shard_path(work, 1) / "ids.bin").st_mtime_ns

    calls = []
    monkeypatch.setattr(shards, "encode_pairs", lambda *a: calls.append(1) or original(*a))
    write_shards(recipe, work)
    assert len(calls) == 3
    assert os.stat(shard_path(work, 1) / "ids.bin").st_mtime_ns == before
    merge(recipe, work, tmp_path / "corpus")
    same(MappedCorpus([MappedPairs(tmp_path / "corpus")]), load_corpus(recipe.files, recipe.tokenizers, 20)[0])


original = shards.encode_pairs


def test_shared_pairs_are_found_by_their_hash(recipe, tmp_path):
    corpus = MappedCorpus([MappedPairs(made(recipe, tmp_path))])
    pairs = read_pairs(recipe.files.src, recipe.files.tgt)
    others = [("x", "y"), pairs[0], pairs[20], ("", "")]
    assert corpus.shared(others) == 2 == overlap([pairs[i] for i in range(LINES) if i not in (3, 12, 31)], others)
    assert corpus.shared([("~", "~")]) == 0


def test_one_sided_pairs_are_refused_by_their_line(recipe, tmp_path):
    with pytest.raises(DataError, match=r"t:32: empty line, .*s:32 is not$"):
        write_shards(recipe._replace(refuse_empty=True), tmp_path / "work")


def test_nothing_left(recipe, tmp_path):
    with pytest.raises(DataError, match="each within max_length 0"):
        made(recipe._replace(max_length=0), tmp_path)


METAS = [b"[]", b"{}", b"{", b"[" * 100_000, b'{"sizes": 1, "types": {}, "report": {}, "fingerprint": ""}']


@pytest.mark.parametrize("content", METAS)
def test_a_damaged_description_is_seen(content, recipe, tmp_path):
    folder = made(recipe, tmp_path)
    (folder / "meta.json").write_bytes(content)
    with pytest.raises(
        DataError, match=r"meta\.json: missing or damaged; remove the folder .*/corpus, it is made again"
    ):
        MappedPairs(folder)


@pytest.mark.parametrize("begin", [-5, 10**6, 2**62])
def test_a_wrong_place_is_seen(begin, recipe, tmp_path):
    folder = made(recipe, tmp_path)
    with open(folder / "begins.bin", "r+b") as file:
        file.write(begin.to_bytes(8, "little", signed=True))
    with pytest.raises(DataError, match=r"begins\.bin or ids\.bin: missing or damaged; remove the folder"):
        MappedPairs(folder).side(0, 0)


def test_damage_is_seen(recipe, tmp_path):
    folder = made(recipe, tmp_path)
    os.truncate(folder / "lines.bin", 8)
    with pytest.raises(DataError, match=r"lines\.bin: missing or damaged; remove the folder"):
        MappedPairs(folder)
    shutil.rmtree(folder)
