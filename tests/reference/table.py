"""A model that is a table of random numbers, and the score of an output by the equations."""

from __future__ import annotations

import math

import numpy as np
import torch

from nmt.text.vocab import EOS

VOCAB, CODES = 7, 31
LENGTHS = [4, 1, 3, 2]


class Table:
    """log p(word | prefix) and attention of every sentence, looked up under a code of the whole prefix."""

    def __init__(self, seed, eos=0.0):
        random = np.random.default_rng(seed)
        logits = random.normal(0, 1.5, (len(LENGTHS), CODES, VOCAB))
        logits[:, :, EOS] += eos
        self.logprob = logits
        self.normalise()
        energy = np.exp(random.normal(0, 2, (len(LENGTHS), CODES, max(LENGTHS))))
        energy *= np.arange(max(LENGTHS)) < np.array(LENGTHS)[:, None, None]
        self.weights = energy / energy.sum(-1, keepdims=True)
        self.steps = 0

    def normalise(self):
        """Makes distributions of all rows."""
        self.logprob -= np.log(np.exp(self.logprob).sum(-1, keepdims=True))

    @staticmethod
    def code(before, word):
        return (5 * before + word) % CODES

    def start(self, src_BS, src_len_B):
        """Memory: the number of the sentence, which is its first word. State: the code of the prefix."""
        self.width = src_BS.size(1)
        return src_BS[:, :1], (torch.zeros(len(src_BS), dtype=torch.long),)

    def step(self, y_N, memory, state):
        self.steps += 1
        sentence_N = memory[:, 0].repeat_interleave(len(y_N) // len(memory))
        code_N = self.code(state[0], y_N)
        logprob_NV, weights_NS = (torch.from_numpy(part)[sentence_N, code_N] for part in (self.logprob, self.weights))
        return logprob_NV, weights_NS[:, : self.width], (code_N,)


def length_penalty(config, length):
    """Wu et al. 2016, eq. 14: lp(Y) = (5 + |Y|)^alpha / (5 + 1)^alpha."""
    kind = config.length_penalty
    if kind.type == "gnmt":
        return (5 + length) ** kind.alpha / (5 + 1) ** kind.alpha
    return length if kind.type == "average" else 1


def score(config, logprob, rows):
    """Wu et al. 2016, eq. 14: s(Y, X) = log P(Y | X) / lp(Y) + beta * sum_i log(min(sum_j p_ij, 1))."""
    coverage = 0.0
    for j in range(len(rows[0])):
        coverage += math.log(min(sum(row[j] for row in rows), 1.0))
    return logprob / length_penalty(config, len(rows)) + config.coverage_penalty * coverage


def sources(sentences=(0, 1, 2, 3)):
    """A batch of sentences of the table."""
    src_BS = torch.zeros(len(sentences), max(LENGTHS[s] for s in sentences), dtype=torch.long)
    src_BS[:, 0] = torch.tensor(list(sentences))
    return src_BS, torch.tensor([LENGTHS[s] for s in sentences])
