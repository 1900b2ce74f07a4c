"""What is trained on, and where."""

from __future__ import annotations

import platform
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import torch

from nmt import __version__
from nmt.data.epochs import Epochs, MappedEpochs
from nmt.kernels.kernels import find_kernel
from nmt.models.seq2seq import Seq2Seq
from nmt.parallel.ranks import Ranks
from nmt.training.validation import Validation


@dataclass(frozen=True)
class Job:
    """Everything that a trainer needs beside the model and the `train` section of the config."""

    data: Epochs | MappedEpochs
    validate: Callable[[Seq2Seq], Validation]
    """Measures the model as it is, in evaluation mode."""

    device: torch.device
    precision: Literal["fp32", "bf16"]
    """bf16: bfloat16 autocast with float32 weights."""

    seed: int
    fingerprint: dict[str, str] = field(default_factory=dict)
    """What must not change between the starts of one run."""

    data_fingerprint: dict[str, str] = field(default_factory=dict)
    """The same of the text and the links, by their paths."""

    allow_changed_data: bool = False
    """Whether a run goes on with other text or links than it began with; it then says so."""

    memory_hint: str = "lower data.batching or data.max_length"
    """What to do when memory runs out in an update."""

    validation_memory_hint: str = "lower search.batch_sentences or evaluation.valid_beam_size"
    """What to do when memory runs out in a validation."""

    ranks: Ranks = field(default_factory=Ranks)
    """The processes that train together."""

    def environment(self, uses_graphs: bool) -> dict[str, str]:
        """What the bits of a training depend on, besides its config and data. `uses_graphs`: CUDA's."""
        cuda = self.device.type == "cuda"
        return {
            "threads": str(torch.get_num_threads()),
            "nmt": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
            "device": torch.cuda.get_device_name(self.device) if cuda else torch.backends.cpu.get_cpu_capability(),
            "precision": self.precision,
            "processes": str(self.ranks.size),
            "kernels": "graphs" if uses_graphs else "compiled" if self._has_kernels() else "none",
        }

    def _has_kernels(self) -> bool:
        return find_kernel("gru_after", torch.empty(0, device=self.device)) is not None
