"""Dropout on sequences and between recurrent layers."""

import pytest
import torch

from nmt.nn.dropout import Dropout
from nmt.nn.gru import GRU
from nmt.nn.stack import Stack, make_stack, step_masks


def test_a_quarter_is_dropped_and_the_rest_scaled():
    x_BTF = torch.ones(20, 50, 40)
    y_BTF = Dropout(0.25)(x_BTF)
    assert y_BTF.unique().tolist() == [0.0, pytest.approx(4 / 3)]
    assert float((y_BTF == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert not torch.equal(y_BTF[:, 0], y_BTF[:, 1])


def test_a_variational_mask_is_the_same_at_all_positions_but_not_in_all_sentences():
    y_BTF = Dropout(0.5, variational=True)(torch.ones(8, 6, 100))
    assert torch.equal(y_BTF, y_BTF[:, :1].expand_as(y_BTF))
    assert len({tuple(row.tolist()) for row in y_BTF[:, 0]}) == 8


@pytest.mark.parametrize("dropout", [Dropout(0.0), Dropout(0.5).eval()])
def test_nothing_is_dropped_at_rate_0_or_when_testing(dropout):
    x_BTF = torch.randn(2, 3, 4)
    assert dropout(x_BTF) is x_BTF
    assert dropout.mask(x_BTF) is None


def test_a_gradient_passes_where_the_value_does():
    x_BTF = torch.randn(3, 4, 5, requires_grad=True)
    y_BTF = Dropout(0.5)(x_BTF)
    y_BTF.sum().backward()
    assert torch.equal(x_BTF.grad != 0, y_BTF != 0)


@pytest.mark.parametrize("variational", [False, True])
@pytest.mark.parametrize("residual", [False, True])
def test_stacked_steps_with_masks_equal_the_stack_over_the_sequence(variational, residual):
    """The same random state gives the same masks, drawn layer by layer in both cases."""
    stack = make_stack("gru", 3, 4, 5, Dropout(0.5, variational), residual=residual, reset_gate="after")
    for parameter in stack.parameters():
        torch.nn.init.normal_(parameter, 0, 0.5)
    x_BTI, states = torch.randn(2, 6, 4), tuple((torch.randn(2, 5),) for _ in range(3))
    torch.manual_seed(3)
    whole_BTH, last = stack.unroll(x_BTI, states)
    torch.manual_seed(3)
    masks, outputs = stack.masks(x_BTI), []
    for t in range(6):
        output_BH, states = stack.step(x_BTI[:, t], states, step_masks(masks, t))
        outputs.append(output_BH)
    torch.testing.assert_close(torch.stack(outputs, 1), whole_BTH)
    torch.testing.assert_close(states, last)


def test_a_residual_stack_adds_the_input_from_the_second_layer_on():
    """With all weights zero, a GRU halves its state and tends to 0: the output is the input of the upper layers."""
    layers = [GRU(3, 3), GRU(3, 3)]
    for parameter in [parameter for layer in layers for parameter in layer.parameters()]:
        torch.nn.init.zeros_(parameter)
    states = ((torch.full((1, 3), 4.0),), (torch.full((1, 3), 10.0),))
    output_BTH, last = Stack(layers, Dropout(0.0), residual=True).unroll(torch.ones(1, 2, 3), states)
    assert output_BTH[0, :, 0].tolist() == [2.0 + 5.0, 1.0 + 2.5]
    assert [state[0][0, 0].item() for state in last] == [1.0, 2.5]
