"""`nmt check`: what is in the text, what training will cost, and that nothing else happens."""

import json
import re

import pytest


@pytest.fixture
def check(nmt, tiny, tree):
    """Calls `nmt check` on the config; nothing may be written."""

    def call(*flags):
        before = tree(tiny.folder)
        result = nmt("check", "--config", tiny.config, *flags)
        assert tree(tiny.folder) == before
        return result

    return call


def test_report_for_people(check, tiny):
    result = check()
    assert (result.code, result.err) == (0, "")
    train, valid, test = (index for index, line in enumerate(result.lines) if " kept, " in line)
    assert re.fullmatch(r"train: 200 pairs, 200 kept, \d+ duplicates", result.lines[train])
    assert result.lines[valid].startswith("valid: 6 pairs, 6 kept, ")
    assert result.lines[test].startswith("test.test: 8 pairs, 8 kept, ")
    side = re.escape(f"train: {tiny.text('train.en')}: ") + r"\d+\.\d pieces a line, at most \d+, \d+\.\d\d% unknown"
    assert any(re.fullmatch(side, line) for line in result.lines)
    memory, time = result.lines[-2:]
    parameters = r"1\d,\d\d\d parameters, largest batch 20 x \d+ tokens"
    assert re.fullmatch(rf"memory: \d+ MB, {parameters}", memory)
    assert re.fullmatch(r"time: 10 updates an epoch, 0:00:\d\d; 6\.0 epochs 0:\d\d:\d\d; without validation", time)


def test_report_as_json_is_that_of_training(check, tiny):
    result = check("--json")
    (line,) = result.lines
    found = json.loads(line)
    assert found["sets"] == json.loads((tiny.run / "data_report.json").read_bytes())
    estimate = found["estimate"]
    assert estimate["updates"] == 10 and estimate["epochs"] == 6
    assert estimate["seconds"] > 0 and estimate["memory_bytes"] > 1e7
    assert estimate["largest_batch"][0] == 20


@pytest.mark.parametrize(
    ("flags", "updates", "epochs"),
    [
        (["train.accumulate=3"], 4, 15.0),
        (["train.max_epochs=2"], 10, 2.0),
        (["train.max_steps=null", "train.max_minutes=5"], 10, None),
        (["data.batching={max_tokens: 100000}", "train.max_steps=5"], 1, 5.0),
    ],
)
def test_how_long_a_training_is(check, flags, updates, epochs):
    estimate = json.loads(check("--json", *(f"--set={flag}" for flag in flags)).out)["estimate"]
    assert (estimate["updates"], estimate["epochs"]) == (updates, epochs)


def test_a_guided_training_is_estimated_with_its_head(check, monkeypatch):
    monkeypatch.setattr("nmt.pipeline.guidance.align", None)
    plain = json.loads(check("--json").out)["estimate"]
    flags = "--set=train.guided_alignment={}", "--set=model.alignment_head={dim: 16}"
    guided = json.loads(check("--json", *flags).out)["estimate"]
    assert guided["updates"] == plain["updates"]
    assert guided["parameters"] > plain["parameters"]
    monkeypatch.setattr("nmt.models.seq2seq.guidance_loss", lambda *loss: float("nan"))
    assert "loss is nan" in check(*flags).err


def test_too_little_memory_is_said_before_training(check, monkeypatch):
    def fail(*arguments):
        raise MemoryError

    monkeypatch.setattr("nmt.training.learner.Learner._backward", fail)
    result = check()
    assert (result.code, result.out) == (1, b"")
    assert re.fullmatch(
        r"nmt: error: out of memory at step 1: batch of 20 x \d+ tokens; lower data.batching or data.max_length\n",
        result.err,
    )


def test_warnings_and_suspicious_pairs(nmt, tiny, tmp_path):
    lines = tiny.text("train.en").read_bytes().split(b"\n")[:-1]
    german = tiny.text("train.de").read_bytes().split(b"\n")[:-1]
    lines[3], lines[9], lines[10:17] = german[3], b"In 1999 .", [b""] * 7
    (tmp_path / "a").write_bytes(b"".join(line + b"\n" for line in lines))
    command = ("check", "--source", tmp_path / "a", "--target", tiny.text("train.de"))
    result = nmt(*command)
    assert (result.code, result.err) == (0, "")
    assert "text: skipped: empty_src 7 (lines 11, 12, 13, 14, 15, ...)" in result.lines
    assert "text: suspicious: copy 1 (lines 4); other_numbers 1 (lines 10)" in result.lines
    warning = f"{tmp_path / 'a'}: 7 of 200 pairs skipped (3.5%): empty_src 7"
    assert result.lines[-1] == f"warning: {warning}"
    strict = nmt(*command, "--strict")
    assert (strict.code, strict.out, strict.err) == (2, result.out, f"nmt: error: {warning}\n")


def test_strict_without_warnings(nmt, tiny):
    result = nmt("check", "--strict", "--source", tiny.text("dev.en"), "--target", tiny.text("dev.de"))
    assert (result.code, result.err) == (0, "")


def test_hidden_characters_of_names_are_shown(nmt, tiny, tmp_path):
    odd = tmp_path / "a\u202e\x1b[2J"
    odd.write_bytes(tiny.text("dev.en").read_bytes())
    for flag in ([], ["--json"]):
        result = nmt("check", "--source", odd, "--target", tiny.text("dev.de"), *flag)
        assert result.code == 0
        assert b"\\u202e" in result.out and b"\x1b" not in result.out
    assert json.loads(result.out)["sets"]["text"]["src"]["path"] == str(odd)
