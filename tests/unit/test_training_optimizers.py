"""Every optimizer against its formula written as a slow loop over numbers."""

import math

import pytest
import torch

from nmt.training.config import TrainConfig

GRADIENTS = [0.5, -1.0, 2.0]


def steps(config):
    weight = torch.nn.Parameter(torch.tensor([3.0]))
    optimizer = TrainConfig(max_steps=1, optimizer=config).optimizer.build(parameters=[weight])
    for gradient in GRADIENTS:
        weight.grad = torch.tensor([gradient])
        optimizer.step()
    return weight.item()


def adam(lr, beta1, beta2, eps, l2, decoupled):
    weight, m, v = 3.0, 0.0, 0.0
    for t, gradient in enumerate(GRADIENTS, start=1):
        weight -= lr * decoupled * weight
        gradient += l2 * weight
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        weight -= lr * (m / (1 - beta1**t)) / (math.sqrt(v / (1 - beta2**t)) + eps)
    return weight


def test_adam():
    config = {"type": "adam", "lr": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-3, "weight_decay": 0.2}
    assert steps(config) == pytest.approx(adam(0.1, 0.8, 0.9, 1e-3, l2=0.2, decoupled=0.0), abs=1e-5)


def test_adamw():
    config = {"type": "adamw", "lr": 0.1, "weight_decay": 0.2}
    assert steps(config) == pytest.approx(adam(0.1, 0.9, 0.999, 1e-8, l2=0.0, decoupled=0.2), abs=1e-5)


def test_adadelta_with_the_values_of_bahdanau():
    weight, squares, updates = 3.0, 0.0, 0.0
    for gradient in GRADIENTS:
        squares = 0.95 * squares + 0.05 * gradient**2
        update = math.sqrt(updates + 1e-6) / math.sqrt(squares + 1e-6) * gradient
        updates = 0.95 * updates + 0.05 * update**2
        weight -= update
    assert steps({"type": "adadelta"}) == pytest.approx(weight, abs=1e-6)


def test_sgd():
    assert steps({"type": "sgd"}) == pytest.approx(3.0 - 0.5 + 1.0 - 2.0)


def test_sgd_with_momentum():
    # b: 0.5, -1 + 0.25 = -0.75, 2 - 0.375 = 1.625
    assert steps({"type": "sgd", "lr": 0.1, "momentum": 0.5}) == pytest.approx(3.0 - 0.05 + 0.075 - 0.1625)
