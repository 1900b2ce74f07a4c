"""EM of the aligners against slow loops transcribed from the papers, and what it finds in the embedded corpus."""

import gzip
from collections import defaultdict
from itertools import islice, product
from math import exp, log, prod
from typing import get_args

import pytest
import torch

from nmt.aligner.aligner import AlignerSettings, align, train
from nmt.aligner.bitext import read_bitext
from nmt.aligner.combination import Combination
from nmt.aligner.em import Direction, iterate
from nmt.aligner.hmm import JumpPositions
from nmt.aligner.ibm1 import IndependentPositions
from nmt.aligner.positions import emissions
from nmt.aligner.punctuation import is_mark
from nmt.aligner.table import TranslationTable
from nmt.alignment.aer import score_alignments
from nmt.alignment.gold import read_gold
from nmt.alignment.symmetrize import METHODS, symmetrize
from nmt.commands.align_text import Chosen
from nmt.embedded import embedded_folder

NULL = None
TEXT = [
    ("das haus", "the house"),
    ("das buch ist klein", "the book is small"),
    ("ein buch", "a book"),
    ("ein haus ist das", "this is a house"),
    ("klein", "small one"),
]
PAIRS = [(src.split(), tgt.split()) for src, tgt in TEXT]


def table(bitext_pairs, direction, bitext):
    """t(target | source) by word, out of the numbered pairs."""
    src, tgt = ([NULL, *dict.fromkeys(word for pair in bitext_pairs for word in pair[side])] for side in (0, 1))
    entries = zip(bitext.src_P.tolist(), bitext.tgt_P.tolist(), direction.table.prob_P.tolist(), strict=True)
    return {(src[s], tgt[t]): p for s, t, p in entries if t}


def uniform(pairs):
    """1 over the number of words that occur with the source word, its own rows of NULL included."""
    partners = defaultdict(set)
    for src, tgt in pairs:
        for s in (NULL, *src):
            partners[s] |= {NULL, *tgt}
    return {(s, t): 1 / len(partners[s]) for s in partners for t in partners[s] if t}


def normalised(counts):
    totals = defaultdict(float)
    for (s, _), count in counts.items():
        totals[s] += count
    return {(s, t): count / totals[s] for (s, t), count in counts.items()}


def slow_alignments(pairs, t, p_of):
    """Counts by enumerating every alignment of every pair: p(f, a | e) = p(a) prod_t t(f_t | e_a_t)."""
    counts, likelihood, jumps = defaultdict(float), 0.0, defaultdict(float)
    for src, tgt in pairs:
        words = [NULL, *src]
        joint = {}
        for states in p_of.paths(len(src), len(tgt)):
            joint[states] = p_of(states, len(src)) * prod(
                t[words[j] if real else NULL, tgt[i]] for i, (j, real) in enumerate(states)
            )
        total = sum(joint.values())
        likelihood += log(total)
        for states, p in joint.items():
            before = 0
            for i, (j, real) in enumerate(states):
                counts[words[j] if real else NULL, tgt[i]] += p / total
                if real:
                    jumps["taken", j - before] += p / total
                    norm = sum(p_of.c[k - before] for k in range(1, len(src) + 1))
                    for k in range(1, len(src) + 1):
                        jumps["chance", k - before] += p / total / norm
                before = j
    return counts, likelihood, jumps


class Independent:
    c = defaultdict(lambda: 1.0)

    def paths(self, src_len, tgt_len):
        return product([(0, False), *((j, True) for j in range(1, src_len + 1))], repeat=tgt_len)

    def __call__(self, states, src_len):
        return (1 / (src_len + 1)) ** len(states)


class Jumping:
    """States are (remembered position, whether it is a word); NULL keeps the position."""

    def __init__(self, c, null):
        self.c, self.null = c, null

    def paths(self, src_len, tgt_len):
        return product(
            [(j, real) for j in range(src_len + 1) for real in (False, True) if j or not real], repeat=tgt_len
        )

    def __call__(self, states, src_len):
        p, before = 1.0, 0
        for j, real in states:
            if real:
                p *= (1 - self.null) * self.c[j - before] / sum(self.c[k - before] for k in range(1, src_len + 1))
            else:
                p *= self.null if j == before else 0.0
            before = j
        return p


def test_model_1_is_the_sum_over_all_alignments():
    bitext = read_bitext(PAIRS, max_cells=60)
    assert len(bitext.batches) > 1
    pair = Direction(bitext, IndependentPositions(), 0.0), Direction(bitext, IndependentPositions(), 0.0, reverse=True)
    t = uniform(PAIRS)
    for _ in range(3):
        counts, likelihood, _ = slow_alignments(PAIRS, t, Independent())
        t = normalised(counts)
        assert iterate(bitext, pair, agree=False)[0] == pytest.approx(likelihood, abs=1e-10)
        assert table(PAIRS, pair[0], bitext) == pytest.approx(t, abs=1e-10)


def test_the_hmm_is_the_sum_over_all_paths():
    bitext = read_bitext(PAIRS, max_cells=60)
    pair = tuple(Direction(bitext, JumpPositions(0.3), 0.0, reverse) for reverse in (False, True))
    t, c = uniform(PAIRS), defaultdict(lambda: 1.0)
    for _ in range(3):
        counts, likelihood, jumps = slow_alignments(PAIRS, t, Jumping(c, 0.3))
        t = normalised(counts)
        weights = {d: jumps["taken", d] / jumps["chance", d] for kind, d in jumps if kind == "chance"}
        c = {d: max(1e-9, weight / max(weights.values())) for d, weight in weights.items()}
        assert iterate(bitext, pair, agree=False)[0] == pytest.approx(likelihood, abs=1e-10)
        assert table(PAIRS, pair[0], bitext) == pytest.approx(t, abs=1e-10)
        found = pair[0].positions.weight_J
        for d in (-2, -1, 0, 1, 2, 3):
            assert found[JumpPositions.MAX_JUMP + d].item() == pytest.approx(c[d], abs=1e-10)


def test_directions_exchange_the_languages():
    bitext, turned = read_bitext(PAIRS), read_bitext([(tgt, src) for src, tgt in PAIRS])
    quiet = lambda model, iteration, likelihoods: None  # noqa: E731
    one = train(bitext, AlignerSettings(), quiet)
    two = train(turned, AlignerSettings(), quiet)
    places = {(s, t): i for i, (s, t) in enumerate(zip(turned.tgt_P.tolist(), turned.src_P.tolist(), strict=True))}
    order = [places[key] for key in zip(bitext.src_P.tolist(), bitext.tgt_P.tolist(), strict=True)]
    for a, b in ((one[0], two[1]), (one[1], two[0])):
        assert torch.allclose(a.table.prob_P, b.table.prob_P[order], atol=1e-12, rtol=0)


def test_the_likelihood_never_falls():
    lines = corpus("dev")[:60]
    bitext = read_bitext(lines)
    for positions in (IndependentPositions, lambda: IndependentPositions(4.0), JumpPositions):
        pair = tuple(Direction(bitext, positions(), 0.0, reverse) for reverse in (False, True))
        found = [iterate(bitext, pair, agree=False) for _ in range(8)]
        for side in (0, 1):
            values = [step[side] for step in found]
            assert values == sorted(values) and values[-1] > values[0]


def test_agreement_counts_what_both_posteriors_have():
    """One pair of one word each: both posteriors are p(word) = t / (t + t_null), so the product is its square."""
    bitext = read_bitext([(["a"], ["x"])])
    pair = tuple(Direction(bitext, IndependentPositions(), 0.0, reverse) for reverse in (False, True))
    for direction in pair:
        given = bitext.tgt_P if direction is pair[1] else bitext.src_P
        other = bitext.src_P if direction is pair[1] else bitext.tgt_P
        direction.table.prob_P = torch.where(given > 0, 0.6, 0.2).double() * (other > 0)
    counted = []
    for direction in pair:
        direction.table.maximise = counted.append
    iterate(bitext, pair, agree=True)
    for counts_P, given in zip(counted, (bitext.src_P, bitext.tgt_P), strict=True):
        word = (bitext.src_P > 0) & (bitext.tgt_P > 0)
        assert counts_P[word].tolist() == pytest.approx([0.75**2])
        assert counts_P[(given == 0) & ~word & ((bitext.src_P + bitext.tgt_P) > 0)].tolist() == pytest.approx([0.25])


def test_the_diagonal_prior_by_hand():
    """2 source and 2 target words, lambda 2: weights exp(-2 |i/2 - j/2|) are 1 on the diagonal and e^-1 beside it."""
    seen = emissions(torch.ones(1, 2, 3, dtype=torch.float64), torch.tensor([2]), torch.tensor([2]))
    found = IndependentPositions(2.0).expect(seen).posterior_BTS[0]
    near, far = 0.92 / (1 + exp(-1)), 0.92 * exp(-1) / (1 + exp(-1))
    assert torch.allclose(found, torch.tensor([[0.08, near, far], [0.08, far, near]], dtype=torch.float64))


def test_a_pair_is_aligned_as_it_is_beside_longer_ones():
    """Padding changes nothing: the posteriors of each batch of one are those of the full batches."""
    torch.manual_seed(1)
    sizes = [(2, 5), (4, 3), (1, 1), (6, 6)]
    prob = torch.rand(len(sizes), 6, 7, dtype=torch.float64)
    lengths = torch.tensor([s for s, _ in sizes]), torch.tensor([t for _, t in sizes])
    for make in (IndependentPositions, lambda: IndependentPositions(3.0), JumpPositions):
        together, total = make().expect(emissions(prob, *lengths)), 0.0
        for n, (src_len, tgt_len) in enumerate(sizes):
            alone = make().expect(
                emissions(prob[n : n + 1, :tgt_len, : src_len + 1], lengths[0][n : n + 1], lengths[1][n : n + 1])
            )
            total += alone.log_likelihood.item()
            assert torch.allclose(together.posterior_BTS[n, :tgt_len, : src_len + 1], alone.posterior_BTS[0])
            assert together.posterior_BTS[n, tgt_len:].abs().sum() == 0
        assert together.log_likelihood.item() == pytest.approx(total)


def test_variational_bayes_by_hand():
    """psi(1) = -0.5772156649 (minus Euler's constant), psi(2) = psi(1) + 1, psi(3) = psi(2) + 1/2."""
    bitext = read_bitext([(["a"], ["x", "y"])])
    direction = Direction(bitext, IndependentPositions(), 1.0)
    word = bitext.src_P > 0
    direction.table.maximise(torch.where(word & (bitext.tgt_P == 1), 1.0, 0.0).double())
    found = direction.table.prob_P[word].tolist()
    psi = {1: -0.5772156649015329, 2: 0.4227843350984671, 4: 1.2561176684318005}
    assert found == pytest.approx([exp(psi[1] - psi[4]), exp(psi[2] - psi[4]), exp(psi[1] - psi[4])])


def test_marks_are_linked_to_marks_alone():
    """x stands with the comma as often as with b: only the rule tells whose it is."""
    pairs = [(["a", "b", "."], ["k", ",", "x", "."]), (["b", "c"], [",", "x", "l"]), (["a", "."], ["k", "."])] * 4
    linked = {(src[i], tgt[j]) for (src, tgt), links in zip(pairs, align(pairs), strict=True) for i, j in links}
    assert ("b", ",") in linked
    for alpha in (0.0, 0.1):
        settings = AlignerSettings(alpha=alpha, punctuation_apart=True, threshold=0.2)
        found = zip(pairs, align(pairs, settings), strict=True)
        assert {(src[i], tgt[j]) for (src, tgt), links in found for i, j in links} == {
            ("a", "k"), ("b", "x"), ("c", "l"), (".", ".")
        }  # fmt: skip


@pytest.mark.parametrize("prior", [0.0, 0.5])
def test_a_table_without_the_pairs_that_are_not_allowed(prior):
    """a with x or y, b with y alone; x is not allowed for a."""
    table = TranslationTable(torch.tensor([0, 0, 1]), prior, torch.tensor([False, True, True]))
    assert table.prob_P.tolist() == [0, 1, 1]
    table.maximise(torch.tensor([0.0, 3.0, 2.0], dtype=torch.float64))
    assert table.prob_P.tolist() == pytest.approx([0, 1, 1])


@pytest.mark.parametrize("word", [",", "...", "»", "、", "¿", "--", "'"])
def test_marks(word):
    assert is_mark(word)


@pytest.mark.parametrize("word", ["", "a", "l'", "&", "%", "$", "+", "7", "&apos;", "U.S."])
def test_words(word):
    assert not is_mark(word)


def corpus(name):
    folder = embedded_folder() / "data"
    sides = [(folder / f"{name}.{side}").read_text(encoding="utf-8").split("\n")[:-1] for side in ("en", "de")]
    return [(src.split(), tgt.split()) for src, tgt in zip(*sides, strict=True)]


@pytest.mark.parametrize(
    ("settings", "most"),
    [(AlignerSettings(), 0.15), (AlignerSettings(punctuation_apart=True), 0.12), (AlignerSettings(method="ibm1"), 0.3)],
)
def test_gold_links_of_the_embedded_corpus(settings, most):
    folder = embedded_folder() / "data"
    sides = []
    for side in ("en", "de"):
        with gzip.open(folder / f"train.{side}.gz", "rt", encoding="utf-8", newline="\n") as file:
            sides.append(list(islice(file, 500)))
    learned = [(src.split(), tgt.split()) for src, tgt in zip(*sides, strict=True)]
    found = align(corpus("test") + learned, settings)[:1000]
    assert score_alignments(found, list(read_gold(folder / "test.align"))).aer < most


def test_a_prior_too_small_for_64_bits_leaves_links():
    """exp(psi(0.001)) is 0 there, and a word that nothing explains would take the links from all others."""
    found = align(corpus("dev")[:200], AlignerSettings(alpha=0.001))
    assert score_alignments(found, list(read_gold(embedded_folder() / "data/dev.align"))[:200]).aer < 0.5


COMBINATIONS = [name for name in get_args(Combination) if name not in ("forward", "reverse")]


def test_the_choices_of_the_command_are_those_of_the_aligner():
    assert get_args(Chosen) == ("agreement", *get_args(Combination))
    assert COMBINATIONS == list(METHODS)


def test_links_of_each_direction():
    one, other = (align([*PAIRS, ([], ["x"])], AlignerSettings(links=name)) for name in ("forward", "reverse"))
    assert one[-1] == other[-1] == []
    assert all(len({tgt for _, tgt in pair}) == len(pair) for pair in one)
    assert all(len({src for src, _ in pair}) == len(pair) for pair in other)
    assert any(set(a) ^ set(b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("links", COMBINATIONS)
def test_links_of_both_directions(links):
    """How they join is what tests/unit/test_alignment_symmetrize.py tests."""
    settings = [AlignerSettings("ibm1", agree=False, links=name) for name in ("forward", "reverse", links)]
    one, other, both = (align(PAIRS, each) for each in settings)
    assert both == [symmetrize(a, b, links) for a, b in zip(one, other, strict=True)]


def test_no_text_has_no_links():
    assert align([([], []), ([], ["x"])]) == [[], []]
