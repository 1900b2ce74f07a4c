"""Where and how precisely to compute."""

from __future__ import annotations

import os
import resource
import sys
from typing import Literal, NamedTuple

import torch

from nmt.errors import UserError

Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "fp32", "bf16"]


class Compute(NamedTuple):
    """Where, and in which precision: bf16 computes products in bfloat16 and keeps the weights in float32."""

    device: torch.device
    precision: Literal["fp32", "bf16"]

    def autocast(self) -> torch.autocast:
        """The context to compute in; it does nothing in fp32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bf16")


def resolve_compute(device: Device, precision: Precision) -> Compute:
    """In fp32 cuDNN no longer rounds what it multiplies to 19 bits, which it does if not told otherwise, unlike
    PyTorch's products; in bf16 it may, as that is 3 more than bfloat16 has.

    Errors: UserError if cuda is asked for and there is none.
    """
    place = resolve_device(device)
    compute = Compute(place, resolve_precision(precision, place))
    torch.backends.cudnn.allow_tf32 = compute.precision == "bf16"
    return compute


def resolve_device(name: Device) -> torch.device:
    """One of several processes of a machine takes the GPU of its number there, LOCAL_RANK.

    Errors: UserError if cuda is asked for and there is none, or not one for each process.
    """
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise UserError("device: cuda is not available here; use auto or cpu")
    if not available or name == "cpu":
        return torch.device("cpu")
    own = int(os.environ.get("LOCAL_RANK", "0"))
    if own >= torch.cuda.device_count():
        raise UserError(f"device: there are {torch.cuda.device_count()} GPUs here, too few for process {own + 1}")
    torch.cuda.set_device(own)
    return torch.device("cuda")


def resolve_precision(name: Precision, device: torch.device) -> Literal["fp32", "bf16"]:
    """auto is bf16 where the processor multiplies bfloat16 natively (avx512_bf16, amx, CUDA 8.0 and later)."""
    if name != "auto":
        return name
    if device.type == "cuda":
        return "bf16" if torch.cuda.get_device_capability(device) >= (8, 0) else "fp32"
    able = torch.cpu.get_capabilities()
    return "bf16" if able.get("avx512_bf16") or able.get("amx_bf16") else "fp32"


def peak_memory(device: torch.device) -> int:
    """Bytes: the most that this process has had, or of the GPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
