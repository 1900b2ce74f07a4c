"""Bootstrap resampling: against a slow one of whole sentences, and against sacreBLEU's own command."""

import math
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import sacrebleu

from nmt.errors import DataError
from nmt.evaluation import significance
from nmt.evaluation.significance import RESAMPLES, paired_bootstrap
from nmt.evaluation.spread import spread

WORDS = [f"w{number}" for number in range(40)]


def noisy(references, share, seed):
    """The references with a share of their words replaced."""
    generator = random.Random(seed)
    return [
        " ".join(generator.choice(WORDS) if generator.random() < share else word for word in line.split())
        for line in references
    ]


@pytest.fixture(scope="module")
def texts():
    """References, a system, a slightly better and a much better one."""
    generator = random.Random(7)
    references = [" ".join(generator.choices(WORDS, k=generator.randint(5, 12))) for _ in range(12)]
    return references, [noisy(references, share, seed) for share, seed in ((0.5, 1), (0.42, 2), (0.1, 3))]


def counts(hypothesis, reference):
    """Words of both, then matching and all n-grams of each order, of one line."""
    found = [len(hypothesis.split()), len(reference.split())]
    for order in range(1, 5):
        mine, theirs = (
            [tuple(words[i : i + order]) for i in range(len(words) - order + 1)]
            for words in (hypothesis.split(), reference.split())
        )
        found += [sum(min(mine.count(gram), theirs.count(gram)) for gram in set(mine)), len(mine)]
    return found


def bleu(lines):
    """BLEU of lines of counts; each order without a match counts half as much as the one before (exp smoothing)."""
    hypothesis, reference, *grams = (sum(column) for column in zip(*lines, strict=True))
    logarithms, halved = 0.0, 1.0
    for matches, total in zip(grams[::2], grams[1::2], strict=True):
        if matches == 0:
            halved *= 2
        logarithms += math.log(matches / total if matches else 1 / (halved * total)) / 4
    return 100 * math.exp(min(0, 1 - reference / hypothesis) + logarithms)


def resampled(systems, references):
    """BLEU of every system on every resampled test set, each set put together line by line."""
    draws = np.random.default_rng(12345).choice(len(references), size=(RESAMPLES, len(references)), replace=True)
    lines = [[counts(*pair) for pair in zip(system, references, strict=True)] for system in systems]
    return [[bleu([of_system[i] for i in draw]) for draw in draws.tolist()] for of_system in lines]


def test_against_a_slow_resampling(texts):
    references, systems = texts
    found = paired_bootstrap("bleu", systems, references)
    samples = resampled(systems, references)
    measured = [sacrebleu.corpus_bleu(system, [references], force=True).score for system in systems]
    for number, estimate in enumerate(found.estimates):
        ordered = sorted(samples[number])
        assert estimate.score == pytest.approx(measured[number])
        # 25 of 1,000 are left out at each end
        assert estimate.half_width == pytest.approx((ordered[974] - ordered[25]) / 2, abs=1e-3)
        if number == 0:
            assert estimate.p_value is None
            continue
        differences = [abs(mine - first) for mine, first in zip(samples[number], samples[0], strict=True)]
        mean = sum(differences) / RESAMPLES
        further = sum(difference - mean > abs(measured[number] - measured[0]) for difference in differences)
        assert estimate.p_value == pytest.approx((further + 1) / (RESAMPLES + 1), abs=2e-3)
    slightly, much = (estimate.p_value for estimate in found.estimates[1:])
    assert much < 0.01 < 0.05 < slightly


def test_as_the_command_of_sacrebleu(texts, tmp_path):
    references, systems = texts
    for name, lines in (("ref", references), ("a", systems[0]), ("b", systems[1])):
        (tmp_path / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    command = [sys.executable, "-W", "ignore", "-m", "sacrebleu", "ref", "-i", "a", "b", "-m", "bleu", "chrf", "ter"]
    flags = ["--paired-bs", "--force", "--tokenize", "none", "-w", "4", "--format", "text"]
    result = subprocess.run([*command, *flags], capture_output=True, timeout=60, cwd=tmp_path)
    printed = result.stdout.decode()
    theirs = [tuple(map(float, cell)) for cell in re.findall(r"([\d.]+) \([\d.]+ ± ([\d.]+)\)", printed)]
    ours = [paired_bootstrap(metric, systems[:2], references, "none") for metric in ("bleu", "chrf", "ter")]
    estimates = [one.estimates[number] for number in (0, 1) for one in ours]
    assert [(one.score, one.half_width) for one in estimates] == [pytest.approx(cell, abs=1e-4) for cell in theirs]
    p_values = [float(number) for number in re.findall(r"\(p = ([\d.]+)\)", printed)]
    assert [one.p_value for one in estimates[3:]] == pytest.approx(p_values, abs=1e-4)
    assert all(f"|bs:{RESAMPLES}|seed:12345|" in one.signature for one in ours)


def test_a_system_is_as_good_as_itself(texts):
    references, systems = texts
    first, same, _ = paired_bootstrap("bleu", [systems[0], list(systems[0]), systems[1]], references).estimates
    assert same == first._replace(p_value=1.0)


def test_large_sets_are_not_resampled(texts, monkeypatch):
    references, systems = texts
    expected = paired_bootstrap("chrf", systems, references)
    monkeypatch.setattr(significance, "MOST_SENTENCES", 11)
    signature, estimates = paired_bootstrap("chrf", systems, references)
    assert [one.score for one in estimates] == pytest.approx([one.score for one in expected.estimates])
    assert {(one.half_width, one.p_value) for one in estimates} == {(None, None)}
    assert "bs:" not in signature


def test_what_cannot_be_compared(texts):
    references, systems = texts
    with pytest.raises(DataError, match="^11 translations for 12 references$"):
        paired_bootstrap("bleu", [systems[0], systems[1][1:]], references)


def test_spread_by_hand():
    # deviations 2, 0, -2: sqrt((4 + 0 + 4) / 2)
    assert spread([40.0, 38.0, 36.0]) == pytest.approx((38.0, 2.0))
    assert spread([7]) == (7, None)
