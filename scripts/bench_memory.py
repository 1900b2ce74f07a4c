"""Peak memory of what a benchmark ran."""

from __future__ import annotations

import resource

import torch


def peak_memory(device: torch.device) -> float:
    """MB: of the process, or of the GPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_reserved(device) / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
