"""The second device of the tests refuses what a GPU refuses."""

CODE = """
import torch
from tests.second_device import ELSEWHERE, SecondDevice

REFUSED = [
    lambda x: x + torch.ones(3),
    lambda x: x[torch.tensor([1, 2])],
    lambda x: torch.zeros(()).add_(x.sum()),
    lambda x: torch.stack([x.sum(), torch.zeros(())]),
    lambda x: torch.full((3,), 1.0) * x,
    lambda x: torch.cat([x, torch.ones(2)]),
]
with SecondDevice():
    x = torch.arange(3.0, device=ELSEWHERE)
    for number, refused in enumerate(REFUSED):
        try:
            refused(x)
        except AssertionError as error:
            assert "tensors of two devices" in str(error)
        else:
            raise SystemExit(f"{number} was not refused")
    assert (x * torch.tensor(2.0)).tolist() == [0.0, 2.0, 4.0]
    assert (x.device, x.cpu().device.type, torch.ones(2).device.type) == (ELSEWHERE, "cpu", "cpu")
    here = torch.ones(3)
    there = here.to(ELSEWHERE)
    here += 1
    there.cpu().add_(5)
    assert there.tolist() == [1.0, 1.0, 1.0]
    assert there.add_(1) is there
    weight = torch.nn.Parameter(there)
    (weight * x).sum().backward()
    assert weight.grad.device == ELSEWHERE and weight.grad.tolist() == [0.0, 1.0, 2.0]
"""


def test_it_refuses_what_a_gpu_refuses(forks):
    code, _, err = forks.run(CODE)
    assert (code, err) == (0, "")
