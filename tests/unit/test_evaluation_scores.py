"""BLEU, chrF and TER: by hand, and as sacreBLEU's own command gives them."""

import gc
import json
import math
import subprocess
import sys

import pytest

from nmt.config.experiment import Experiment
from nmt.errors import DataError
from nmt.evaluation.config import BLEU_TOKENIZERS, EvaluationConfig
from nmt.evaluation.scores import bleu, chrf, ter

HYPOTHESES = [
    "The old man sees the dog.",
    "A child gave the small book to the woman , didn't it?",
    "",
    "das ist nicht richtig & zu Ende",
    "Das Haus steht am See.",
]
REFERENCES = [
    "The old man saw the dog.",
    "The child gave the woman the small book, didn't it?",
    "nothing",
    "Das ist nicht richtig, und zu Ende",
    "Das Haus steht am See.",
]


def precisions(hypotheses, references):
    """Clipped n-gram matches and n-grams of whitespace tokens, orders 1 to 4."""
    found = []
    for order in range(1, 5):
        matches = total = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            grams = [
                [tuple(words[i : i + order]) for i in range(len(words) - order + 1)]
                for words in (hypothesis.split(), reference.split())
            ]
            total += len(grams[0])
            matches += sum(min(grams[0].count(gram), grams[1].count(gram)) for gram in set(grams[0]))
        found.append((matches, total))
    return found


def test_bleu_by_its_definition():
    expected = 1.0
    for matches, total in precisions(HYPOTHESES, REFERENCES):
        expected *= (matches / total) ** 0.25
    hyp, ref = (sum(len(line.split()) for line in lines) for lines in (HYPOTHESES, REFERENCES))
    assert (hyp, ref) == (30, 29)
    assert bleu(HYPOTHESES, REFERENCES, "none").value == pytest.approx(100 * expected, abs=1e-9)


def test_brevity_penalty_and_clipping_by_hand():
    # "the" is counted twice at most; 4 words for 6
    score = bleu(["the the the cat"], ["the cat ate the fat mouse"], "none").value
    smoothed = (3 / 4) * (1 / 3) * (0.5 / 2) * (0.25 / 1)
    assert score == pytest.approx(100 * math.exp(1 - 6 / 4) * smoothed**0.25, abs=1e-9)


@pytest.mark.parametrize(
    ("tokenize", "flags"),
    [("13a", ["--ter-normalized"]), ("none", []), ("zh", ["--ter-normalized", "--ter-asian-support"])],
)
def test_as_the_command_of_sacrebleu(tmp_path, tokenize, flags):
    for name, lines in (("hyp", HYPOTHESES), ("ref", REFERENCES)):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "sacrebleu", tmp_path / "ref", "-i", tmp_path / "hyp"]
    result = subprocess.run(
        [*command, "-m", "bleu", "chrf", "ter", "-tok", tokenize, "-w", "12", "--force", *flags],
        capture_output=True,
        timeout=60,
    )
    theirs = json.loads(result.stdout)
    ours = (
        bleu(HYPOTHESES, REFERENCES, tokenize),
        chrf(HYPOTHESES, REFERENCES),
        ter(HYPOTHESES, REFERENCES, tokenize),
    )
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.value == pytest.approx(other["score"], abs=1e-11)
        assert mine.signature == other["signature"]
    assert f"|tok:{tokenize}|" in ours[0].signature


def test_signatures_say_how():
    assert bleu(["a"], ["a"]).signature.startswith("nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")
    assert chrf(["a"], ["a"]).signature.startswith("nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.")


def test_case_counts():
    reference = "Das ist ein Haus ."
    assert bleu([reference.lower()], [reference]).value < bleu([reference], [reference]).value


def test_perfect_and_hopeless():
    lines = ["This is a long enough sentence .", "And here is one more of them ."]
    assert bleu(lines, lines).value == pytest.approx(100)
    assert chrf(lines, lines).value == pytest.approx(100)
    assert bleu([""], ["a b c d e"]).value == 0
    assert chrf([""], ["a b c d e"]).value == 0


def test_lengths_by_hand():
    # 4 words for 6, and more words than the reference
    short = bleu(["the the the cat"], ["the cat ate the fat mouse"], "none")
    assert (short.hypothesis_length, short.reference_length) == (4, 6)
    assert short.brevity_penalty == pytest.approx(math.exp(1 - 6 / 4))
    assert bleu(["a b c d e"], ["a b c d"], "none").brevity_penalty == 1


def test_ter_by_hand():
    # "c d" is shifted behind "b" (1 edit), "x" is deleted (1 edit); 5 words of the reference
    assert ter(["a c d b x e"], ["a b c d e"]).value == pytest.approx(100 * 2 / 5)
    assert ter(["A B C"], ["a b c"]).value == 0
    assert ter(["a b c d e f"], ["x"]).value == pytest.approx(600)
    assert ter(["a"], ["a"]).signature.startswith("nrefs:1|case:lc|tok:tercom|norm:yes|punct:yes|asian:no|version:2.")


def test_ter_parts_punctuation_unless_the_text_is_tokenised():
    assert ter(["Yes, a b."], ["Yes , a b ."]).value == 0
    assert ter(["Yes, a b."], ["Yes , a b ."], "none").value == pytest.approx(100 * 4 / 5)


@pytest.mark.parametrize("score", [bleu, chrf, ter])
def test_what_cannot_be_scored(score):
    with pytest.raises(DataError, match="^nothing to score: no sentences$"):
        score([], [])
    with pytest.raises(DataError, match="^1 translations for 2 references$"):
        score(["a"], ["a", "b"])


@pytest.mark.parametrize("tokenize", BLEU_TOKENIZERS)
def test_every_tokenizer_of_the_config_exists(tokenize):
    config = EvaluationConfig(bleu_tokenize=tokenize)
    assert f"tok:{tokenize}" in bleu(["你好 a"], ["你好 a"], config.bleu_tokenize).signature


def test_the_section_has_its_defaults():
    assert Experiment.model_fields["evaluation"].default == EvaluationConfig(bleu_tokenize="13a", valid_beam_size=1)


def remembered(line):
    """Keys of caches: a tokenizer and the line."""
    gc.collect()
    return [thing for thing in gc.get_objects() if isinstance(thing, tuple) and len(thing) == 2 and thing[1] == line]


@pytest.mark.parametrize("tokenize", BLEU_TOKENIZERS)
def test_no_line_is_remembered(tokenize):
    line = f"A line, of the {tokenize} tokenizer alone."
    assert not remembered(line)
    bleu([line], [line], tokenize)
    assert not remembered(line)
