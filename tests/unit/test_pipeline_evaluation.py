"""Scores of test sets: what is computed, what is written."""

import json
import math
from pathlib import Path

import pytest

from nmt.alignment.gold import GoldFile
from nmt.commands.score_lines import detail_lines
from nmt.data.config import TestFiles
from nmt.errors import DataError
from nmt.evaluation.config import EvaluationConfig
from nmt.pipeline.evaluation import SetResult, check_gold, gold_of, write_evaluation
from nmt.pipeline.reporting import next_commands
from nmt.pipeline.scoring import Baseline, Texts, score_texts
from nmt.text.tokenizers.tokenizer import Pieces
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import Vocab
from nmt.translator import Translation

NOTHING = Pieces([], [], [], [])


def test_scores_of_texts():
    config = EvaluationConfig(bleu_tokenize="none")
    scores = score_texts(Texts(["a b c d", "a b c"], ["a b c d", "a b c e"]), config)
    names = {"bleu", "signature", "chrf", "chrf_signature", "ter", "ter_signature", "confidence", "sentences"}
    assert scores.keys() == names | {"brevity_penalty", "length_ratio", "hypothesis_length", "reference_length"}
    assert (scores["sentences"], scores["hypothesis_length"], scores["reference_length"]) == (2, 7, 8)
    assert (scores["length_ratio"], scores["brevity_penalty"]) == pytest.approx((7 / 8, math.exp(1 - 8 / 7)))
    assert (scores["bleu"], scores["ter"]) == pytest.approx((100 * math.exp(1 - 8 / 7), 100 * 1 / 8))
    assert "tok:none" in scores["signature"] and "|bs:1000|" not in scores["signature"]
    assert "|bs:1000|" in scores["confidence"]["bleu"]["signature"]
    json.dumps(scores)


def test_scores_of_texts_with_sources():
    texts = Texts(["a b c d"] * 2, ["a b c d", "a b c e"], ["x", "x y z x y z"], [(0, 0), (2, 1)])
    scores = score_texts(texts, EvaluationConfig())
    assert [(row["from"], row["to"], row["sentences"]) for row in scores["bleu_by_length"]] == [(1, 5, 1), (6, 10, 1)]
    assert [(row["from"], row["sentences"]) for row in scores["bleu_by_unknown"]] == [(0, 1), (2, 1)]
    assert scores["no_unk"] == {"sentences": 1, "bleu": pytest.approx(100)}
    assert scores["unknown_words"] == {"source": 2, "reference": 1}


def test_scores_against_a_baseline():
    references = ["a b c d e f", "g h i j k l", "m n o p q r", "s t u v w x"] * 5
    mine = ["a b c d e f", "g h i j k l", "m n o p x x", "s t u v w x"] * 5
    theirs = ["a b c d x x", "g h i j k x", "m n o p x x", "s t u v w x"] * 5
    config = EvaluationConfig(bleu_tokenize="none")
    scores = score_texts(Texts(mine, references), config, Baseline("other", theirs))
    alone, other = (score_texts(Texts(texts, references), config) for texts in (mine, theirs))
    against = scores.pop("baseline")
    assert scores == alone
    assert against.pop("run") == "other"
    for metric, found in against.items():
        assert found["score"] == pytest.approx(other[metric])
        assert found["difference"] == pytest.approx(alone[metric] - other[metric])
        assert found["p_value"] < 0.05
    assert [math.copysign(1, against[metric]["difference"]) for metric in ("bleu", "chrf", "ter")] == [1, 1, -1]


def test_nothing_at_all_in_the_references():
    scores = score_texts(Texts(["a"], [""]), EvaluationConfig())
    assert (scores["length_ratio"], scores["bleu"]) == (None, 0)
    assert "length ratio undefined (1 of 0 tokens)" in detail_lines({"t": scores})[0]


def test_what_is_written(tmp_path):
    texts = ["ein Haus", "", "漢字"]
    result = SetResult([Translation(NOTHING, NOTHING, text, 0.0, 0.0, None) for text in texts], {"bleu": 12.5})
    write_evaluation(tmp_path, "test.2016", result)
    assert (tmp_path / "eval/test.2016.hyp").read_bytes() == "ein Haus\n\n漢字\n".encode()
    assert json.loads((tmp_path / "eval/test.2016.scores.json").read_bytes()) == {"bleu": 12.5}
    assert len(list((tmp_path / "eval").iterdir())) == 2


def test_gold_links_of_a_set(tmp_path):
    gold = tmp_path / "gold"
    assert gold_of(TestFiles(src="a", tgt="b")) is None
    for text, base in ((b"0-0 1?2\n\n", None), (b"1-1 2?3\n\n", 1), (b"1 1 1 S\n1 2 3 P\n2 1 1 P\n", None)):
        gold.write_bytes(text)
        found = gold_of(TestFiles(src="a", tgt="b", align=str(gold), align_base=base))
        assert found is not None and (found[0].sure, found[0].possible) == ({(0, 0)}, {(0, 0), (1, 2)})
    gold.write_bytes(b"1-1 2?3\n\n")
    with pytest.raises(
        DataError, match=r"gold: no link holds a 0, .*; say by align_base whether it counts from 0 or 1"
    ):
        gold_of(TestFiles(src="a", tgt="b", align=str(gold)))
    with pytest.raises(ValueError, match="align_base is of the links in align; give both or neither"):
        TestFiles(src="a", tgt="b", align_base=1)
    gold.write_bytes(b"0-0\nzero\n")
    with pytest.raises(DataError, match=r"gold:2: 'zero' is not a link"):
        gold_of(TestFiles(src="a", tgt="b", align=str(gold)))


def test_gold_links_fit_the_words_that_the_tokenizers_count(tmp_path):
    (tmp_path / "gold").write_bytes(b"0-0 2-1\n\n")
    gold = GoldFile(tmp_path / "gold")
    cut, whole = (Word(Word.Config(split_punctuation=split), Vocab([])) for split in (True, False))
    check_gold(gold, [("no, no", "nein nein"), ("", "")], (cut, whole))
    with pytest.raises(DataError, match="sentence 1 has a link 2-1, counted from 0, but 2 source and 2 target words"):
        check_gold(gold, [("no, no", "nein nein"), ("", "")], (whole, whole))
    with pytest.raises(DataError, match=r"gold has 2 sentences for 1 sentence pairs; line n must be sentence n$"):
        check_gold(gold, [("no, no", "nein nein")], (cut, whole))


def test_next_commands():
    plain, full = next_commands(Path("runs/a"), False), next_commands(Path("runs/a"), True)
    assert plain[0] == full[0] == "nmt translate runs/a < input.txt > output.txt"
    assert [command.split()[1] for command in full] == ["translate", "align-export", "evaluate", "info"]
    assert [command.split()[1] for command in plain] == ["translate", "evaluate", "info"]
