"""`nmt lexicon`, and `nmt translate` with what it wrote."""

import json
from collections import Counter

import pytest

HEADER = ["source", "target", "count", "share"]


def rows(path):
    *lines, rest = path.read_text(encoding="utf-8").split("\n")
    assert rest == ""
    return [line.split("\t") for line in lines]


def counted(nmt, tiny, folder, *flags):
    """(source, target) of every link of the training text, from what align-export writes."""
    sides = ["--source", tiny.text("train.en"), "--target", tiny.text("train.de")]
    result = nmt("align-export", tiny.run, *sides, "--format", "tsv", *flags, "-o", folder / "links")
    assert result.code == 0, result.err
    return Counter((row[4], row[5]) for row in rows(folder / "links.tsv")[1:])


def test_what_the_exported_links_of_the_training_text_say(nmt, tiny, tmp_path):
    path = tmp_path / "lexicon.tsv"
    result = nmt("lexicon", tiny.run, "-o", path, "--min-share", 0)
    assert (result.code, result.out) == (0, b"")
    header, *found = rows(path)
    assert header == HEADER
    assert result.err == f"wrote {path}: {len(found)} translations of {len({row[0] for row in found})} words\n"
    counts = counted(nmt, tiny, tmp_path)
    assert {(src, tgt): int(count) for src, tgt, count, _ in found} == counts
    assert sum(counts.values()) > 1000
    totals = Counter()
    for (src, _), count in counts.items():
        totals[src] += count
    assert all(share == f"{int(count) / totals[src]:.4f}" for src, _, count, share in found)
    keys = [(src, -int(count), tgt) for src, tgt, count, _ in found]
    assert keys == sorted(keys)


def test_choices(nmt, tiny, tmp_path):
    sides = ["--source", tiny.text("train.en"), "--target", tiny.text("train.de")]
    flags = ["--method", "threshold=0.3", "--min-count", 3, "--min-share", 0.2]
    path = tmp_path / "lexicon.tsv"
    assert nmt("lexicon", tiny.run, *sides, *flags, "-o", path).code == 0
    counts = counted(nmt, tiny, tmp_path, "--method", "threshold=0.3")
    totals = Counter()
    for (src, _), count in counts.items():
        totals[src] += count
    expected = {pair for pair, count in counts.items() if count >= 3 and count / totals[pair[0]] >= 0.2}
    assert expected
    assert {(row[0], row[1]) for row in rows(path)[1:]} == expected < set(counts)


def test_unknown_words_are_looked_up(nmt, tiny, tmp_path):
    """The tiny vocabulary has hardly any word: what was copied before is now what the lexicon says."""

    def words(*flags):
        result = nmt("translate", tiny.run, "--input", tiny.text("test.en"), "--json", *flags)
        assert result.code == 0, result.err
        return [word for line in result.lines for word in json.loads(line)["hyp_tokens"]]

    plain, copied = words(), words("--replace-unk")
    assert plain == words("--no-replace-unk")
    unknown = {word for old, word in zip(plain, copied, strict=True) if old != word}
    assert len(unknown) > 2
    others = words("--forbid-unk")
    assert not {"<unk>", "⁇"} & set(others)
    assert {"<unk>", "⁇"} & set(plain)
    lexicon = tmp_path / "own"
    lexicon.write_text("".join(f"{word}\tZ{word}Z\n" for word in sorted(unknown)), encoding="utf-8")
    assert words("--replace-unk", "--lexicon", lexicon) == [
        word if old == word else f"Z{word}Z" for old, word in zip(plain, copied, strict=True)
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["translate", "$run", "--lexicon", "own"], "--lexicon: only with --replace-unk, or search.replace_unk in the"),
        (["translate", "$run", "--replace-unk", "--lexicon", "none"], "none: no such file"),
        (["translate", "$run", "--replace-unk", "--lexicon", "own"], "own:1: expected a source and a target word with"),
        (["translate", "$run", "--replace-unk", "--forbid-unk"], "--replace-unk: nothing to replace, --forbid-unk"),
        (["translate", "$plain", "--replace-unk"], "--replace-unk: $plain has no attention"),
        (["lexicon", "$plain", "-o", "x"], "this model has no attention, so it has no alignments"),
        (["lexicon", "$run", "--source", "own", "-o", "x"], "--source and --target: give both or neither"),
        (
            ["lexicon", "$run", "--method", "agreement=0.4", "-o", "x"],
            "--method agreement=0.4: only with --reverse RUN2",
        ),
        (["lexicon", "$run", "--method", "best", "-o", "x"], "link method 'best' is unknown"),
        (["lexicon", "$run", "-o", "none/x"], "none/x: cannot be written"),
    ],
)
def test_mistakes(nmt, tiny, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").write_bytes(b"dog Hund\n")
    places = {"$run": str(tiny.run), "$plain": str(tiny.plain)}
    result = nmt(*(places.get(argument, argument) for argument in arguments), stdin=b"I sleep .\n")
    assert (result.code, result.out) == (2, b"")
    assert message.replace("$plain", str(tiny.plain)) in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["own"]
