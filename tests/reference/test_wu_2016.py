"""Wu et al. 2016, "Google's Neural Machine Translation System", section 3, and the tutorial's `gnmt_v2`."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import log_softmax, lstm, make_model, softmax, weighted_sum
from .slow_attention import attend_by_heads

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
DIM = 6
ZERO = (np.zeros(DIM), np.zeros(DIM))


def run(step, inputs, state=ZERO):
    """The states of an LSTM after each input."""
    states = []
    for x in inputs:
        state = step(x, state)
        states.append(state)
    return states


def encode(weights, words, layers):
    """Figures 1 and 3, eq. 6: the top layer's outputs, and the state that each layer hands to the decoder."""
    forward = run(lstm(weights, "encoder.forward_cell"), words)
    backward = run(lstm(weights, "encoder.backward_cell"), words[::-1])
    last = [backward[-1]]
    x = [np.concatenate([f[0], b[0]]) for f, b in zip(forward, backward[::-1], strict=True)]
    for number in range(2, layers + 1):
        states = run(lstm(weights, f"encoder.upper.layers.{number - 2}"), x)
        last.append(states[-1])
        m = [state[0] for state in states]
        x = [m_t + x_t for m_t, x_t in zip(m, x, strict=True)] if number >= 3 else m
    return x, last


def translate(weights, src, tgt, layers, wiring, options):
    """Log-probability of every target word and EOS, and its weights, from the equations."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    x, states = encode(weights, [E_x[word] for word in [*src, EOS]], layers)
    prefix = "decoder.attention.scorer"
    W, U, v = (weights[f"{prefix}.{name}"] for name in ("query.weight", "key.weight", "energy"))
    cells = [lstm(weights, "decoder.bottom")]
    cells += [lstm(weights, f"decoder.upper.layers.{index}") for index in range(layers - 1)]

    def attention(y):  # eq. 4, AttentionFunction: "a feed forward network with one hidden layer"
        if options["heads"] > 1:  # Vaswani et al. 2017, section 3.2.2, around the same score
            return attend_by_heads(weights, options, y, x, None)[::-1]
        p = softmax([v @ np.tanh(W @ y + U @ x_t) for x_t in x])
        return p, weighted_sum(p, x)

    a = np.zeros(DIM)
    logprob, alignment = [], []
    for last, word in zip([BOS, *tgt], [*tgt, EOS], strict=True):
        if wiring == "gnmt":
            p, a = attention(states[0][0])
        new = [cells[0](np.concatenate([E_y[last], a]), states[0])]
        if wiring == "gnmt_v2":
            p, a = attention(new[0][0])
        y = new[0][0]
        for number in range(2, layers + 1):
            new.append(cells[number - 1](np.concatenate([y, a]), states[number - 1]))
            y = new[-1][0] + y if number >= 3 else new[-1][0]
        states = new
        logprob.append(log_softmax(weights["projection.weight"] @ y + weights["projection.bias"])[word])
        alignment.append(p)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("wiring", ["gnmt", "gnmt_v2"])
@pytest.mark.parametrize(("layers", "heads"), [(2, 1), (4, 1), (8, 1), (2, 2)])
def test_gnmt(layers, heads, wiring):
    attention = {"scorer": {"type": "concat", "dim": 7}, "heads": heads}
    attention |= {"window": {"type": "everywhere"}, "normaliser": {"type": "softmax"}}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "gnmt", "layers": layers, "dim": DIM},
        bridge={"type": "copy"},
        decoder={
            "type": "gnmt",
            "layers": layers,
            "dim": DIM,
            "wiring": wiring,
            "attention": attention,
        },
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = translate(weights, src, tgt, layers, wiring, attention)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
