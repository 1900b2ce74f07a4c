"""How often search waits for a device: for the number of sentences that go on, and little more where some end."""

WAITS = """
import torch
from nmt.data.batch import collate_source
from nmt.kernels.kernels import use_kernels
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.search.beam import beam_search
from nmt.search.config import SearchConfig
from nmt.search.sampling import Sampling, sample
from tests.second_device import ELSEWHERE, SecondDevice, move

aten = torch.ops.aten
INDEX = {aten.index.Tensor, aten.index_put_.default, aten._index_put_impl_.default}

class Watch(SecondDevice):
    waits = [0]

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        leaves = [*args, *(kwargs or {}).values()]
        read = func is aten._local_scalar_dense.default or any(str(leaf) == "cpu" for leaf in leaves)
        read = read and not (kwargs or {}).get("non_blocking") and any(hasattr(one, "inner") for one in args)
        masks = func in INDEX and any(one is not None and one.dtype == torch.bool for one in args[1])
        self.waits[-1] += read or masks or func in (aten.nonzero.default, aten.lift_fresh.default)
        return super().__torch_dispatch__(func, types, args, kwargs)

class Model:
    def __init__(self, model):
        self.start, self.inner, self.live = model.start, model, []

    def step(self, y_N, memory, state):
        self.live.append(len(y_N))
        Watch.waits.append(0)
        return self.inner.step(y_N, memory, state)

use_kernels(False)
torch.manual_seed(3)
parts = {"embedding": {"dim": 8}, "encoder": {"type": "rnn", "dim": 8}, "decoder": {"type": "luong", "dim": 8}}
made = move(Seq2Seq(ModelConfig.model_validate(parts), src_vocab=20, tgt_vocab=20)).eval()
for search in (beam_search, lambda *given: sample(*given[:1], given[1:3], given[3], Sampling(seed=1), range(30))):
    model, Watch.waits = Model(made), [0]
    sources = [[4 + (3 * n + i) % 16 for i in range(1 + n % 7)] for n in range(30)]
    with Watch():
        src_BS, src_len_B = (part.to(ELSEWHERE) for part in collate_source(sources))
        search(model, src_BS, src_len_B, SearchConfig(beam_size=3, n_best=3))
    steps = list(zip(model.live[1:], model.live[2:], Watch.waits[2:]))
    same = {waits for rows, after, waits in steps if rows == after}
    ended = {waits for rows, after, waits in steps if rows != after}
    assert len(steps) > 9 and same == {1} and ended <= {2, 3}, (search, steps)
"""


def test_search_waits_once_a_step_or_little_more_where_sentences_end(forks):
    """For the number of those that go on, and which were moved; what was found is read at the end."""
    code, _, err = forks.run(WAITS)
    assert (code, err) == (0, "")
