"""The words that a beam may go on with. N hypotheses, P prefix, V vocabulary, C words of each hypothesis."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from nmt.kernels.kernels import find_kernel
from nmt.nn.softmax import log_probabilities
from nmt.search.limits import NEVER, NEVER_WORDS, rule_out
from nmt.text.vocab import UNK

MOST = 64
"""More words of a hypothesis than these are left to PyTorch, which does not put each in its place one by one."""


def best_words(
    logits_NV: Tensor, count: int, prefix_BP: Tensor | None, step: int, forbid_unk: bool
) -> tuple[Tensor, Tensor]:
    """logprob_NC and word_NC of the `count` most probable words, best first, of those that `rule_out` lets be the token
    of `step`; where there are no more, -inf. A compiled loop finds them in one pass, without a matrix of
    log-probabilities."""
    kernel = find_kernel("best_words", logits_NV)
    if kernel is None or count > MOST or (prefix_BP is not None and step < prefix_BP.size(1)):
        logprob_NV = log_probabilities(logits_NV)
        rule_out(logprob_NV, prefix_BP, step, forbid_unk)
        best, more = logprob_NV.topk(min(count, logits_NV.size(1)), 1), (0, max(0, count - logits_NV.size(1)))
        return F.pad(best.values, more, value=NEVER), F.pad(best.indices, more)
    never = torch.tensor([*NEVER_WORDS, *[UNK] * forbid_unk])
    logprob_NC = torch.empty(len(logits_NV), count)
    word_NC = torch.empty(logprob_NC.shape, dtype=torch.long)
    kernel(*logits_NV.shape, count, len(never), logits_NV.contiguous(), never, logprob_NC, word_NC)
    return logprob_NC, word_NC
