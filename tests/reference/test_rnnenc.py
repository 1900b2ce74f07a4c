"""Translation without attention: Cho et al. 2014 (RNN Encoder-Decoder) and Sutskever et al. 2014, word by word."""

from __future__ import annotations

import numpy as np
import pytest

from nmt.data.batch import collate
from nmt.text.vocab import BOS, EOS

from .slow import cho_gru, log_softmax, make_model, stacked_lstm

SRC = [[4, 9, 5, 11], [7], [10, 10, 6]]
TGT = [[5, 8], [4, 6, 9, 7], []]


def cho(weights, src, tgt):
    """Cho et al. 2014, section 2.2 and appendix A, with two differences of ours: the summary c is the encoder's last
    state itself, not tanh(V h), and the candidate's C c stands outside the reset gate."""
    E_x, E_y = weights["src_embedding.weight"], weights["tgt_embedding.weight"]
    c = np.zeros(weights["encoder.cells.0.weight_hh"].shape[1])
    for word in [*src, EOS]:
        c = cho_gru(weights, "encoder.cells.0")(E_x[word], c)
    h = np.tanh(weights["bridge.layers.0.weight"] @ c + weights["bridge.layers.0.bias"])
    step = cho_gru(weights, "decoder.stack.layers.0")
    logprob = []
    for last, word in zip([BOS, *tgt], [*tgt, EOS], strict=True):
        h = step(np.concatenate([E_y[last], c]), h)
        O_h, O_y, O_c = np.split(weights["decoder.maxout.linear.weight"], [len(h), len(h) + len(E_y[0])], axis=1)
        s_prime = O_h @ h + O_y @ E_y[last] + O_c @ c + weights["decoder.maxout.linear.bias"]
        s = np.array([max(s_prime[2 * i], s_prime[2 * i + 1]) for i in range(len(s_prime) // 2)])
        logprob.append(log_softmax(weights["projection.weight"] @ s + weights["projection.bias"])[word])
    return np.array(logprob)


def sutskever(weights, src, tgt, layers, residual):
    """Sutskever et al. 2014, sections 2 and 3.3: the source backwards; its last states are the decoder's first."""
    encoder, decoder = (
        stacked_lstm(weights, "encoder.cells", layers, residual),
        stacked_lstm(weights, "decoder.stack.layers", layers, residual),
    )
    states = [(np.zeros(6), np.zeros(6))] * layers
    for word in [*reversed(src), EOS]:
        _, states = encoder(weights["src_embedding.weight"][word], states)
    logprob = []
    for last, word in zip([BOS, *tgt], [*tgt, EOS], strict=True):
        h, states = decoder(weights["tgt_embedding.weight"][last], states)
        logprob.append(log_softmax(weights["projection.weight"] @ h + weights["projection.bias"])[word])
    return np.array(logprob)


def check(model, slow):
    forced = model.force(collate(SRC, TGT, []))
    assert forced.weights_BTS is None
    for row, (src, tgt) in enumerate(zip(SRC, TGT, strict=True)):
        found = forced.logprob_BT[row, : len(tgt) + 1].detach().numpy()
        np.testing.assert_allclose(found, slow(src, tgt), rtol=0, atol=1e-10)


def test_cho():
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "rnn", "cell": "gru", "reset_gate": "before", "dim": 4, "bidirectional": False},
        bridge={"type": "dense", "source": "final"},
        decoder={"type": "plain", "cell": "gru", "reset_gate": "before", "dim": 6, "every_step": True, "maxout": 3},
    )
    check(model, lambda src, tgt: cho(weights, src, tgt))


@pytest.mark.parametrize("residual", [False, True], ids=["", "residual"])
def test_sutskever(residual):
    stack = {"cell": "lstm", "layers": 3, "dim": 6, "residual": residual}
    model, weights = make_model(
        embedding={"dim": 5},
        encoder={"type": "rnn", **stack, "bidirectional": False, "reverse_source": True},
        bridge={"type": "copy"},
        decoder={"type": "plain", **stack},
    )
    check(model, lambda src, tgt: sutskever(weights, src, tgt, 3, residual))
