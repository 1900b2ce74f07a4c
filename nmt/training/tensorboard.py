"""The metrics for TensorBoard, in `RUN/tensorboard`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nmt.errors import UserError
from nmt.training.metrics import Line


class TensorBoardLog:
    """Writes every number of a metrics line as `split/name`. Steps from `first_step` on replace earlier ones."""

    def __init__(self, folder: Path, first_step: int) -> None:
        self._writer = summary_writer()(str(folder), purge_step=first_step)

    def write(self, line: Line) -> None:
        """Adds one metrics line."""
        for name, value in line.items():
            if isinstance(value, float):
                self._writer.add_scalar(f"{line['split']}/{name}", value, int(line["step"]))

    def close(self) -> None:
        """Writes out what is pending."""
        self._writer.close()


def summary_writer() -> Any:
    """TensorBoard's writer class. Errors: UserError if the package is missing."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        message = 'train.tensorboard needs the package tensorboard: pip install "nmt-attention[tensorboard]"'
        raise UserError(message) from None
    return SummaryWriter
