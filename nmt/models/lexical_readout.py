"""A read-out of the source words themselves: the attended words help to choose the target word without the recurrence.

B sentences, M queries of each, S source, E embedding.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from nmt.config.component import Section
from nmt.nn.dropout import Dropout
from nmt.nn.linear import Linear


class LexicalReadoutConfig(Section):
    """The attended source words as features of the vocabulary, beside those of the decoder."""

    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Dropout on these features."""


class LexicalReadout(nn.Module):
    """l_t = tanh(sum_s a_t(s) f_s);  h_t = tanh(W l_t) + l_t      Nguyen and Chiang 2018, section 4.

    f_s are the source embeddings and a_t the attention that predicts y_t. The vocabulary reads h_t beside the decoder's
    features h~_t: softmax(W^o h~_t + W^l h_t + b). So attention learns to rest on the word that is translated.
    """

    def __init__(self, config: LexicalReadoutConfig, *, width: int) -> None:
        super().__init__()
        self.hidden = Linear(width, width, bias=False)
        self.dropout = Dropout(config.dropout)

    def forward(self, weights_BMS: Tensor, x_BSE: Tensor) -> Tensor:
        """h_BME of the M rows of attention of each sentence."""
        attended_BME = torch.tanh(weights_BMS.to(x_BSE.dtype) @ x_BSE)
        return self.dropout(torch.tanh(self.hidden(attended_BME)) + attended_BME)
