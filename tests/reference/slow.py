"""The recurrences as the papers write them: one sentence, one step, one gate with its own matrices at a time."""

from __future__ import annotations

import json

import numpy as np
import torch

from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq

SRC_VOCAB, TGT_VOCAB = 12, 10


def make_model(**parts) -> tuple[Seq2Seq, dict[str, np.ndarray]]:
    """A model with random weights, biases too, and its weights by name."""
    config = ModelConfig.model_validate_json(json.dumps(parts))
    torch.manual_seed(11)
    model = Seq2Seq(config, src_vocab=SRC_VOCAB, tgt_vocab=TGT_VOCAB).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.6)
    return model, {name: weight.detach().numpy() for name, weight in model.state_dict().items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(scores):
    """Luong et al. 2015, eq. 7; Bahdanau et al. 2014, eq. 6."""
    total = sum(np.exp(score) for score in scores)
    return [np.exp(score) / total for score in scores]


def log_softmax(logits):
    return [logit - np.log(sum(np.exp(other) for other in logits)) for logit in logits]


def weighted_sum(weights, vectors):
    """Bahdanau et al. 2014, eq. 5."""
    return sum(weight * vector for weight, vector in zip(weights, vectors, strict=True))


class Gate:
    """W x + U h + b of one gate: block `index` of the stacked matrices of the layer `prefix`."""

    def __init__(self, weights, prefix, index, sign=1):
        dim = weights[f"{prefix}.weight_hh"].shape[1]
        rows = slice(index * dim, (index + 1) * dim)
        self.W = sign * weights[f"{prefix}.weight_ih"][rows]
        self.U = sign * weights[f"{prefix}.weight_hh"][rows]
        names = [f"{prefix}.{name}" for name in ("bias", "bias_ih", "bias_hh") if f"{prefix}.{name}" in weights]
        self.b = sign * sum(weights[name][rows] for name in names)

    def __call__(self, x, h):
        return self.W @ x + self.U @ h + self.b


def bahdanau_gru(weights, prefix):
    """One step of Bahdanau et al. 2014, A.1.1 and A.1.2, with the biases that the paper leaves out.

    The paper's update gate lets the new state in, s_i = (1 - z) s_{i-1} + z s~_i; ours keeps the old one.
    1 - sigmoid(a) is sigmoid(-a), so the paper's W_z, U_z and b_z are ours with the opposite sign.
    """
    r_gate, z_gate, candidate = Gate(weights, prefix, 0), Gate(weights, prefix, 1, sign=-1), Gate(weights, prefix, 2)

    def step(x, s):
        r, z = sigmoid(r_gate(x, s)), sigmoid(z_gate(x, s))
        proposed = np.tanh(candidate(x, r * s))
        return (1 - z) * s + z * proposed

    return step


def cho_gru(weights, prefix):
    """One step of Cho et al. 2014, eq. 5 to 8: z keeps the old state, as ours does."""
    r_gate, z_gate, candidate = (Gate(weights, prefix, index) for index in range(3))

    def step(x, h):
        r, z = sigmoid(r_gate(x, h)), sigmoid(z_gate(x, h))
        return z * h + (1 - z) * np.tanh(candidate(x, r * h))

    return step


def nematus_gru(weights, prefix):
    """One step of Sennrich et al. 2017, section 2: the reset gate multiplies U s, with its bias, not s.

    As in the code of Nematus, the candidate's bias is beside W x (bias_ih) or beside U s (bias_hh); we have both.
    """
    r_gate, z_gate = Gate(weights, prefix, 0), Gate(weights, prefix, 1)
    dim = weights[f"{prefix}.weight_hh"].shape[1]
    W, U, b, b_U = (weights[f"{prefix}.{name}"][2 * dim :] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))

    def step(x, s):
        r, z = sigmoid(r_gate(x, s)), sigmoid(z_gate(x, s))
        return (1 - z) * np.tanh(W @ x + b + r * (U @ s + b_U)) + z * s

    return step


def bidirectional_gru(weights, cell, words):
    """Bahdanau et al. 2014, A.2.1: every h_j = [forward h_j; backward h_j], and backward h_1."""
    zero = np.zeros(weights["encoder.cells.0.weight_hh"].shape[1])
    forward, backward = [zero], [zero]
    for x in words:
        forward.append(cell(weights, "encoder.cells.0")(x, forward[-1]))
    for x in reversed(words):
        backward.append(cell(weights, "encoder.cells.1")(x, backward[-1]))
    return [np.concatenate(pair) for pair in zip(forward[1:], backward[:0:-1], strict=True)], backward[-1]


def lstm(weights, prefix):
    """One step of Zaremba et al. 2014, section 3.1, which Luong et al. use."""
    i_gate, f_gate, o_gate, g_gate = (Gate(weights, prefix, index) for index in range(4))

    def step(x, state):
        h, c = state
        i, f, o, g = sigmoid(i_gate(x, h)), sigmoid(f_gate(x, h)), sigmoid(o_gate(x, h)), np.tanh(g_gate(x, h))
        c = f * c + i * g
        return o * np.tanh(c), c

    return step


def stacked_lstm(weights, prefix, layers, residual=False):
    """Zaremba et al. 2014: the h of a layer is the x of the next; Wu et al. 2016, eq. 6: from the second on, h + x."""
    steps = [lstm(weights, f"{prefix}.{layer}") for layer in range(layers)]

    def step(x, states):
        new = []
        for number, (layer, state) in enumerate(zip(steps, states, strict=True), 1):
            new.append(layer(x, state))
            x = new[-1][0] + x if residual and number >= 2 else new[-1][0]
        return x, new

    return step
