"""The HMM aligner: each target word's source position depends on that of the target word before it.

B sentence pairs, T target words, S source words, with the place before the first word (also NULL) as column 0.
"""

from __future__ import annotations

import torch
from torch import Tensor

from nmt.aligner.positions import Emissions, Expected, Positions


class JumpPositions(Positions):
    """p(a_t = j | a_{t-1} = i) = (1 - p_0) c(j - i) / sum_{1 <= j' <= S} c(j' - i); NULL with p_0, and then position i
    stays remembered.      Vogel et al. 1996, eq. 5; NULL as in Och and Ney 2003, eq. 20-22; the start is i = 0.

    Och and Ney have one NULL state for each position. Words after NULL and after the position it remembers have the
    same future, so that both states share one backward variable and S states are enough. Jumps longer than
    `MAX_JUMP` count as that.
    """

    MAX_JUMP = 50

    def __init__(self, null_probability: float = 0.2) -> None:
        self._null = null_probability
        self.weight_J = torch.ones(2 * self.MAX_JUMP + 1, dtype=torch.float64)
        self._forget()

    def expect(self, emissions: Emissions) -> Expected:
        kernel_SS = self._kernel(emissions.real_BS.size(1))
        real_BS = emissions.real_BS.double()
        norm_BS = real_BS @ kernel_SS.t()
        word_BTS = emissions.prob_BTS * ((1 - self._null) * real_BS[:, None])
        null_BT1 = emissions.prob_BTS[:, :, :1] * self._null
        null_BT1 = torch.where(emissions.real_BT[:, :, None], null_BT1, self._null)
        before_BTS, here_BTS, scale_BT = _forward(word_BTS, null_BT1, kernel_SS, norm_BS)
        posterior_BTS, after_BTS = _backward(word_BTS, null_BT1, kernel_SS, norm_BS, (here_BTS, scale_BT))
        posterior_BTS[:, :, 0] = 1 - posterior_BTS.sum(-1)
        posterior_BTS *= emissions.real_BT[:, :, None]
        after_BTS *= emissions.real_BT[:, :, None]
        self._count(before_BTS / norm_BS[:, None], after_BTS, kernel_SS, norm_BS, real_BS)
        return Expected(posterior_BTS.clamp_(min=0), scale_BT.log().sum())

    def maximise(self) -> None:
        """c(d) = N(d) / sum_i n(i) [i + d is a word] / norm(i): one step of Hunter 2004, eq. 30, after which the
        likelihood is at least as high, though c is normalised over what fits into the sentence."""
        weight_J = (self._jumps_J / self._chances_J).nan_to_num_(0.0)
        self.weight_J = (weight_J / weight_J.max()).clamp_(min=1e-9)
        self._forget()

    def _forget(self) -> None:
        self._jumps_J = torch.zeros_like(self.weight_J)
        self._chances_J = torch.zeros_like(self.weight_J)

    def _jump(self, size: int) -> Tensor:
        """Index of the jump from i to j."""
        places_S = torch.arange(size)
        return (places_S - places_S[:, None]).clamp_(-self.MAX_JUMP, self.MAX_JUMP) + self.MAX_JUMP

    def _kernel(self, size: int) -> Tensor:
        """c(j - i) in row i and column j; never to column 0."""
        kernel_SS = self.weight_J[self._jump(size)]
        kernel_SS[:, 0] = 0
        return kernel_SS

    def _count(
        self, leaving_BTS: Tensor, arriving_BTS: Tensor, kernel_SS: Tensor, norm_BS: Tensor, real_BS: Tensor
    ) -> None:
        """Adds the expected jumps N(d), and the chances for them, both summed over the batch."""
        jump_SS = self._jump(len(kernel_SS))
        jumps_SS = (leaving_BTS.flatten(0, 1).t() @ arriving_BTS.flatten(0, 1)) * kernel_SS
        left_BS = (leaving_BTS * (arriving_BTS @ kernel_SS.t())).sum(1)
        chances_SS = (left_BS / norm_BS).t() @ real_BS
        self._jumps_J.index_add_(0, jump_SS.flatten(), jumps_SS.flatten())
        self._chances_J.index_add_(0, jump_SS.flatten(), chances_SS.flatten())


def _forward(word_BTS: Tensor, null_BT1: Tensor, kernel_SS: Tensor, norm_BS: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Remembered positions before each target word, words reached with it, and the scales whose product is p."""
    before_BTS, here_BTS = torch.empty_like(word_BTS), torch.empty_like(word_BTS)
    scale_BT = torch.empty_like(word_BTS[:, :, 0])
    now_BS = torch.zeros_like(word_BTS[:, 0])
    now_BS[:, 0] = 1
    for t in range(word_BTS.size(1)):
        before_BTS[:, t] = now_BS
        reached_BS = ((now_BS / norm_BS) @ kernel_SS) * word_BTS[:, t]
        now_BS = torch.addcmul(reached_BS, now_BS, null_BT1[:, t])
        scale_B = now_BS.sum(1)
        scale_BT[:, t] = scale_B
        now_BS /= scale_B[:, None]
        here_BTS[:, t] = reached_BS / scale_B[:, None]
    return before_BTS, here_BTS, scale_BT


def _backward(
    word_BTS: Tensor, null_BT1: Tensor, kernel_SS: Tensor, norm_BS: Tensor, forward: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor]:
    """The posterior of each word, and what each word and all that follows it contribute to a jump to it."""
    here_BTS, scale_BT = forward
    after_BTS = word_BTS / scale_BT[:, :, None]
    null_BT1 = null_BT1 / scale_BT[:, :, None]
    rest_BS = torch.ones_like(norm_BS)
    for t in reversed(range(word_BTS.size(1))):
        here_BTS[:, t] *= rest_BS
        after_BTS[:, t] *= rest_BS
        rest_BS = torch.addcmul((after_BTS[:, t] @ kernel_SS.t()) / norm_BS, rest_BS, null_BT1[:, t])
    return here_BTS, after_BTS
