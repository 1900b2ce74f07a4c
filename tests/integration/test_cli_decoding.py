"""Ensembles, averaged checkpoints, sampling and prefixes on the command line."""

import json
import shutil

import pytest


def encoded(lines):
    return "".join(f"{line}\n" for line in lines).encode()


@pytest.fixture(scope="module")
def source(tiny):
    return tiny.text("test.en").read_text(encoding="utf-8").split("\n")[:-1]


@pytest.fixture
def averaged(nmt, tiny, tmp_path):
    """A copy of the run with an average of its two checkpoints."""
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    assert nmt("average", tmp_path / "run").code == 0
    return tmp_path / "run"


def objects(result):
    assert result.code == 0, result.err
    return [json.loads(line) for line in result.lines]


def test_average_says_what_it_did(nmt, tiny, tmp_path, source):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    result = nmt("average", tmp_path / "run", "--last", 2)
    path = tmp_path / "run/checkpoints/average"
    assert (result.code, result.out) == (0, b"")
    assert result.err == (
        f"{path}: mean of the weights of steps 40, 60\n"
        f"next: nmt translate {tmp_path / 'run'} --checkpoint average < input.txt > output.txt\n"
    )
    found = {
        name: objects(nmt("translate", tmp_path / "run", "--checkpoint", name, "--json", stdin=encoded(source)))
        for name in ("40", "60", "average")
    }
    scores = {name: [item["score"] for item in items] for name, items in found.items()}
    assert scores["average"] != scores["40"] and scores["average"] != scores["60"]


def test_the_average_of_one_checkpoint_is_that_checkpoint(nmt, tiny, tmp_path, source):
    shutil.copytree(tiny.run, tmp_path / "run", symlinks=True)
    assert nmt("average", tmp_path / "run", "--best", 1).code == 0
    outputs = [
        nmt("translate", tmp_path / "run", "--checkpoint", name, "--json", stdin=encoded(source))
        for name in ("average", "best")
    ]
    assert outputs[0] == outputs[1]


def test_training_goes_on_beside_an_average(nmt, averaged, tiny):
    result = nmt("train", "--config", tiny.config, "--run", averaged)
    assert result.code == 0, result.err
    assert nmt("translate", averaged, "--checkpoint", "average", stdin=b"I sleep .\n").code == 0


def test_a_run_with_itself_is_the_run(nmt, tiny, source):
    alone = objects(nmt("translate", tiny.run, "--json", stdin=encoded(source)))
    twice = objects(nmt("translate", tiny.run, "--ensemble", tiny.run, "--json", stdin=encoded(source)))
    for item, other in zip(twice, alone, strict=True):
        assert item.pop("score") == pytest.approx(other.pop("score"), abs=1e-5)
        assert item.pop("logprob") == pytest.approx(other.pop("logprob"), abs=1e-5)
        assert item == other


def test_an_ensemble_of_two_kinds(nmt, tiny, source):
    """The second one, hardly trained and without attention, changes the scores and has no share in the links."""
    both = objects(nmt("translate", tiny.run, "--ensemble", tiny.plain, "--json", stdin=encoded(source)))
    alone = objects(nmt("translate", tiny.run, "--json", stdin=encoded(source)))
    assert [item["score"] for item in both] != [item["score"] for item in alone]
    assert all(item["links"] for item in both)
    turned = objects(nmt("translate", tiny.plain, "--ensemble", tiny.run, "--beam", 2, "--json", stdin=encoded(source)))
    assert all("links" in item for item in turned)


def test_alignments_of_an_ensemble(nmt, tiny, tmp_path):
    """Forced, those of its one member with attention; searched, those of its own translations."""
    src, tgt = tiny.text("test.en"), tiny.text("test.de")
    ensemble = ("--ensemble", tiny.plain)
    for name, flags in (("alone", ()), ("both", ensemble)):
        result = nmt(
            *("align-export", tiny.run, "--source", src, "--target", tgt, *flags),
            *("--format", "jsonl", "-o", tmp_path / name),
        )
        assert result.code == 0, result.err
    alone, both = (
        [json.loads(line) for line in (tmp_path / f"{name}.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
        for name in ("alone", "both")
    )
    assert [item.pop("score") for item in alone] != [item.pop("score") for item in both]
    assert alone == both

    assert nmt("align-export", tiny.run, "--source", src, *ensemble, "-o", tmp_path / "own").code == 0
    translated = objects(nmt("translate", tiny.run, *ensemble, "--json", "--input", src))
    links = [" ".join(f"{s}-{t}" for s, t in item["links"]) for item in translated]
    assert (tmp_path / "own.pharaoh").read_text(encoding="utf-8") == "".join(f"{line}\n" for line in links)


def test_samples_are_those_of_the_seed(nmt, tiny, source):
    def drawn(*flags, lines=source):
        result = nmt("translate", tiny.run, "--sample", *flags, stdin=encoded(lines))
        assert (result.code, result.err) == (0, "")
        return result.lines

    first = drawn()
    assert len(first) == len(source)
    assert drawn("--seed", 1, "--temperature", 1, "--top-p", 1) == first
    assert drawn("--seed", 2) != first
    assert drawn("--temperature", 3) != first
    assert drawn(lines=["", *source[1:4]]) == ["", *first[1:4]]


def test_truncated_to_one_piece_sampling_is_greedy(nmt, tiny, source):
    greedy = nmt("translate", tiny.run, "--beam", 1, stdin=encoded(source)).lines
    for flags in (("--top-k", 1), ("--top-p", 1e-9)):
        assert nmt("translate", tiny.run, "--sample", *flags, stdin=encoded(source)).lines == greedy


def test_n_samples(nmt, tiny, source):
    """More of them than the beam of the config; the first is the one of a single sample; links fit each."""
    single = nmt("translate", tiny.run, "--sample", stdin=encoded(source)).lines
    found = objects(nmt("translate", tiny.run, "--sample", "--nbest", 7, "--json", stdin=encoded(source)))
    assert [item["id"] for item in found] == [number for number in range(len(source)) for _ in range(7)]
    assert [item["hyp"] for item in found[::7]] == single
    assert len({item["hyp"] for item in found[:7]}) > 2
    for item in found:
        assert item["score"] == item["logprob"] < 0
        assert all(0 <= s < len(item["src_tokens"]) and 0 <= t < len(item["hyp_tokens"]) for s, t in item["links"])


def test_translations_begin_with_their_prefix(nmt, tiny, source, tmp_path):
    prefixes = ["Der", "", "Xyzzy naïve ,", "  ", "Die Frau die Frau die Frau die Frau", "", "Ein", "er"]
    (tmp_path / "prefixes").write_bytes(encoded(prefixes))
    free = objects(nmt("translate", tiny.run, "--json", stdin=encoded(source)))
    flags = ("--prefix-file", tmp_path / "prefixes", "--json")
    found = objects(nmt("translate", tiny.run, *flags, stdin=encoded(source)))
    for prefix, item, other in zip(prefixes, found, free, strict=True):
        words = prefix.split()
        assert item["hyp_tokens"][: len(words)] == words
        assert {t for _, t in item["links"]} >= set(range(len(words)))
        if not words:
            assert item == other | {key: pytest.approx(other[key], abs=1e-5) for key in ("score", "logprob")}
    assert found[2]["hyp"].startswith("Xyzzy naïve, ")
    for item in objects(nmt("translate", tiny.run, *flags, "--sample", stdin=encoded(source))):
        words = prefixes[item["id"]].split()
        assert item["hyp_tokens"][: len(words)] == words


def test_a_prefix_of_subwords(nmt, tiny, source, tmp_path):
    (tmp_path / "prefixes").write_bytes(encoded(["Die Frau", "Der alte 漢字 Ma", *[""] * 6]))
    found = nmt("translate", tiny.subwords, "--prefix-file", tmp_path / "prefixes", stdin=encoded(source)).lines
    assert found[0].startswith("Die Frau")
    assert found[1].startswith("Der alte 漢字 Ma")


def test_line_n_of_the_prefixes_is_for_line_n(nmt, tiny, tmp_path):
    """Empty lines of the source count, and stay empty."""
    (tmp_path / "prefixes").write_bytes(b"Der\nDie\n\r\nEin")
    flags = ("--prefix-file", tmp_path / "prefixes")
    found = nmt("translate", tiny.run, *flags, stdin=b"I sleep .\n\nI sleep .\nI sleep .\n").lines
    assert (found[0].split()[0], found[1], found[3].split()[0]) == ("Der", "", "Ein")


def test_scores_of_an_ensemble_are_printed_and_not_stored(nmt, tiny, tree, tmp_path):
    """BLEU is that of its translations, AER that of its one member with attention; the run keeps its own scores."""
    before = tree(tiny.folder)
    scores = objects(nmt("evaluate", tiny.run, "--ensemble", tiny.plain, "--json"))[0]["test"]
    assert tree(tiny.folder) == before
    translated = nmt("translate", tiny.run, "--ensemble", tiny.plain, "--input", tiny.text("test.en"))
    (tmp_path / "hyp").write_bytes(translated.out)
    of_file = objects(nmt("evaluate", tmp_path / "hyp", "--ref", tiny.text("test.de"), "--json"))[0]["hyp"]
    assert scores["bleu"] == of_file["bleu"]
    assert scores["aer"] == json.loads((tiny.run / "eval/test.scores.json").read_bytes())["aer"]


def test_8_bit_products_change_scores_a_little(nmt, tiny, source):
    exact, found = (
        objects(nmt("translate", tiny.run, "--json", *flags, stdin=encoded(source))) for flags in ([], ["--int8"])
    )
    assert [one["src"] for one in found] == [one["src"] for one in exact]
    assert sum(one["hyp"] == other["hyp"] for one, other in zip(found, exact, strict=True)) >= len(source) // 2
    differences = [abs(one["logprob"] - other["logprob"]) for one, other in zip(found, exact, strict=True)]
    assert 1e-4 < sum(differences) / len(source) < 0.5
