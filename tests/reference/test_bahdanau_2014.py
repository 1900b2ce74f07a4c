"""Bahdanau et al. 2014, "Neural Machine Translation by Jointly Learning to Align and Translate", appendix A."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import bahdanau_gru, bidirectional_gru, log_softmax, make_model, softmax, weighted_sum
from .slow_attention import attend_by_heads

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]


def rnnsearch(weights, src, tgt, readout_state, attention):
    """Log-probability of every target word and EOS, and its weights, from the equations."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    words = [E_x[word] for word in [*src, EOS]]

    # A.1.1: the bidirectional encoder; h_j = [forward h_j; backward h_j]
    h, backward_1 = bidirectional_gru(weights, bahdanau_gru, words)

    # A.1.2: s_0 = tanh(W_s backward h_1), the alignment model, and the decoder's GRU
    s = np.tanh(weights["bridge.layers.0.weight"] @ backward_1 + weights["bridge.layers.0.bias"])
    W_a, U_a = weights["decoder.attention.scorer.query.weight"], weights["decoder.attention.scorer.key.weight"]
    v_a, b_a = weights["decoder.attention.scorer.energy"], weights.get("decoder.attention.scorer.key.bias", 0)
    gru = bahdanau_gru(weights, "decoder.cell")
    logprob, alignment = [], []
    for i, (last, word) in enumerate(zip([BOS, *tgt], [*tgt, EOS], strict=True), 1):
        if attention["heads"] == 1:
            alpha = softmax([v_a @ np.tanh(W_a @ s + U_a @ h_j + b_a) for h_j in h])
            c = weighted_sum(alpha, h)
        else:  # Vaswani et al. 2017, section 3.2.2, around the same score
            c, alpha = attend_by_heads(weights, attention, s, h, i)
        previous, s = s, gru(np.concatenate([E_y[last], c]), s)

        # A.2.2: the deep output with a maxout layer; eq. 4 reads s_i, the appendix s_{i-1}
        read = {"current": s, "previous": previous}[readout_state]
        U_o, V_o, C_o = np.split(weights["decoder.maxout.linear.weight"], [len(s), len(s) + len(E_y[0])], axis=1)
        t_tilde = U_o @ read + V_o @ E_y[last] + C_o @ c + weights["decoder.maxout.linear.bias"]
        t = np.array([max(t_tilde[2 * j], t_tilde[2 * j + 1]) for j in range(len(t_tilde) // 2)])
        logits = weights["projection.weight"] @ t + weights["projection.bias"]
        logprob.append(log_softmax(logits)[word])
        alignment.append(alpha)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("scorer", ["concat", "additive"])
@pytest.mark.parametrize("readout_state", ["current", "previous"])
@pytest.mark.parametrize("heads", [1, 2])
def test_rnnsearch(heads, readout_state, scorer):
    attention = {"scorer": {"type": scorer, "dim": 7}, "heads": heads}
    attention |= {"window": {"type": "everywhere"}, "normaliser": {"type": "softmax"}}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "rnn", "cell": "gru", "reset_gate": "before", "dim": 4},
        bridge={"type": "dense", "source": "backward"},
        decoder={
            "type": "bahdanau",
            "reset_gate": "before",
            "dim": 6,
            "maxout": 3,
            "readout_state": readout_state,
            "attention": attention,
        },
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = rnnsearch(weights, src, tgt, readout_state, attention)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
