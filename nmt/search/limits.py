"""What an output may be: no PAD and no BOS, a given beginning, a longest length. Shared by all ways to search.

B sentences, N hypotheses in the order of the sentences, P prefix tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from nmt.text.vocab import BOS, PAD, UNK

NEVER = float("-inf")
"""The log-probability of what may not be."""

NEVER_WORDS = (PAD, BOS)
"""No output has them."""


def pad_prefixes(prefixes: Sequence[list[int]], device: torch.device) -> Tensor | None:
    """prefix_BP: the ids that each output must begin with, then PAD; None if all are empty."""
    longest = max(map(len, prefixes))
    if longest == 0:
        return None
    return torch.tensor([[*prefix, *[PAD] * (longest - len(prefix))] for prefix in prefixes], device=device)


def longest_outputs(src_len_B: Tensor, ratio: float, prefix_BP: Tensor | None) -> Tensor:
    """limit_B: `ratio` times the source, rounded up, or the prefix and one more token where that is longer."""
    limit_B = (src_len_B * ratio).ceil().long().clamp(min=1)
    return limit_B if prefix_BP is None else torch.maximum(limit_B, (prefix_BP != PAD).sum(1) + 1)


def rule_out(logprob_NV: Tensor, prefix_BP: Tensor | None, step: int, forbid_unk: bool) -> None:
    """Sets to -inf, in place, what may not be the token of `step` (from 0): within a prefix, all but its token, which
    may be UNK; elsewhere PAD, BOS and, if it is forbidden, UNK."""
    for word in NEVER_WORDS:  # a list as index would wait for a GPU
        logprob_NV[:, word] = NEVER
    if prefix_BP is None or step >= prefix_BP.size(1):
        if forbid_unk:
            logprob_NV[:, UNK] = NEVER
        return
    given_N = prefix_BP[:, step].repeat_interleave(len(logprob_NV) // len(prefix_BP))
    logprob_NV[:, UNK].masked_fill_((given_N == PAD) & forbid_unk, NEVER)
    other_NV = torch.arange(logprob_NV.size(1), device=given_N.device) != given_N[:, None]
    logprob_NV.masked_fill_(other_NV & (given_N != PAD)[:, None], NEVER)
