"""No window. B sentences, M queries, S source positions, H query width."""

from __future__ import annotations

from torch import Tensor

from nmt.attention.tapes.window import EverywhereTape, MakeWindowTape
from nmt.attention.windows.window import View, Window


class Everywhere(Window, name="everywhere"):
    """Every query sees all of the source: global attention, Luong et al. 2015, section 3.1; Bahdanau et al. 2014."""

    def __init__(self, config: Window.Config, *, query_dim: int) -> None:
        super().__init__()

    def forward(self, query_BMH: Tensor, mask_BS: Tensor, position_BM: Tensor | None) -> View:
        return View(mask_BS[:, None], None)

    def tape(self) -> tuple[MakeWindowTape, tuple[Tensor, ...]]:
        return EverywhereTape, ()
