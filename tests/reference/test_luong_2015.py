"""Luong et al. 2015, "Effective Approaches to Attention-based Neural Machine Translation"."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import log_softmax, make_model, stacked_lstm
from .slow_attention import attend_by_heads

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
LAYERS, DIM = 2, 6


GLOBAL, LOCAL_M, LOCAL_P = {"type": "everywhere"}, {"type": "local_m", "width": 2}, {"type": "local_p", "width": 1}
DOT, GENERAL, CONCAT = {"type": "dot"}, {"type": "general"}, {"type": "concat", "dim": 7}
LOCATION = {"type": "location", "max_positions": 5}


def dense_bridge(weights, h):
    """h and c of each decoder layer, each by a matrix of its own, from the last h of the encoder's top layer."""
    states = []
    for layer in range(LAYERS):
        W_h, b_h = weights[f"bridge.layers.{2 * layer}.weight"], weights[f"bridge.layers.{2 * layer}.bias"]
        W_c, b_c = weights[f"bridge.layers.{2 * layer + 1}.weight"], weights[f"bridge.layers.{2 * layer + 1}.bias"]
        states.append((np.tanh(W_h @ h + b_h), np.tanh(W_c @ h + b_c)))
    return states


def translate(weights, src, tgt, attention, options):
    """Log-probability of every target word and EOS, and its weights, from the equations."""
    input_feeding, reverse, residual = options
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    words = [*reversed(src), EOS] if reverse else [*src, EOS]
    encoder, decoder = (
        stacked_lstm(weights, "encoder.cells", LAYERS, residual),
        stacked_lstm(weights, "decoder.stack.layers", LAYERS, residual),
    )
    states = [(np.zeros(DIM), np.zeros(DIM))] * LAYERS
    h_bar = []
    for word in words:
        top, states = encoder(E_x[word], states)
        h_bar.append(top)
    if reverse:  # weights are told in the order of the text
        h_bar = [*reversed(h_bar[:-1]), h_bar[-1]]

    if "bridge.layers.0.weight" in weights:
        states = dense_bridge(weights, states[-1][0])

    W_c = weights["decoder.combine.weight"]
    h_tilde = np.zeros(len(W_c))
    logprob, alignment = [], []
    for t, (last, word) in enumerate(zip([BOS, *tgt], [*tgt, EOS], strict=True), 1):
        x = np.concatenate([E_y[last], h_tilde]) if input_feeding else E_y[last]  # section 3.3
        h_t, states = decoder(x, states)
        c_t, a_t = attend_by_heads(weights, attention, h_t, h_bar, t)  # eq. 7 to 10
        h_tilde = np.tanh(W_c @ np.concatenate([c_t, h_t]))  # eq. 5
        logits = weights["projection.weight"] @ h_tilde + weights["projection.bias"]
        logprob.append(log_softmax(logits)[word])  # eq. 6
        alignment.append(a_t)
    return np.array(logprob), np.array(alignment)


@pytest.mark.parametrize("reverse", [False, True], ids=["", "reversed"])
@pytest.mark.parametrize("input_feeding", [False, True], ids=["", "feeding"])
@pytest.mark.parametrize(
    ("scorer", "window", "heads"),
    [
        *((scorer, GLOBAL, 1) for scorer in (DOT, GENERAL, CONCAT, LOCATION)),
        (GENERAL, LOCAL_M, 1),
        (DOT, LOCAL_P, 1),
        (DOT, LOCAL_P, 2),
    ],
    ids=lambda part: part["type"] if isinstance(part, dict) else str(part),
)
def test_attention_of_luong(scorer, window, heads, input_feeding, reverse):
    check({"scorer": scorer, "window": window, "heads": heads}, {"type": "copy"}, (input_feeding, reverse, False))


@pytest.mark.parametrize("input_feeding", [False, True], ids=["", "feeding"])
@pytest.mark.parametrize(("bridge", "residual"), [("copy", True), ("dense", False), ("dense", True)])
def test_residual_layers_and_the_bridge(bridge, residual, input_feeding):
    """A layer's state stays its own; what the next layer, attention and the query read is the sum."""
    check({"scorer": GENERAL, "window": GLOBAL, "heads": 1}, {"type": bridge}, (input_feeding, False, residual))


def check(attention, bridge, options):
    """A model against `translate`; options: input feeding, reversed source, residual layers."""
    input_feeding, reverse, residual = options
    stack = {"cell": "lstm", "layers": LAYERS, "dim": DIM, "residual": residual}
    encoder = {"type": "rnn", **stack, "bidirectional": False}
    decoder = {"type": "luong", **stack, "attentional_dim": 4}
    attention = {**attention, "normaliser": {"type": "softmax"}}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={**encoder, "reverse_source": reverse},
        bridge=bridge,
        decoder={**decoder, "input_feeding": input_feeding, "attention": attention},
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        logprob, alignment = translate(weights, src, tgt, attention, options)
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, logprob, rtol=0, atol=1e-10)
        found = forced.weights_BTS[row, : len(tgt) + 1, : len(src) + 1].detach().numpy()
        np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
