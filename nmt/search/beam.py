"""One batched beam search for every model. It knows a step function and a tree of states, nothing else.

B sentences still searched, L of them that go on, D that are done, K beam, N = B * K hypotheses, W words of each, C
candidates of a sentence, S source, T target, P prefix, V vocabulary.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from nmt.errors import ConfigError
from nmt.nn.masks import length_mask
from nmt.nn.tree import map_tensors
from nmt.search.best_words import best_words
from nmt.search.config import SearchConfig
from nmt.search.hypothesis import Hypothesis
from nmt.search.limits import NEVER, longest_outputs
from nmt.search.penalties import LengthPenalty
from nmt.search.remaining import remaining, select, take_over
from nmt.search.trace import Finished, Trace
from nmt.text.vocab import BOS, EOS


class SearchModel(Protocol):
    """What a model shows to search."""

    def start(self, src_BS: Tensor, src_len_B: Tensor) -> tuple[Any, Any]:
        """The memory and the first state, dim 0 = sentence. Both are the search's own: when sentences end, it
        moves rows of the memory."""
        ...

    def step(self, y_N: Tensor, memory: Any, state: Any) -> tuple[Tensor, Tensor | None, Any]:
        """logits_NV, whose softmax are the probabilities of the next word, attention weights_NS or None, and the new
        state, for N rows in the order of the sentences."""
        ...


class Beams(NamedTuple):
    """What search knows of the sentences still searched; `longest_B` is the length penalty at `limit_B`. K is 1 before
    the first step."""

    sentence_B: Tensor
    limit_B: Tensor
    longest_B: Tensor
    mask_BS: Tensor
    memory: Any
    prefix_BP: Tensor | None
    logprob_BK: Tensor
    coverage_BKS: Tensor | None


@torch.inference_mode()
def beam_search(
    model: SearchModel, src_BS: Tensor, src_len_B: Tensor, config: SearchConfig, prefix_BP: Tensor | None = None
) -> list[list[Hypothesis]]:
    """The n best hypotheses of every sentence, best first, each with its attention.

    With `prefix_BP` (see `pad_prefixes`) all of them begin with the sentence's prefix; log-probability, score and
    attention are those of the whole. A sentence's result does not depend on the others in the batch. Where nothing ends
    within the longest length, the one best unfinished hypothesis is returned, without EOS.
    Errors: ConfigError for a coverage penalty on a model without attention.
    """
    ranking = Ranking(config.beam_size, config.length_penalty.build(), config.coverage_penalty)
    beams, state = _start(model, (src_BS, src_len_B), config, ranking, prefix_BP)
    trace, finished = Trace(len(src_BS)), Finished(len(src_BS), config.n_best, src_BS.device)
    token_BK = torch.full((len(src_BS), 1), BOS, device=src_BS.device)
    length = 0
    while len(beams.sentence_B):
        logits_NV, weights_NS, state = model.step(token_BK.flatten(), beams.memory, state)
        best = best_words(logits_NV, 2 * ranking.beam, beams.prefix_BP, length, config.forbid_unk)
        length += 1
        slots = token_BK.size(1)
        beams, token_BK, parent_BK = _extend(beams, best, weights_NS, finished, ranking, length)
        trace.append(beams.sentence_B, token_BK, parent_BK, weights_NS)
        done_B = _done(beams, finished, length)
        rows_L = remaining(done_B)
        slots_N = (rows_L[:, None] * slots + parent_BK[rows_L]).flatten()
        state = map_tensors(lambda part, slots_N=slots_N: part.index_select(0, slots_N), state)
        if len(rows_L) < len(done_B):
            done_D = done_B.nonzero()[:, 0]
            sentence_D, logprob_D = beams.sentence_B[done_D], beams.logprob_BK[done_D, 0]
            finished.add_prefixes(sentence_D, logprob_D, logprob_D / ranking.penalty(length), length - 1)
            beams, token_BK = select(beams, rows_L), token_BK[rows_L]
    return finished.hypotheses(trace.read(), src_len_B.tolist())


class Ranking(NamedTuple):
    """score(Y, X) = logprob / length_penalty + coverage * sum_j log(min(sum_i a_ij, 1))      Wu et al. 2016, eq. 14.

    The best `beam` hypotheses of a sentence go on.
    """

    beam: int
    penalty: LengthPenalty
    coverage: float

    def score(self, logprob_BC: Tensor, length: int, covered_BCS: Tensor | None, mask_BS: Tensor) -> Tensor:
        """Scores of ended hypotheses; covered_BCS is the attention that each source position received."""
        score_BC = logprob_BC / self.penalty(length)
        if covered_BCS is None:
            return score_BC
        received_BCS = covered_BCS.clamp(min=1e-9, max=1).log().masked_fill(~mask_BS[:, None], 0)
        return score_BC + self.coverage * received_BCS.sum(-1)


def _start(
    model: SearchModel, source: tuple[Tensor, Tensor], config: SearchConfig, ranking: Ranking, prefix_BP: Tensor | None
) -> tuple[Beams, Any]:
    src_BS, src_len_B = source
    memory, state = model.start(src_BS, src_len_B)
    memory = take_over(memory)
    logprob_BK = torch.zeros(len(src_BS), 1, device=src_BS.device)
    coverage_BKS = None
    if config.coverage_penalty:
        coverage_BKS = torch.zeros(len(src_BS), 1, src_BS.size(1), device=src_BS.device)
    limit_B = longest_outputs(src_len_B, config.max_length_ratio, prefix_BP)
    longest_B = torch.tensor([ranking.penalty(limit) for limit in limit_B.tolist()], device=src_BS.device)
    mask_BS = length_mask(src_len_B, src_BS.size(1))
    sentence_B = torch.arange(len(src_BS), device=src_BS.device)
    return Beams(sentence_B, limit_B, longest_B, mask_BS, memory, prefix_BP, logprob_BK, coverage_BKS), state


def _extend(
    beams: Beams,
    best: tuple[Tensor, Tensor],
    weights_NS: Tensor | None,
    finished: Finished,
    ranking: Ranking,
    length: int,
) -> tuple[Beams, Tensor, Tensor]:
    """The live beams after one more token, token_BK and parent_BK; what ended within the beam goes to `finished`.

    The 2 K best candidates of a sentence are among the 2 K best words of each hypothesis.
    """
    (logprob_NW, word_NW), words, beam = best, best[0].size(1), ranking.beam
    total_BKW = logprob_NW.view(*beams.logprob_BK.shape, words) + beams.logprob_BK[..., None]
    logprob_BC, choice_BC = total_BKW.flatten(1).topk(2 * beam, 1)
    parent_BC, token_BC = choice_BC // words, word_NW.view(len(choice_BC), -1).gather(1, choice_BC)

    covered_BKS = _cover(beams.coverage_BKS, weights_NS)
    ended_BC = (token_BC == EOS) & (torch.arange(2 * beam, device=token_BC.device) < beam)
    score_BC = ranking.score(logprob_BC, length, _rows(covered_BKS, parent_BC), beams.mask_BS)
    finished.add(beams.sentence_B, score_BC.masked_fill(~ended_BC, NEVER), logprob_BC, parent_BC, length - 1)

    live_BK, pick_BK = logprob_BC.masked_fill(token_BC == EOS, NEVER).topk(beam, 1)
    token_BK, parent_BK = token_BC.gather(1, pick_BK), parent_BC.gather(1, pick_BK)
    return beams._replace(logprob_BK=live_BK, coverage_BKS=_rows(covered_BKS, parent_BK)), token_BK, parent_BK


def _cover(coverage_BKS: Tensor | None, weights_NS: Tensor | None) -> Tensor | None:
    if coverage_BKS is None:
        return None
    if weights_NS is None:
        raise ConfigError("search.coverage_penalty: the model has no attention; set it to 0")
    return coverage_BKS + weights_NS.view_as(coverage_BKS)


def _rows(covered_BKS: Tensor | None, slot_BC: Tensor) -> Tensor | None:
    if covered_BKS is None:
        return None
    return covered_BKS.gather(1, slot_BC[..., None].expand(-1, -1, covered_BKS.size(-1)))


def _done(beams: Beams, finished: Finished, length: int) -> Tensor:
    """True where the longest length is reached, or no live prefix can beat the worst of the full finished pool.

    A beam of 1 ends with its first output: greedy search takes EOS where it is the best word, whatever the penalty.
    """
    live_B, greedy = beams.logprob_BK[:, 0], beams.logprob_BK.size(1) == 1
    worst_B = finished.score_BC[beams.sentence_B, -1]
    beaten_B = (worst_B > NEVER) & (greedy | (worst_B >= live_B / beams.longest_B))
    return (length >= beams.limit_B) | beaten_B | (live_B == NEVER)
