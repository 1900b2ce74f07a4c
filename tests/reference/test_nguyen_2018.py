"""Nguyen and Chiang 2018, "Improving Lexical Choice in Neural Machine Translation", section 4, beside two decoders.

The decoders are held by test_bahdanau_2014.py and test_luong_2015.py, so their features h~ are taken as they are.
"""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import EOS

from .slow import log_softmax, make_model

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]
FEATURES = 3
DECODERS = [
    {"type": "bahdanau", "dim": 6, "maxout": FEATURES},
    {"type": "luong", "dim": 6, "attentional_dim": FEATURES},
]


def lexical(weights, src, attention):
    """h_t^l of one step: l_t = tanh(sum_s a_t(s) f_s), h_t^l = tanh(W l_t) + l_t."""
    l_t = np.zeros(weights["src_embedding.weight"].shape[1])
    for s, word in enumerate([*src, EOS]):
        l_t += attention[s] * weights["src_embedding.weight"][word]
    l_t = np.tanh(l_t)
    return np.tanh(weights["lexical_readout.hidden.weight"] @ l_t) + l_t


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder["type"])
def test_lexical_model(decoder, monkeypatch):
    model, weights = make_model(
        embedding={"dim": 5}, encoder={"type": "rnn", "dim": 4}, decoder=decoder, lexical_readout={}
    )
    read = []
    readout = model.decoder.readout
    monkeypatch.setattr(model.decoder, "readout", lambda *parts: read.append(readout(*parts)) or read[-1])
    batch = collate(SRC, TGT, [])
    forced = model.force(batch)
    W, b = weights["projection.weight"], weights["projection.bias"]
    W_o, W_l = W[:, :FEATURES], W[:, FEATURES:]
    places = zip(*(part.tolist() for part in batch.real_targets), strict=True)
    for (row, t), h in zip(places, read[0].detach().numpy(), strict=True):
        attention = forced.weights_BTS[row, t].detach().numpy()
        logits = W_o @ h + b + W_l @ lexical(weights, SRC[row], attention)
        expected = log_softmax(logits)[[*TGT[row], EOS][t]]
        assert forced.logprob_BT[row, t].item() == pytest.approx(expected, abs=1e-10)
