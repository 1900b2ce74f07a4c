"""Ancestral sampling: each token is drawn from the model's distribution, tempered and truncated if asked for.

B sentences still sampled, L of them that go on, K samples of a sentence, N = B * K, S source, T target, P prefix, V
vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from nmt.nn.softmax import log_probabilities
from nmt.nn.tree import map_tensors
from nmt.search.beam import SearchModel
from nmt.search.config import SearchConfig
from nmt.search.hypothesis import Hypothesis
from nmt.search.limits import longest_outputs, rule_out
from nmt.search.remaining import remaining, select, take_over
from nmt.search.trace import Paths, Trace
from nmt.text.vocab import BOS, EOS


class Sampling(NamedTuple):
    """From which distribution tokens are drawn, and the seed of the draws.

    temperature: above 0; probabilities are raised to 1 / temperature. top_k: only the k most probable tokens (Fan et
    al. 2018). top_p: of those, only the smallest set of most probable ones whose probabilities sum to at least p
    (nucleus sampling, Holtzman et al. 2020).
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    seed: int = 1


class Samples(NamedTuple):
    """What is known of the sentences still sampled."""

    sentence_B: Tensor
    limit_B: Tensor
    memory: Any
    prefix_BP: Tensor | None
    uniform_BKT: Tensor


@torch.inference_mode()
def sample(
    model: SearchModel,
    source: tuple[Tensor, Tensor],
    config: SearchConfig,
    sampling: Sampling,
    numbers: Sequence[int],
    prefix_BP: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """`config.n_best` independent samples of every sentence of `source` (src_BS and src_len_B), in the order drawn.

    Sample k of a sentence is a function of the seed, of k and of the sentence's number in `numbers`, not of the others
    in the batch. `score` and `logprob` are the model's log-probability, neither tempered nor truncated. A sample that
    reaches the longest length has no EOS. Prefixes as in `beam_search`.
    """
    (src_BS, src_len_B), samples = source, config.n_best
    memory, state = model.start(src_BS, src_len_B)
    memory = take_over(memory)
    state = map_tensors(lambda part: part.repeat_interleave(samples, 0), state)
    limit_B = longest_outputs(src_len_B, config.max_length_ratio, prefix_BP)
    uniform_BKT = uniforms(sampling.seed, numbers, samples, int(limit_B.max())).to(src_BS.device)
    token_BK = torch.full((len(src_BS), samples), BOS, device=src_BS.device)
    slot_K = torch.arange(samples, device=src_BS.device)
    rest = Samples(torch.arange(len(src_BS), device=src_BS.device), limit_B, memory, prefix_BP, uniform_BKT)
    tally, trace, step = Tally(len(src_BS), samples, src_BS.device), Trace(len(src_BS)), 0
    while len(rest.sentence_B):
        logits_NV, weights_NS, state = model.step(token_BK.flatten(), rest.memory, state)
        logprob_NV = log_probabilities(logits_NV)
        rule_out(logprob_NV, rest.prefix_BP, step, config.forbid_unk)
        token_N = draw(distribution(logprob_NV, sampling), rest.uniform_BKT[:, :, step].flatten())
        token_BK = token_N.view_as(token_BK)
        trace.append(rest.sentence_B, token_BK, slot_K.expand_as(token_BK), weights_NS)
        step += 1
        ended_BK = tally.add(rest.sentence_B, token_BK, logprob_NV.gather(1, token_N[:, None]).view_as(token_BK))
        rows_L = remaining(ended_BK.all(1) | (step >= rest.limit_B))
        if len(rows_L) < len(token_BK):
            rows_N = (rows_L[:, None] * samples + slot_K).flatten()
            state = map_tensors(lambda part, rows_N=rows_N: part.index_select(0, rows_N), state)
            rest, token_BK = select(rest, rows_L), token_BK[rows_L]
    return tally.hypotheses(trace.read(), src_len_B.tolist())


class Tally:
    """What the samples of all sentences came to. `length_BK` counts tokens with EOS."""

    def __init__(self, sentences: int, samples: int, device: torch.device) -> None:
        self.length_BK = torch.zeros(sentences, samples, dtype=torch.long, device=device)
        self.logprob_BK = torch.zeros(sentences, samples, dtype=torch.float64, device=device)
        self.ended_BK = torch.zeros(sentences, samples, dtype=torch.bool, device=device)

    def add(self, sentence_B: Tensor, token_BK: Tensor, logprob_BK: Tensor) -> Tensor:
        """Counts one more token of the given sentences' samples that have not ended; ended_BK after it."""
        ended_BK = self.ended_BK[sentence_B]
        self.length_BK[sentence_B] += (~ended_BK).long()
        self.logprob_BK[sentence_B] += logprob_BK.masked_fill(ended_BK, 0)
        self.ended_BK[sentence_B] = ended_BK = ended_BK | (token_BK == EOS)
        return ended_BK

    def hypotheses(self, paths: Paths, source_lengths: list[int]) -> list[list[Hypothesis]]:
        """The samples of every sentence, in the order drawn."""
        found: list[list[Hypothesis]] = []
        drawn = zip(source_lengths, self.length_BK.tolist(), self.logprob_BK.tolist(), strict=True)
        for sentence, (source_length, lengths, logprobs) in enumerate(drawn):
            found.append([])
            for slot, (length, logprob) in enumerate(zip(lengths, logprobs, strict=True)):
                tokens, weights_TS = paths.path(sentence, length - 1, slot, source_length)
                found[-1].append(Hypothesis(tokens, logprob, logprob, weights_TS))
        return found


def uniforms(seed: int, numbers: Sequence[int], samples: int, steps: int) -> Tensor:
    """uniform_BKT in [0, 1): entry [b, k, t] is a function of seed, numbers[b], k and t alone."""
    streams = [[np.random.PCG64([seed, number, k]) for k in range(samples)] for number in numbers]
    return torch.from_numpy(
        np.stack([np.stack([np.random.Generator(stream).random(steps) for stream in row]) for row in streams])
    )


def distribution(logprob_NV: Tensor, sampling: Sampling) -> Tensor:
    """The probabilities that tokens are drawn with, in float64; 0 outside the truncated set. Rows sum to 1."""
    prob_NV = torch.softmax(logprob_NV.double() / sampling.temperature, -1)
    if sampling.top_k is None and sampling.top_p == 1:
        return prob_NV
    sorted_NV, order_NV = prob_NV.sort(stable=True, dim=-1, descending=True)
    if sampling.top_k is not None:
        sorted_NV[:, sampling.top_k :] = 0
        sorted_NV /= sorted_NV.sum(-1, keepdim=True)
    before_NV = F.pad(sorted_NV.cumsum(-1)[:, :-1], (1, 0))
    sorted_NV[before_NV >= sampling.top_p] = 0
    kept_NV = torch.zeros_like(prob_NV).scatter(-1, order_NV, sorted_NV)
    return kept_NV / kept_NV.sum(-1, keepdim=True)


def draw(prob_NV: Tensor, uniform_N: Tensor) -> Tensor:
    """token_N: the first whose cumulative probability, in the order of the vocabulary, exceeds the uniform number."""
    total_NV = prob_NV.cumsum(-1)
    return torch.searchsorted(total_NV, (uniform_N * total_NV[:, -1])[:, None], right=True)[:, 0]
