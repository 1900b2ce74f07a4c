"""Scores of test sets: what is computed, what is written."""

import json
from pathlib import Path

import pytest

from nmt.errors import DataError
from nmt.evaluation.config import EvaluationConfig
from nmt.pipeline.evaluation import SetResult, read_gold_links, score_texts, write_evaluation
from nmt.pipeline.reporting import next_commands
from nmt.text.tokenizers.tokenizer import Pieces
from nmt.translator import Translation

NOTHING = Pieces([], [], [], [])


def test_scores_of_texts():
    scores = score_texts(None, ["a b c d"], ["a b c d"], EvaluationConfig(bleu_tokenize="none"))
    assert scores.keys() == {"sentences", "bleu", "signature", "chrf", "chrf_signature"}
    assert scores["sentences"] == 1
    assert (scores["bleu"], scores["chrf"]) == pytest.approx((100, 100))
    assert "tok:none" in scores["signature"]
    with_sources = score_texts(["x"], ["a b c d"], ["a b c d"], EvaluationConfig())
    assert [(row["from"], row["to"], row["sentences"]) for row in with_sources["bleu_by_length"]] == [(1, 5, 1)]


def test_what_is_written(tmp_path):
    texts = ["ein Haus", "", "漢字"]
    result = SetResult([Translation(NOTHING, NOTHING, text, 0.0, 0.0, None) for text in texts], {"bleu": 12.5})
    write_evaluation(tmp_path, "test.2016", result)
    assert (tmp_path / "eval/test.2016.hyp").read_bytes() == "ein Haus\n\n漢字\n".encode()
    assert json.loads((tmp_path / "eval/test.2016.scores.json").read_bytes()) == {"bleu": 12.5}
    assert len(list((tmp_path / "eval").iterdir())) == 2


def test_gold_links(tmp_path):
    gold = tmp_path / "gold"
    gold.write_bytes(b"0-0 1?2\n\n")
    first, second = read_gold_links(gold, 2)
    assert (first.sure, first.possible) == ({(0, 0)}, {(0, 0), (1, 2)})
    assert not second.possible
    with pytest.raises(DataError, match=r"gold has 2 lines for 3 sentence pairs; line n must be pair n$"):
        read_gold_links(gold, 3)
    gold.write_bytes(b"0-0\nzero\n")
    with pytest.raises(DataError, match=r"gold:2: 'zero' is not a link"):
        read_gold_links(gold, 2)


def test_next_commands():
    plain, full = next_commands(Path("runs/a"), False), next_commands(Path("runs/a"), True)
    assert plain[0] == full[0] == "nmt translate runs/a < input.txt > output.txt"
    assert [command.split()[1] for command in full] == ["translate", "align-export", "evaluate", "info"]
    assert [command.split()[1] for command in plain] == ["translate", "evaluate", "info"]
