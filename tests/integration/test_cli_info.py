"""`nmt info`: facts about a run."""

import json

import pytest
from safetensors import safe_open


def test_facts(nmt, tiny):
    result = nmt("info", tiny.run)
    assert (result.code, result.err) == (0, "")
    facts = dict(line.split("  ", 1) for line in result.lines)
    facts = {name.strip(): value.strip() for name, value in facts.items()}
    with safe_open(tiny.run / "checkpoints/best/model.safetensors", "pt") as weights:
        sizes = [weights.get_tensor(name).numel() for name in weights.keys()]
    assert facts["run"] == str(tiny.run)
    assert facts["model"] == "rnn encoder, bahdanau decoder"
    assert facts["languages"] == "en to de"
    assert facts["parameters"] == str(sum(sizes))
    assert facts["tokenizer"] == "word"
    assert (facts["step"], facts["epoch"]) == ("60", "6")
    assert facts["best checkpoint"] == (tiny.run / "checkpoints/best").readlink().name
    assert facts["finished"] == "True"
    scores = json.loads((tiny.run / "eval/test.scores.json").read_bytes())
    assert facts["test BLEU"] == f"{scores['bleu']:.2f} {scores['signature']}"


def test_json_tells_the_same(nmt, tiny):
    facts = json.loads(nmt("info", tiny.run, "--json").out)
    width = max(map(len, facts))
    assert nmt("info", tiny.run).lines == [f"{name.ljust(width)}  {value}" for name, value in facts.items()]


@pytest.mark.parametrize("name", ["plain", "subwords"])
def test_runs_without_test_sets(nmt, tiny, name):
    facts = json.loads(nmt("info", getattr(tiny, name), "--json").out)
    assert facts["finished"] is True
    assert not any("test" in key for key in facts)
