"""Scores and perplexity of given pairs against a product of the probabilities of single steps."""

import math

import pytest
import torch

from nmt.device import Compute
from nmt.models.config import ModelConfig
from nmt.models.ensemble import Ensemble
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.evaluation import forced_scores
from nmt.pipeline.pair_scores import score_pairs
from nmt.search.config import SearchConfig
from nmt.text.tokenizers.word import Word
from nmt.text.vocab import BOS, EOS, Vocab
from nmt.translator import Translator

ATTENTION = {"type": "luong", "dim": 6, "attention": {"scorer": {"type": "general"}}}
PLAIN = {"type": "plain", "dim": 6}
PAIRS = [("a b c", "A"), ("b", "C B A B"), ("", "A"), ("c", ""), ("a a zzz", "B zzz")]
PIECES = 2 + 5 + 3


def tokenizers():
    return tuple(Word(Word.Config(), Vocab(words)) for words in ("a b c".split(), "A B C".split()))


def model(decoder, seed):
    torch.manual_seed(seed)
    config = {"embedding": {"dim": 5, "dropout": 0.5}, "encoder": {"type": "rnn", "dim": 4}, "decoder": decoder}
    made = Seq2Seq(ModelConfig.model_validate(config), src_vocab=7, tgt_vocab=7)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0, 0.7)
    return made


@torch.no_grad()
def slow_logprobs(members):
    """ln p of each target word and EOS of each pair, one by one; p is the mean of the members' probabilities."""
    src, tgt = tokenizers()
    found = []
    for source, target in PAIRS:
        source_ids, target_ids = src.encode(source).ids, tgt.encode(target).ids
        found.append([])
        if not source_ids or not target_ids:
            continue
        ids = torch.tensor([[*source_ids, EOS]])
        parts = [member.start(ids, torch.tensor([ids.size(1)])) for member in members]
        for last, word in zip([BOS, *target_ids], [*target_ids, EOS], strict=True):
            probability = 0.0
            for number, (member, (memory, state)) in enumerate(zip(members, parts, strict=True)):
                logits_NV, _, state = member.step(torch.tensor([last]), memory, state)
                parts[number] = memory, state
                probability += float(logits_NV[0].softmax(0)[word]) / len(members)
            found[-1].append(math.log(probability))
    return found


@pytest.mark.parametrize("decoders", [[ATTENTION], [PLAIN], [ATTENTION, PLAIN]], ids=["attention", "plain", "ensemble"])
@pytest.mark.parametrize("batch_sentences", [2, 64])
def test_scores_and_perplexity(decoders, batch_sentences):
    members = [model(decoder, seed) for seed, decoder in enumerate(decoders)]
    together = Ensemble(members) if len(members) > 1 else members[0]
    search = SearchConfig(batch_sentences=batch_sentences)
    translator = Translator(together, tokenizers(), search, Compute(torch.device("cpu"), "fp32"))
    scores = forced_scores(translator, PAIRS, None)
    for member in members:
        member.eval()
    expected = slow_logprobs(members)
    assert [len(logprobs) for logprobs in expected] == [2, 5, 0, 0, 3]
    slow_perplexity = math.exp(-sum(map(sum, expected)) / PIECES)
    assert scores == {"perplexity": pytest.approx(slow_perplexity, rel=1e-5), "target_pieces": PIECES}

    scored = list(score_pairs(translator, PAIRS))
    assert [one.tokens for one in scored] == [["A", "</s>"], [*"CBAB", "</s>"], [], [], ["B", "zzz", "</s>"]]
    for one, logprobs in zip(scored, expected, strict=True):
        assert one.logprobs == pytest.approx(logprobs, rel=1e-5)
        assert one.logprob == (pytest.approx(sum(logprobs), rel=1e-5) if logprobs else None)
        assert one.mean == (pytest.approx(sum(logprobs) / len(logprobs), rel=1e-5) if logprobs else None)


@pytest.mark.parametrize("read_ahead", [None, 1])
def test_pairs_are_read_in_blocks(read_ahead, monkeypatch):
    """However many there are; on a terminal each score comes before the next pair is read."""
    monkeypatch.setattr("nmt.search.batch_limits.BATCHES_READ", 1)
    search = SearchConfig(batch_sentences=2)
    translator = Translator(model(PLAIN, 0), tokenizers(), search, Compute(torch.device("cpu"), "fp32"))
    read = []
    found = score_pairs(translator, (read.append(pair) or pair for pair in PAIRS), read_ahead=read_ahead)
    next(found)
    assert read == PAIRS[: read_ahead or 2]
    assert len(list(found)) == len(PAIRS) - 1


def test_perplexity_of_nothing_and_of_the_impossible():
    made = model(PLAIN, 0)
    translator = Translator(made, tokenizers(), SearchConfig(), Compute(torch.device("cpu"), "fp32"))
    assert forced_scores(translator, [("", "A"), ("a", "")], None) == {"perplexity": None, "target_pieces": 0}
    with torch.no_grad():
        made.projection.bias[EOS] = -1e6
    assert forced_scores(translator, [("a", "A")], None)["perplexity"] == math.exp(700)
