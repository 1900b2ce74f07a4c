"""Attention as the papers write it: one sentence, one target word, one source position, one number at a time.

Positions of source and target count from 1. `w` holds the weights of one attention by name, without their prefix.
"""

from __future__ import annotations

import math

import numpy as np

from .slow import sigmoid, softmax

ACTIVATION = {"tanh": math.tanh, "relu": lambda x: max(x, 0.0), "identity": lambda x: x}


def inner(x, y):
    return sum(x_i * y_i for x_i, y_i in zip(x, y, strict=True))


def product(W, x):
    return np.array([inner(row, x) for row in W])


def cosine(x, y):
    """Graves et al. 2014, eq. 6."""
    return inner(x, y) / (math.sqrt(inner(x, x)) * math.sqrt(inner(y, y)))


def score(w, scorer, h_t, h_s, s):
    """score(h_t, h_s) of the source position s."""
    kind = scorer["type"]
    if kind == "dot":  # Luong et al. 2015, section 3.1
        return inner(h_t, h_s)
    if kind == "general":
        return inner(h_t, product(w["scorer.key.weight"], h_s))
    if kind == "concat":
        U = np.eye(len(h_s)) if scorer.get("reduced") else w["scorer.key.weight"]
        W_a = np.concatenate([w["scorer.query.weight"], U], axis=1)
        return inner(w["scorer.energy"], np.tanh(product(W_a, np.concatenate([h_t, h_s]))))
    if kind == "location":  # eq. 8 and its footnote: near the end of a long source there is no score
        W_a = w["scorer.position.weight"]
        return product(W_a, h_t)[s - 1] if s <= len(W_a) else -math.inf
    if kind == "additive":  # Bahdanau et al. 2014, A.1.2, with its bias
        hidden = product(w["scorer.query.weight"], h_t) + product(w["scorer.key.weight"], h_s) + w["scorer.key.bias"]
        return inner(w["scorer.energy"], np.tanh(hidden))
    if kind == "scaled_dot":  # Vaswani et al. 2017, eq. 1
        return inner(h_t, h_s) / math.sqrt(len(h_t))
    if kind == "cosine":  # Graves et al. 2014, eq. 5
        k_t = product(w["scorer.query.weight"], h_t) + w["scorer.query.bias"]
        beta = math.log(1 + math.exp(inner(w["scorer.strength.weight"][0], h_t) + w["scorer.strength.bias"][0]))
        return beta * cosine(k_t, h_s)
    assert kind == "content"  # Lin et al. 2017, eq. 5
    act = ACTIVATION[scorer.get("activation", "tanh")]
    return sum(u * act(x) for u, x in zip(w["scorer.energy"], product(w["scorer.key.weight"], h_s), strict=True))


def center(w, window, h_t, t, S):
    """p_t      Luong et al. 2015, section 3.2 and eq. 9; the whole sentence has none."""
    if window["type"] == "local_m":
        return t
    if window["type"] == "local_p":
        return S * sigmoid(inner(w["window.center"], np.tanh(product(w["window.hidden.weight"], h_t))))
    return None


def align(normaliser, scores):
    """Scores of the positions in the window to weights."""
    if normaliser == "softmax":
        return softmax(scores)
    if normaliser == "hardmax":
        best = scores.index(max(scores))
        return [1.0 if j == best else 0.0 for j in range(len(scores))]
    if normaliser == "uniform":
        return [1 / len(scores)] * len(scores)
    assert normaliser == "sparsemax"  # Martins and Astudillo 2016, algorithm 1
    z = sorted(scores, reverse=True)
    k = max(k for k in range(1, len(z) + 1) if 1 + k * z[k - 1] > sum(z[:k]))
    tau = (sum(z[:k]) - 1) / k
    return [max(score - tau, 0.0) for score in scores]


def attend(w, options, h_t, h_bar, t):
    """c_t and a_t, as long as the source, for the target word t."""
    window, S = options["window"], len(h_bar)
    p_t, D = center(w, window, h_t, t, S), window.get("width")
    seen = [s for s in range(1, S + 1) if p_t is None or p_t - D <= s <= p_t + D] or [S]
    normaliser, scores = options["normaliser"]["type"], [0.0] * len(seen)
    if normaliser != "uniform":
        scores = [score(w, options["scorer"], h_t, h_bar[s - 1], s) for s in seen]
    if max(scores) == -math.inf:  # a window of positions without a score: all weigh alike
        scores = [0.0] * len(seen)
    a_t = np.zeros(S)
    for s, weight in zip(seen, align(normaliser, scores), strict=True):
        sigma = D / 2 if D else None
        gaussian = math.exp(-((s - p_t) ** 2) / (2 * sigma**2)) if window["type"] == "local_p" else 1.0  # eq. 10
        a_t[s - 1] = weight * gaussian
    return sum(a_t[s] * h_bar[s] for s in range(S)), a_t


def multi_head(w, options, h_t, h_bar, t):
    """Vaswani et al. 2017, section 3.2.2: c_t through W^O, and a_t of every head."""
    contexts, weights = [], []
    width = len(h_bar[0]) // options["heads"]
    for head in range(options["heads"]):
        W_q, W_k, W_v = (
            w[f"heads.{name}.weight"][head * width : (head + 1) * width] for name in ("query", "key", "value")
        )
        q, keys, values = product(W_q, h_t), [product(W_k, h) for h in h_bar], [product(W_v, h) for h in h_bar]
        _, a_t = attend(w, options, q, keys, t)
        contexts.append(sum(a * value for a, value in zip(a_t, values, strict=True)))
        weights.append(a_t)
    return product(w["heads.output.weight"], np.concatenate(contexts)), weights


def attend_by_heads(weights, options, h_t, h_bar, t):
    """c_t and the exported alignment, the mean of the heads' distributions, from the weights of a whole model."""
    prefix = "decoder.attention."
    w = {name.removeprefix(prefix): weight for name, weight in weights.items() if name.startswith(prefix)}
    if options.get("heads", 1) == 1:
        c_t, a_t = attend(w, options, h_t, h_bar, t)
        return c_t, a_t / sum(a_t)
    c_t, each = multi_head(w, options, h_t, h_bar, t)
    return c_t, sum(a_t / sum(a_t) for a_t in each) / len(each)
