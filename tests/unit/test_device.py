"""Where and how precisely to compute, with a GPU that the test plays."""

import pytest
import torch

from nmt.device import resolve_compute


@pytest.mark.parametrize(
    ("asked", "capability", "precision", "rounds"),
    [("auto", (9, 0), "bf16", True), ("auto", (7, 5), "fp32", False), ("fp32", (9, 0), "fp32", False)],
)
def test_cudnn_rounds_in_bf16_alone(monkeypatch, asked, capability, precision, rounds):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", not rounds)
    assert resolve_compute("auto", asked) == (torch.device("cuda"), precision)
    assert torch.backends.cudnn.allow_tf32 == rounds
