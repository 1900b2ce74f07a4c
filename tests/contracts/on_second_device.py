"""Compares models on a second device with the same ones on the processor: `main` is run in a process of its own."""

import sys

import torch

from nmt.data.batch import collate
from nmt.data.fill_up import fill_up
from nmt.kernels.kernels import use_kernels
from nmt.models.ensemble import Ensemble
from nmt.models.shortlisted import Shortlisted
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.limits import pad_prefixes
from nmt.search.sampling import Sampling, sample
from tests.second_device import ELSEWHERE, SecondDevice, move

from .variants import DECODERS, ENCODERS, each_part

SRC, TGT = [[4, 5, 6, 9], [7], [8, 5]], [[4, 5], [6, 7, 8, 4], [5]]
WORDS = [{4, 5, 7}, {4, 6}, {8}]
CONFIG = SearchConfig(beam_size=3, n_best=2, max_length_ratio=1)


def everything(model, device):
    """What is asked of a model anywhere, as it is given to the processor."""
    batch = collate(SRC, TGT, [0, 1, 2]).map(lambda part: part.to(device))
    filled = fill_up(collate(SRC, TGT, [0, 1, 2]), model.longest_source).map(lambda part: part.to(device))
    loss = model.train().loss(filled, 0.1)
    loss.total.backward()
    yield "loss", loss.total
    yield from ((f"gradient of {name}", p.grad) for name, p in model.named_parameters() if p.grad is not None)
    model.eval()
    yield "log p", model.logprob(batch)
    yield from (("forced", part) for part in model.force(batch) if part is not None)
    yield "predicted", model.predict(batch, False, [0, 1])
    source = batch.src_BS, batch.src_len_B
    prefix_BP = pad_prefixes([[4], [], [5, 6]], torch.device(device))
    covered = CONFIG.model_copy(update={"coverage_penalty": 0.2 * model.has_attention})
    yield "search", beam_search(model, *source, covered, prefix_BP)
    yield "greedy search", beam_search(Ensemble([model, model]), *source, SearchConfig(beam_size=1))
    yield "shortlist", beam_search(Shortlisted(model, WORDS, torch.device(device)), *source, CONFIG)
    yield "samples", sample(model, source, CONFIG, Sampling(seed=1), [1, 2, 3])


def plain(found):
    """Tensors on the processor, and hypotheses as tokens and scores."""
    if isinstance(found, torch.Tensor):
        return found.detach().cpu()
    return [[(one.tokens, one.logprob, one.score, one.weights_TS) for one in hypotheses] for hypotheses in found]


def main() -> None:
    """Arguments: every N-th variant, from number I. Errors: AssertionError that names the variant and what differs."""
    torch.set_default_dtype(torch.float64)
    use_kernels(False)
    first, every = map(int, sys.argv[1:])
    for variant in each_part([*DECODERS, *ENCODERS])[first::every]:
        expected = [(name, plain(found)) for name, found in everything(variant.model(), "cpu")]
        with SecondDevice():
            there = [(name, plain(found)) for name, found in everything(move(variant.model()), ELSEWHERE)]
        for (name, mine), (_, other) in zip(there, expected, strict=True):
            where = f"{variant}, {name}: {{}}".format
            torch.testing.assert_close(mine, other, rtol=1e-9, atol=1e-9, msg=where)
