"""Residual layers: what is dropped, what is added."""

import torch

from nmt.nn.dropout import Dropout
from nmt.nn.residual_lstms import ResidualLSTMs

NEARLY_ALL = 1 - 1e-12


def layers(rate):
    made = ResidualLSTMs(3, 4, 5, Dropout(rate), side_dim=2)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    return made


def test_dropout_spares_what_is_added():
    """With all that the LSTMs read dropped, each makes the same of nothing, and the third layer has all of it."""
    upper = layers(NEARLY_ALL)
    states = upper.start(torch.empty(2, 1))
    expected_BTH = torch.zeros(2, 6, 5)
    for cell, state in zip(upper.layers, states, strict=True):
        expected_BTH = expected_BTH + cell.unroll(torch.zeros(2, 6, cell.weight_ih.size(1)), state)[0]
    output_BTH, _ = upper.unroll(torch.randn(2, 6, 4), torch.randn(2, 6, 2), states)
    torch.testing.assert_close(output_BTH, expected_BTH)


def test_every_layer_sees_the_side_input():
    upper = layers(0.0)
    x_BTI, side_BTD = torch.randn(2, 6, 4), torch.randn(2, 6, 2)
    states = upper.start(x_BTI[:, 0])
    output_BTH, _ = upper.unroll(x_BTI, side_BTD, states)
    for cell in upper.layers:
        kept = cell.weight_ih.data.clone()
        cell.weight_ih.data[:, -2:] = 0
        assert not torch.allclose(upper.unroll(x_BTI, side_BTD, states)[0], output_BTH)
        cell.weight_ih.data = kept
