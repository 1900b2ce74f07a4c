"""Comparing runs: two run folders written by hand, one of them with seeds beside it."""

import json
import math
import statistics

import pytest
import sacrebleu

from nmt.errors import CheckpointError, DataError, UserError
from nmt.evaluation import significance
from nmt.evaluation.significance import paired_bootstrap
from nmt.pipeline import comparison
from nmt.pipeline.comparison import compare_runs
from nmt.pipeline.seeds import parse_seeds, score_spreads, seed_runs
from nmt.report.comparison_table import markdown, table_cells

SOURCES = ["one two three", "one two three four five six", "one", "one two three four five six seven"]
REFERENCES = ["a b c d e", "f g h i j k", "l m n o", "p q r s t u"]
GOOD = ["a b c d e", "f g h i j x", "l m n o", "p q r s t u"]
POOR = ["a b c x e", "f g h x j x", "l m n o", "p q r x t x"]


@pytest.fixture
def texts(tmp_path):
    """Writes the test set and gives its entry in a config."""
    (tmp_path / "t.src").write_text("".join(f"{line}\n" for line in SOURCES), encoding="utf-8")
    (tmp_path / "t.tgt").write_text("".join(f"{line}\n" for line in REFERENCES), encoding="utf-8")
    return {"src": str(tmp_path / "t.src"), "tgt": str(tmp_path / "t.tgt")}


@pytest.fixture
def write(tmp_path, texts):
    """Writes a finished run folder: `write("a", GOOD, ppl=5.0)`."""

    def run(name, hypotheses, ppl=5.0, scores=None, tests=None, **config):
        folder = tmp_path / name
        (folder / "eval").mkdir(parents=True)
        (folder / "vocab").mkdir()
        (folder / "vocab/src.json").write_text("[]", encoding="utf-8")
        pair = {"src": "/x", "tgt": "/y"}
        data = {"train": pair, "valid": pair, "test": tests or {"t": texts}, "tokenizer": {"type": "word"}}
        whole = {"data": data, "train": {"max_steps": 4}, "evaluation": {"bleu_tokenize": "none"}, **config}
        (folder / "config.yaml").write_text(json.dumps(whole), encoding="utf-8")
        done = {"step": 4, "best_step": 2, "metric": "bleu", "best": ppl * 2, "seconds": 90.0, "parameters": 1234567}
        (folder / "done.json").write_text(json.dumps(done), encoding="utf-8")
        lines = [
            *(
                {"split": "train", "step": step, "loss": 1.0, "target_tokens_per_s": speed}
                for step, speed in ((1, 9), (2, 1000), (3, 1100))
            ),
            *(
                {"split": "valid", "step": step, "loss": 1.0, "bleu": 9.0, "ppl": value}
                for step, value in ((2, ppl), (4, 99.0))
            ),
        ]
        (folder / "metrics.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        if hypotheses is not None:
            (folder / "eval/t.hyp").write_text("".join(f"{line}\n" for line in hypotheses), encoding="utf-8")
            (folder / "eval/t.scores.json").write_text(json.dumps({"bleu": 1.0, **(scores or {})}), encoding="utf-8")
        return folder

    return run


def bleu(hypotheses):
    return sacrebleu.corpus_bleu(hypotheses, [REFERENCES], tokenize="none", force=True).score


def silent(message):
    raise AssertionError(message)


def test_two_runs(write):
    a, b = write("a", GOOD, scores={"aer": 0.25, "beam_size": 5}), write("b", POOR, ppl=6.0, scores={"beam_size": 5})
    (found,) = compare_runs([a, b], None, silent)
    assert (found.name, found.sentences, found.notes) == ("t", 4, [])
    assert found.signature.startswith("nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:none|smooth:exp|")
    first, second = found.rows
    assert (first.name, first.runs, second.name) == ("a", [str(a)], "b")
    assert (first.parameters, first.minutes, first.tokens_per_s) == (1234567, 1.5, 1000)
    assert (first.perplexity, second.perplexity, first.aer, second.aer) == (5.0, 6.0, 0.25, None)
    assert (first.bleu, second.bleu) == pytest.approx((bleu(GOOD), bleu(POOR)))
    assert (first.difference, first.p_value, first.bleu_deviation) == (None, None, None)
    assert second.difference == pytest.approx(bleu(POOR) - bleu(GOOD))
    _, estimates = paired_bootstrap("bleu", [GOOD, POOR], REFERENCES, "none")
    assert (first.bleu_half_width, second.bleu_half_width) == (estimates[0].half_width, estimates[1].half_width)
    assert second.p_value == estimates[1].p_value
    assert [(part["from"], part["to"], part["sentences"]) for part in second.bleu_by_length] == [(1, 5, 2), (6, 10, 2)]
    long = sacrebleu.corpus_bleu([POOR[1], POOR[3]], [[REFERENCES[1], REFERENCES[3]]], tokenize="none", force=True)
    assert second.bleu_by_length[1]["bleu"] == pytest.approx(long.score)


def test_the_table_by_hand(write):
    runs = [write("a", GOOD, scores={"aer": 0.25, "perplexity": 4.125}), write("b|c", GOOD, ppl=6.0)]
    (found,) = compare_runs(runs, "t", silent)
    titles, cells = table_cells(found.rows)
    score, half = f"{bleu(GOOD):.2f}", f"{found.rows[0].bleu_half_width:.2f}"
    assert titles == [
        *("run", "parameters", "minutes", "tokens/s", "valid ppl", "test ppl"),
        *("BLEU", "± 95 %", "AER %", "difference", "p"),
    ]
    assert cells == [
        ["a", "1,234,567", "1.5", "1,000", "5.00", "4.12", score, half, "25.00", "–", "–"],
        ["b|c", "1,234,567", "1.5", "1,000", "6.00", "–", score, half, "–", "+0.00", "1.0000"],
    ]
    lines = markdown(titles, cells).split("\n")
    assert lines[0].startswith("| run  | parameters | minutes |")
    assert lines[1].startswith("| ---- | ---------: | ------: |")
    assert lines[3].startswith("| b\\|c |  1,234,567 |     1.5 |")
    assert len({len(line) for line in lines}) == 1


def test_seeds_are_one_row(write, tmp_path):
    single = write("single", POOR)
    for seed, hypotheses in ((10, POOR), (2, GOOD)):
        write(
            f"group/seed-{seed}",
            hypotheses,
            ppl=float(seed),
            seed=seed,
            scores={"bleu": seed, "aer": 0.5, "perplexity": seed},
        )
    group = tmp_path / "group"
    assert [path.name for path in seed_runs(group)] == ["seed-2", "seed-10"]
    (found,) = compare_runs([single, group], None, silent)
    row = found.rows[1]
    assert (row.name, len(row.runs), row.aer, row.p_value) == ("group", 2, 0.5, None)
    assert (row.perplexity, row.test_perplexity) == (6.0, 6.0)
    assert row.bleu == pytest.approx((bleu(GOOD) + bleu(POOR)) / 2)
    assert row.bleu_deviation == pytest.approx((bleu(GOOD) - bleu(POOR)) / math.sqrt(2))
    assert row.difference == pytest.approx(row.bleu - bleu(POOR))
    short = sacrebleu.corpus_bleu([POOR[0], POOR[2]], [[REFERENCES[0], REFERENCES[2]]], tokenize="none", force=True)
    assert row.bleu_by_length[0]["bleu"] == pytest.approx((100 + short.score) / 2)
    assert found.notes == [
        "Rows of several seeds are means with the standard deviation between the seeds; "
        "a difference is tested only between single runs."
    ]
    assert table_cells(found.rows)[0][1] == "seeds"

    of_seeds = 6.0, pytest.approx(8 / math.sqrt(2))
    spreads = score_spreads(seed_runs(group))
    assert spreads == {
        "valid": {"BLEU": (12.0, pytest.approx(statistics.stdev([20, 4])))},
        "t": {"BLEU": of_seeds, "perplexity": of_seeds, "AER %": (50.0, 0.0)},
    }


def test_seeds_with_other_settings_are_no_group(write, tmp_path):
    write("group/seed-1", GOOD, seed=1)
    write("group/seed-2", GOOD, seed=2, threads=1)
    with pytest.raises(UserError, match="seed-2 and .*seed-1 differ in more than the seed; name the runs one by one$"):
        compare_runs([tmp_path / "group"], None, silent)


def test_what_does_not_compare_is_noted(write):
    a, b = write("x/a", GOOD, scores={"beam_size": 5}), write("y/a", POOR, scores={"beam_size": 1})
    (b / "vocab/src.json").write_text('["w"]', encoding="utf-8")
    (found,) = compare_runs([a, b], None, silent)
    assert [row.name for row in found.rows] == [str(a), str(b)]
    assert found.notes == [
        "The vocabularies differ, so the perplexities count different pieces and do not compare.",
        "The translations were found by different searches: beam_size 5, 1.",
    ]


def test_a_large_set_says_that_it_is_not_resampled(write, monkeypatch):
    for module in (comparison, significance):
        monkeypatch.setattr(module, "MOST_SENTENCES", 3)
    (found,) = compare_runs([write("a", GOOD), write("b", POOR)], None, silent)
    assert found.notes == ["A set of more than 3 sentences is not resampled: no intervals, no p."]
    assert {(row.bleu_half_width, row.p_value) for row in found.rows} == {(None, None)}


def test_what_differs_beside_the_model_is_noted(write, tmp_path, texts):
    def data(**changes):
        pair = {"src": "/x", "tgt": "/y"}
        return {"train": pair, "valid": pair, "test": {"t": texts}, "tokenizer": {"type": "word"}, **changes}

    def notes(other, first=None):
        (found,) = compare_runs([first or a, other], None, silent)
        return found.notes

    a, other = write("a", GOOD), {"src": "/z", "tgt": "/y"}
    assert notes(write("same", GOOD, search={"batch_sentences": 3}, seed=5)) == []
    assert notes(write("b", GOOD, data=data(train=other))) == [
        "The runs were trained on different text (data.train, data.mix)."
    ]
    assert notes(write("c", GOOD, data=data(valid=other))) == [
        "The validation sets differ, so their perplexities do not compare."
    ]
    assert notes(write("d", GOOD, train={"max_steps": 4, "max_epochs": 2})) == [
        "The budgets of training differ: max_epochs null, 2."
    ]
    assert notes(write("e", GOOD, search={"replace_unk": True, "length_penalty": {"type": "gnmt", "alpha": 0.25}})) == [
        "The translations were found by different searches: length_penalty.alpha 1.0, 0.25; replace_unk false, true."
    ]
    place = "The runs were trained in different places, so minutes and tokens/s do not compare: "
    f = write("f", GOOD, precision="fp32", threads=2)
    assert notes(f) == [f"{place}precision auto, fp32; threads null, 2."]
    assert notes(write("k", GOOD, kernels="off")) == [f"{place}kernels auto, off."]
    g = write("g", GOOD, precision="fp32", threads=2)
    for run, cores in ((f, 2), (g, 64)):
        (run / "env.json").write_text(json.dumps({"cores": cores, "threads": 2, "python": str(run)}), encoding="utf-8")
    assert notes(g, first=f) == [f"{place}cores 2, 64."]


def test_runs_that_are_refused(write, tmp_path, texts):
    a = write("a", GOOD)
    (tmp_path / "o.tgt").write_text("a b c d e\nf\nl m n o\np\n", encoding="utf-8")
    (tmp_path / "s.tgt").write_text("a b c d e\n", encoding="utf-8")
    (tmp_path / "s.src").write_text("one\n", encoding="utf-8")
    other = {"src": texts["src"], "tgt": str(tmp_path / "o.tgt")}
    short = {"src": str(tmp_path / "s.src"), "tgt": str(tmp_path / "s.tgt")}
    unfinished, damaged = write("unfinished", GOOD), write("damaged", GOOD)
    (unfinished / "done.json").unlink()
    (damaged / "done.json").write_bytes(b"{}")
    wrong = [
        (write("tok", GOOD, evaluation={}), "evaluation.bleu_tokenize is 13a, none in {a}", UserError),
        (write("refs", GOOD, tests={"t": other}), "other references than in {a}, from line 2 on", UserError),
        (write("short", GOOD[:1], tests={"t": short}), "1 references, 4 in {a}", UserError),
        (write("none", GOOD, tests={"u": texts}), "no test set in common", UserError),
        (write("cut", GOOD[:3]), "has 3 lines for 4 references; translate them again with: nmt evaluate", DataError),
        (unfinished, "not finished (it has no done.json)", CheckpointError),
        (damaged, "done.json is damaged", CheckpointError),
        (tmp_path / "nowhere", "no checkpoint here (looked for checkpoints/step-*/)", CheckpointError),
    ]
    for run, problem, kind in wrong:
        with pytest.raises(kind) as caught:
            compare_runs([a, run], None, silent)
        assert problem.format(a=a) in str(caught.value)
        assert str(run) in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(UserError, match="none has no test set t$"):
        compare_runs([a, tmp_path / "none"], "t", silent)
    with pytest.raises(UserError, match="a has no test set tt; did you mean 't'?"):
        compare_runs([a], "tt", silent)


def test_seeds_of_the_command_line():
    assert parse_seeds("1, 2,30") == [1, 2, 30]
    for text in ("", "1,", "a", "-1", "1 2", "1.5", "١", "9" * 30):
        with pytest.raises(UserError, match="expected numbers with commas between them, such as 1,2,3$"):
            parse_seeds(text)
    with pytest.raises(UserError, match="--seeds 1,2,01: a seed stands there twice$"):
        parse_seeds("1,2,01")
