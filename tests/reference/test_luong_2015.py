"""Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation", global attention."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import log_softmax, make_model, softmax, stacked_lstm, weighted_sum

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
LAYERS, DIM = 2, 6


def score_function(weights, kind):
    """Section 3.1."""
    prefix = "decoder.attention.scorer"
    if kind == "dot":
        return lambda h_t, h_s: h_t @ h_s
    if kind == "general":
        W_a = weights[f"{prefix}.key.weight"]
        return lambda h_t, h_s: h_t @ (W_a @ h_s)
    W_a = np.concatenate([weights[f"{prefix}.query.weight"], weights[f"{prefix}.key.weight"]], axis=1)
    v_a = weights[f"{prefix}.energy"]
    return lambda h_t, h_s: v_a @ np.tanh(W_a @ np.concatenate([h_t, h_s]))


def translate(weights, src, tgt, kind, input_feeding, reverse):
    """Log-probability of every target word and EOS, and its weights, from the equations."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    words = [*reversed(src), EOS] if reverse else [*src, EOS]
    encoder, decoder = (
        stacked_lstm(weights, "encoder.cells", LAYERS),
        stacked_lstm(weights, "decoder.stack.layers", LAYERS),
    )
    states = [(np.zeros(DIM), np.zeros(DIM))] * LAYERS
    h_bar = []
    for word in words:
        top, states = encoder(E_x[word], states)
        h_bar.append(top)
    if reverse:  # weights are told in the order of the text
        h_bar = [*reversed(h_bar[:-1]), h_bar[-1]]

    score, W_c = score_function(weights, kind), weights["decoder.combine.weight"]
    h_tilde = np.zeros(len(W_c))
    logprob, alignment = [], []
    for last, word in zip([BOS, *tgt], [*tgt, EOS], strict=True):
        x = np.concatenate([E_y[last], h_tilde]) if input_feeding else E_y[last]  # section 3.3
        h_t, states = decoder(x, states)
        a_t = softmax([score(h_t, h_s) for h_s in h_bar])  # eq. 7
        c_t = weighted_sum(a_t, h_bar)
        h_tilde = np.tanh(W_c @ np.concatenate([c_t, h_t]))  # eq. 5
        logits = weights["projection.weight"] @ h_tilde + weights["projection.bias"]
        logprob.append(log_softmax(logits)[word])  # eq. 6
        alignment.append(a_t)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("reverse", [False, True], ids=["", "reversed"])
@pytest.mark.parametrize("input_feeding", [False, True], ids=["", "feeding"])
@pytest.mark.parametrize("kind", ["dot", "general", "concat"])
def test_global_attention(kind, input_feeding, reverse):
    encoder = {"type": "rnn", "cell": "lstm", "layers": LAYERS, "dim": DIM, "bidirectional": False}
    decoder = {"type": "luong", "cell": "lstm", "layers": LAYERS, "dim": DIM, "attentional_dim": 4}
    scorer = {"type": kind, "dim": 7} if kind == "concat" else {"type": kind}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={**encoder, "reverse_source": reverse},
        bridge={"type": "copy"},
        decoder={**decoder, "input_feeding": input_feeding, "attention": {"scorer": scorer}},
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = translate(weights, src, tgt, kind, input_feeding, reverse)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
