"""Sennrich et al. 2017, "Nematus: a Toolkit for Neural Machine Translation", section 2: the conditional GRU."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import bidirectional_gru, log_softmax, make_model, nematus_gru, softmax, weighted_sum
from .slow_attention import attend_by_heads

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]


def nematus(weights, src, tgt, attention):
    """Log-probability of every target word and EOS, and its weights, from the equations."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    C, _ = bidirectional_gru(weights, nematus_gru, [E_x[word] for word in [*src, EOS]])

    # s_0 = tanh(W_init mean h)
    s = np.tanh(weights["bridge.layers.0.weight"] @ (sum(C) / len(C)) + weights["bridge.layers.0.bias"])
    U_a, W_a = weights["decoder.attention.scorer.query.weight"], weights["decoder.attention.scorer.key.weight"]
    v_a = weights["decoder.attention.scorer.energy"]
    gru_1, gru_2 = nematus_gru(weights, "decoder.first"), nematus_gru(weights, "decoder.second")
    W_t1, W_t2, W_t3 = np.split(weights["decoder.deep.weight"], [len(s), len(s) + len(E_y[0])], axis=1)
    logprob, alignment = [], []
    for j, (last, word) in enumerate(zip([BOS, *tgt], [*tgt, EOS], strict=True), 1):
        s_prime = gru_1(E_y[last], s)
        if attention["heads"] == 1:
            alpha = softmax([v_a @ np.tanh(U_a @ s_prime + W_a @ h) for h in C])
            c = weighted_sum(alpha, C)
        else:  # Vaswani et al. 2017, section 3.2.2, around the same score
            c, alpha = attend_by_heads(weights, attention, s_prime, C, j)
        s = gru_2(c, s_prime)
        t = np.tanh(W_t1 @ s + W_t2 @ E_y[last] + W_t3 @ c + weights["decoder.deep.bias"])
        logits = weights["projection.weight"] @ t + weights["projection.bias"]
        logprob.append(log_softmax(logits)[word])
        alignment.append(alpha)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("deep_output", [None, 3])
@pytest.mark.parametrize("heads", [1, 2])
def test_conditional_gru(heads, deep_output):
    attention = {"scorer": {"type": "concat", "dim": 7}, "heads": heads}
    attention |= {"window": {"type": "everywhere"}, "normaliser": {"type": "softmax"}}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "rnn", "cell": "gru", "dim": 4},
        bridge={"type": "dense", "source": "mean"},
        decoder={
            "type": "conditional_gru",
            "dim": 6,
            "deep_output": deep_output,
            "attention": attention,
        },
    )
    assert weights["projection.weight"].shape[1] == (deep_output or 5)
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = nematus(weights, src, tgt, attention)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
