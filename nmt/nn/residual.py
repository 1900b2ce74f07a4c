"""What stands around each sublayer f of a Transformer: residual connection, dropout, layer normalisation."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from nmt.nn.dropout import Dropout

NormPlace = Literal["pre", "post"]


class Residual(nn.Module):
    """x' = r.after(x, f(r.before(x)))

        norm "post":  x' = LayerNorm(x + dropout(f(x)))      Vaswani et al. 2017, sections 3.1 and 5.4
        norm "pre":   x' = x + dropout(f(LayerNorm(x)))      Wang et al. 2019; Xiong et al. 2020, table 1

    With `pre` the sum of all sublayers is not normalised, so such a stack ends with a LayerNorm of its own.
    """

    def __init__(self, dim: int, dropout: float, norm: NormPlace) -> None:
        super().__init__()
        self.norm, self.norm_place = nn.LayerNorm(dim), norm
        self.dropout = Dropout(dropout)

    def before(self, x: Tensor) -> Tensor:
        """What the sublayer reads, (..., D)."""
        return self.norm(x) if self.norm_place == "pre" else x

    def after(self, x: Tensor, change: Tensor) -> Tensor:
        """x with what the sublayer made, (..., D)."""
        x = x + self.dropout(change)
        return self.norm(x) if self.norm_place == "post" else x


def last_norm(dim: int, norm: NormPlace) -> nn.Module:
    """What ends a stack: a LayerNorm after `pre`, nothing after `post`."""
    return nn.LayerNorm(dim) if norm == "pre" else nn.Identity()
