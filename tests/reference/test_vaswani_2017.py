"""Vaswani et al. 2017, "Attention Is All You Need": one sentence, one position, one head at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import log_softmax, make_model, softmax, weighted_sum

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
LAYERS, DIM, HEADS = 2, 6, 3


def position_of(pos):
    """Section 3.5."""
    vector = np.zeros(DIM)
    for i in range(DIM // 2):
        vector[2 * i] = math.sin(pos / 10000 ** (2 * i / DIM))
        vector[2 * i + 1] = math.cos(pos / 10000 ** (2 * i / DIM))
    return vector


class Equations:
    """The layers of one side, from weights by name."""

    def __init__(self, weights, side, norm):
        own = {name: weight for name, weight in weights.items() if name.startswith(side)}
        self.weights = {name.removeprefix(f"{side}."): weight for name, weight in own.items()}
        self.norm = norm

    def embed(self, E, word, pos):
        """Section 3.4, with the matrix that takes an embedding of another width to the model's."""
        widen = self.weights.get("positioned.widen.weight", np.eye(DIM))
        return widen @ (math.sqrt(E.shape[1]) * E[word]) + position_of(pos)

    def layer_norm(self, x, name):
        """Ba et al. 2016, eq. 4."""
        mu = sum(x) / len(x)
        sigma = math.sqrt(sum((value - mu) ** 2 for value in x) / len(x) + 1e-5)
        return self.weights[f"{name}.weight"] * (x - mu) / sigma + self.weights[f"{name}.bias"]

    def multi_head(self, query, name, memory):
        """Eq. 1 and section 3.2.2: the output, and the weights of every head."""
        W_Q, W_K, W_V, W_O = (self.weights[f"{name}.{part}.weight"] for part in ("query", "key", "value", "output"))
        width, heads, alphas = DIM // HEADS, [], []
        for i in range(HEADS):
            rows = slice(i * width, (i + 1) * width)
            q = W_Q[rows] @ query
            alphas.append(softmax([q @ (W_K[rows] @ m) / math.sqrt(width) for m in memory]))
            heads.append(weighted_sum(alphas[-1], [W_V[rows] @ m for m in memory]))
        return W_O @ np.concatenate(heads), np.array(alphas)

    def feed_forward(self, x, name):
        """Eq. 2."""
        W_1, W_2 = self.weights[f"{name}.hidden.weight"], self.weights[f"{name}.output.weight"]
        b_1, b_2 = self.weights[f"{name}.hidden.bias"], self.weights[f"{name}.output.bias"]
        return W_2 @ np.maximum(0, W_1 @ x + b_1) + b_2

    def attend(self, query, name, memory):
        return self.multi_head(query, name, memory)[0]

    def around(self, x, residual, sublayer, *rest):
        """Section 3.1, LayerNorm(x + Sublayer(x)); Xiong et al. 2020, x + Sublayer(LayerNorm(x))."""
        if self.norm == "post":
            return self.layer_norm(x + sublayer(x, *rest), f"{residual}.norm")
        return x + sublayer(self.layer_norm(x, f"{residual}.norm"), *rest)

    def inside(self, x, residual):
        """What the sublayer reads."""
        return x if self.norm == "post" else self.layer_norm(x, f"{residual}.norm")

    def end(self, x):
        """The top of the stack: section 3.1 has no LayerNorm there, Xiong et al. 2020 (table 1) have one."""
        return x if self.norm == "post" else self.layer_norm(x, "norm")


def encode(weights, src, norm):
    side = Equations(weights, "encoder", norm)
    states = [side.embed(weights["src_embedding.weight"], word, pos) for pos, word in enumerate([*src, EOS])]
    for layer in range(LAYERS):
        name = f"layers.{layer}"
        memory = [side.inside(x, f"{name}.attention_residual") for x in states]
        for pos, x in enumerate(states):
            x = side.around(x, f"{name}.attention_residual", side.attend, f"{name}.attention", memory)
            states[pos] = side.around(x, f"{name}.feed_forward_residual", side.feed_forward, f"{name}.feed_forward")
    return [side.end(x) for x in states]


def decode(weights, words, memory, norm, alignment_layer):
    """The top state after the last of `words`, and the weights of one layer for it: everything anew at each word."""
    side = Equations(weights, "decoder", norm)
    states = [side.embed(weights["tgt_embedding.weight"], word, pos) for pos, word in enumerate(words)]
    alphas = []
    for layer in range(LAYERS):
        name = f"layers.{layer}"
        target = [side.inside(x, f"{name}.self_residual") for x in states]
        for pos, x in enumerate(states):
            x = side.around(x, f"{name}.self_residual", side.attend, f"{name}.self_attention", target[: pos + 1])
            query = side.inside(x, f"{name}.cross_residual")
            last = side.multi_head(query, f"{name}.cross_attention", memory)[1]
            x = side.around(x, f"{name}.cross_residual", side.attend, f"{name}.cross_attention", memory)
            states[pos] = side.around(x, f"{name}.feed_forward_residual", side.feed_forward, f"{name}.feed_forward")
        alphas.append(last)
    return side.end(states[-1]), sum(alphas[alignment_layer - 1]) / HEADS


@pytest.mark.parametrize("alignment_layer", [1, 2, None])
@pytest.mark.parametrize("width", [DIM, 5], ids=["", "widened"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_transformer(norm, width, alignment_layer):
    options = {"type": "transformer", "layers": LAYERS, "dim": DIM, "heads": HEADS, "ff_dim": 7, "norm": norm}
    model, weights = make_model(
        embedding={"dim": width},
        encoder=options,
        bridge={"type": "zero"},
        decoder={**options, "alignment_layer": alignment_layer},
    )
    forced = model.force(collate(SRC, TGT, []))
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        memory = encode(weights, src, norm)
        for t, word in enumerate([*tgt, EOS]):
            top, alignment = decode(weights, [BOS, *tgt][: t + 1], memory, norm, alignment_layer or LAYERS)
            logits = weights["projection.weight"] @ top + weights["projection.bias"]
            assert float(forced.logprob_BT[row, t].detach()) == pytest.approx(log_softmax(logits)[word], abs=1e-10)
            found = forced.weights_BTS[row, t, : len(src) + 1].detach().numpy()
            np.testing.assert_allclose(found, alignment, rtol=0, atol=1e-10)
