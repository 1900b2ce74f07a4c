"""Tu et al. 2016, "Modeling Coverage for Neural Machine Translation", section 3, on the RNNsearch of Bahdanau et al."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import bahdanau_gru, bidirectional_gru, log_softmax, make_model, sigmoid, softmax, weighted_sum

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
NO_FERTILITY, FERTILITY = {"type": "linguistic", "max_fertility": None}, {"type": "linguistic", "max_fertility": 3.0}
NEURAL = {"type": "neural", "dim": 2}


def coverage_update(weights, coverage):
    """g_update of section 3.1: C_{i,j} from C_{i-1,j}, alpha_{i,j}, h_j and t_{i-1}."""
    if coverage == NO_FERTILITY:
        return lambda C, alpha, h, t: C + alpha
    if coverage == FERTILITY:
        U_f = weights["decoder.coverage.fertility.weight"]
        return lambda C, alpha, h, t: C + alpha / (3.0 * sigmoid(U_f @ h))
    gru = bahdanau_gru(weights, "decoder.coverage.cell")
    return lambda C, alpha, h, t: gru(np.concatenate([[alpha], h, t]), C)


def rnnsearch(weights, src, tgt, coverage):
    """Log-probability of every target word and EOS, and its weights; t is the decoder's state, s the context."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    h, backward = bidirectional_gru(weights, bahdanau_gru, [E_x[word] for word in [*src, EOS]])
    t = np.tanh(weights["bridge.layers.0.weight"] @ backward + weights["bridge.layers.0.bias"])
    prefix = "decoder.rnnsearch.attention.scorer"
    W_a, U_a, v_a = (weights[f"{prefix}.{name}"] for name in ("query.weight", "key.weight", "energy"))
    V_a, update = weights["decoder.key.weight"], coverage_update(weights, coverage)
    C = [np.zeros(V_a.shape[1]) for _ in h]
    gru = bahdanau_gru(weights, "decoder.rnnsearch.cell")
    maxout = weights["decoder.rnnsearch.maxout.linear.weight"], weights["decoder.rnnsearch.maxout.linear.bias"]
    logprob, alignment = [], []
    for last, word in zip([BOS, *tgt], [*tgt, EOS], strict=True):
        # section 3.2
        alpha = softmax([v_a @ np.tanh(W_a @ t + U_a @ h_j + V_a @ C_j) for h_j, C_j in zip(h, C, strict=True)])
        s = weighted_sum(alpha, h)
        C = [update(*given, t) for given in zip(C, alpha, h, strict=True)]
        t = gru(np.concatenate([E_y[last], s]), t)
        pieces = maxout[0] @ np.concatenate([t, E_y[last], s]) + maxout[1]
        features = np.array([max(pieces[2 * j], pieces[2 * j + 1]) for j in range(len(pieces) // 2)])
        logits = weights["projection.weight"] @ features + weights["projection.bias"]
        logprob.append(log_softmax(logits)[word])
        alignment.append(alpha)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("coverage", [NO_FERTILITY, FERTILITY, NEURAL], ids=["linguistic", "fertility", "neural"])
def test_coverage(coverage):
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "rnn", "cell": "gru", "reset_gate": "before", "dim": 4},
        bridge={"type": "dense", "source": "backward"},
        decoder={
            "type": "coverage",
            "dim": 6,
            "maxout": 3,
            "coverage": coverage,
            "attention": {"scorer": {"type": "concat", "dim": 7}},
        },
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = rnnsearch(weights, src, tgt, coverage)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
