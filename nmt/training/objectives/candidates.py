"""Translations drawn from the model, to train on.

B sentences, N = B * samples, V vocabulary.
"""

from __future__ import annotations

import torch

from nmt.data.batch import Batch
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.softmax import log_probabilities
from nmt.nn.tree import map_tensors
from nmt.text.vocab import BOS, EOS, PAD


@torch.no_grad()
def draw_candidates(model: Seq2Seq, batch: Batch, samples: int, limit: int) -> list[list[list[int]]]:
    """For each sentence those of `samples` translations, drawn word by word, that end within `limit` words.

    They are given without EOS, which counts as a word. The model draws as in evaluation, without dropout.
    """
    memory, state = model.start(batch.src_BS, batch.src_len_B)
    state = map_tensors(lambda part: part.repeat_interleave(samples, 0), state)
    token_N = batch.src_BS.new_full((len(batch.src_BS) * samples,), BOS)
    ended_N = torch.zeros_like(token_N, dtype=torch.bool)
    drawn = [token_N]
    while len(drawn) <= limit and not ended_N.all():
        logits_NV, _, state = model.step(token_N, memory, state)
        logprob_NV = log_probabilities(logits_NV)
        logprob_NV[:, [PAD, BOS]] = float("-inf")
        token_N = logprob_NV.exp().multinomial(1)[:, 0]
        ended_N |= token_N == EOS
        drawn.append(token_N)
    rows = [row[1:] for row in torch.stack(drawn, 1).tolist()]
    groups = [rows[i : i + samples] for i in range(0, len(rows), samples)]
    return [[row[: row.index(EOS)] for row in group if EOS in row] for group in groups]
