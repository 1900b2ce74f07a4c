"""Training by replay, with a stand-in for CUDA graphs: it does the same operations again with the same tensors."""

from itertools import groupby

import pytest
import torch

from nmt.data.config import BatchingConfig
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epochs
from nmt.device import resolve_device
from nmt.kernels.kernels import use_kernels
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.nn import cut
from nmt.parallel import gradient_sum
from nmt.parallel.ranks import Ranks
from nmt.training.config import TrainConfig
from nmt.training.job import Job
from nmt.training.learner import Learner
from nmt.training.replay import CudaGraphs, NoRoomError, Replays

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
SENTENCES = [[4, 5, 6], [7, 8], [9], [10, 4, 7, 5, 6], [8, 8, 4], [5], [6, 10, 9, 4]]
CORPUS = Corpus(SENTENCES, SENTENCES[::-1], list(range(len(SENTENCES))))


class StandIn:
    """As CudaGraphs: runs before it records, overwrites the result at every replay, and would not see it if a weight or
    a gradient were elsewhere in memory then."""

    def __init__(self, parameters, most=9):
        self.parameters, self.most = parameters, most
        self.recorded = self.replayed = 0

    def places(self):
        return [(p.data_ptr(), p.grad.data_ptr()) for p in self.parameters if p.grad is not None]

    def __call__(self, run):
        if self.recorded == self.most:
            raise NoRoomError("it is full")
        self.recorded += 1
        run().end()
        begun, going_on = run(), []
        begun.end()
        places = self.places()

        def again():
            assert self.places() == places
            assert not going_on, "a replay before the last one had ended"
            self.replayed += 1
            losses, later = run()
            begun.losses.copy_(losses)
            going_on[:] = later

        return again, begun._replace(later=[piece._replace(run=lambda: going_on.pop(0).run()) for piece in begun.later])


class Twins(Ranks):
    """Two ranks, of which the other has the same batches as this one. `happened`: "sum" for each bucket sent."""

    size = 2

    def __init__(self):
        self.happened = []

    def share(self, items):
        return list(items)

    def sum(self, values):
        return [2 * value for value in values]

    def begin_sum(self, buffer):
        self.happened.append("sum")
        return buffer

    def end_sum(self, work):
        work *= 2


def make_learner(device="cpu", dropout=0.0, precision="fp32", ranks=None, **changes):
    """A small RNNsearch."""
    place = resolve_device(device)
    torch.manual_seed(1)
    attention = {"scorer": {"type": "concat", "dim": 5}}
    parts = {
        "embedding": {"dim": 6, "dropout": dropout},
        "encoder": {"type": "rnn", "dim": 5},
        "decoder": {"type": "bahdanau", "dim": 7, "maxout": 4, "attention": attention},
    }
    model = Seq2Seq(ModelConfig.model_validate(parts), src_vocab=11, tgt_vocab=11)
    config = TrainConfig.model_validate({"max_steps": 9, "clip_norm": 1.0, "label_smoothing": 0.1} | changes)
    data = Epochs(CORPUS, BatchingConfig(sentences=3), 1)
    return Learner(model, config, Job(data, lambda model: None, place, precision, 1, ranks=ranks or Ranks()))


def with_replays(learner, warnings=None, most=9):
    """The stand-in that the learner replays with from now on."""
    parameters = list(learner.named_parameters.values())
    stand_in = StandIn(parameters, most)
    told = (lambda text: None) if warnings is None else warnings.append
    learner.replays = Replays(parameters, stand_in, told)
    return stand_in


def train(learner, steps=9, accumulate=1):
    """What each update says, and the weights after all of them."""
    updates, batches = [], []
    for number in (1, 2, 3):
        epoch = learner.job.data.epoch(number)
        batches += [learner.fit(epoch.batch(ids)) for ids in epoch.batches]
    for step in range(1, steps + 1):
        chosen = [batches[(step + i) % len(batches)] for i in range(accumulate)]
        updates.append(learner.update(chosen, step, 0.01))
    return updates, [p.detach().cpu().clone() for p in learner.named_parameters.values()]


def near(found, expected, **limits):
    for mine, other in zip(found[0], expected[0], strict=True):
        assert mine == pytest.approx(other, rel=limits.get("rtol", 1e-5))
    for mine, other in zip(found[1], expected[1], strict=True):
        torch.testing.assert_close(mine, other, **{"rtol": 1e-5, "atol": 1e-5} | limits)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "adadelta"])
def test_the_loss_curve_is_that_of_training_without(accumulate, optimizer):
    changes = {"optimizer": {"type": optimizer}}
    expected = train(make_learner(**changes), accumulate=accumulate)
    learner = make_learner(**changes)
    stand_in = with_replays(learner)
    near(train(learner, accumulate=accumulate), expected)
    assert stand_in.replayed == 9 * accumulate
    assert 2 <= stand_in.recorded <= 4


def test_two_batches_of_one_shape_in_an_update():
    """The second writes its losses where those of the first were."""
    whole, replayed = make_learner(), make_learner()
    stand_in = with_replays(replayed)
    epoch = whole.job.data.epoch(1)
    pairs = [epoch.batch(ids) for ids in ([1, 2], [4, 5])]
    expected = whole.update(pairs, 1, 0.01)
    found = replayed.update([replayed.fit(batch) for batch in pairs], 1, 0.01)
    assert stand_in.recorded == 1
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("mean_over", ["tokens", "sentences"])
def test_sentences_that_were_filled_up_are_not_in_the_mean(mean_over):
    changes = {"objective": {"type": "cross_entropy", "mean_over": mean_over}}
    learner = make_learner(**changes)
    with_replays(learner)
    near(train(learner), train(make_learner(**changes)))


def test_random_numbers_do_not_depend_on_what_was_recorded_when():
    """One goes on from the other's weights and so records in the middle of the training what that had long before."""
    whole, begun, resumed = (make_learner(dropout=0.5) for _ in range(3))
    for learner in (whole, begun, resumed):
        with_replays(learner)
    batch = [whole.fit(whole.job.data.epoch(1).batch([0, 1, 2]))]
    losses = [whole.update(batch, step, 0.01).loss for step in (1, 2, 3, 4)]
    assert [begun.update(batch, step, 0.01).loss for step in (1, 2)] == losses[:2]
    resumed.restore(*begun.tensors(), "here")
    assert [resumed.update(batch, step, 0.01).loss for step in (3, 4)] == losses[2:]
    assert len(set(losses)) == 4


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("most", [0, 9])
def test_gradients_are_sent_between_the_pieces_of_the_last_batch(accumulate, most, monkeypatch):
    """Those of the vocabulary first, then those of decoder and target words, those of the source at the end; whether
    the batch is replayed or not."""
    monkeypatch.setattr(gradient_sum, "BUCKET", 1)
    ranks, go_on = Twins(), cut._go_on
    learner = make_learner(ranks=ranks)
    with_replays(learner, most=most)
    monkeypatch.setattr(cut, "_go_on", lambda place: (ranks.happened.append("piece"), go_on(place)))
    updates, weights = train(learner, accumulate=accumulate)
    halves = [update._replace(tokens=update.tokens // 2) for update in updates]
    near((halves, weights), train(make_learner(), accumulate=accumulate))
    parts = {parameter: name.partition(".")[0] for name, parameter in learner.named_parameters.items()}
    sent = iter([parts[parameter] for (parameter,) in learner.gradient_sum._buckets])
    last = ranks.happened[-len(parts) - 2 * accumulate :]
    assert last[: 2 * accumulate - 2] == ["piece"] * (2 * accumulate - 2)
    told = [next(sent) if what == "sum" else what for what in last[2 * accumulate - 2 :]]
    assert [part for part, _ in groupby(told)] == [
        "projection", "piece", "bridge", "decoder", "tgt_embedding", "piece", "encoder", "src_embedding"
    ]  # fmt: skip


def test_shapes_that_there_is_no_room_for_are_computed_as_ever():
    learner, warnings = make_learner(), []
    stand_in = with_replays(learner, warnings, most=1)
    near(train(learner), train(make_learner()))
    assert stand_in.recorded == 1
    assert 0 < stand_in.replayed < 9
    assert warnings == ["no more CUDA graphs, batches of other shapes train slower: it is full"]


def test_what_cannot_be_recorded_is_said_once_and_trains_on():
    learner, warnings = make_learner(), []
    stand_in = with_replays(learner, warnings)

    def fail(run):
        if stand_in.recorded == 0:
            return stand_in(run)
        try:
            run()
            raise RuntimeError("operation not permitted when stream is capturing\nmore")
        finally:
            raise RuntimeError("the recording was ended by an error before")

    learner.replays._record = fail
    near(train(learner, accumulate=2), train(make_learner(), accumulate=2))
    assert warnings == ["no CUDA graphs, training is slower without: operation not permitted when stream is capturing"]
    assert stand_in.recorded == 1
    assert not learner.replays._found


def test_without_kernels_nothing_is_recorded():
    learner = make_learner()
    stand_in = with_replays(learner)
    use_kernels(False)
    try:
        found = train(learner)
    finally:
        use_kernels(True)
    near(found, train(make_learner()))
    assert stand_in.recorded == 0


def test_a_loss_that_is_not_finite_changes_nothing():
    learner = make_learner()
    with_replays(learner)
    batch = [learner.fit(learner.job.data.epoch(1).batch([0, 1]))]
    learner.update(batch, 1, 0.01)
    with torch.no_grad():
        learner.named_parameters["projection.bias"][4] = float("nan")
    before = learner.model.src_embedding.weight.clone()
    with pytest.raises(ArithmeticError, match="loss is nan"):
        learner.update(batch, 2, 0.01)
    assert learner.model.src_embedding.weight.equal(before)


@pytest.mark.parametrize("replays, ranks", [(True, Ranks), (False, Twins)])
def test_a_backward_pass_is_cut_only_for_the_sum_of_what_is_replayed(monkeypatch, replays, ranks):
    monkeypatch.setattr("nmt.training.learner.cutting", lambda: pytest.fail("cut"))
    learner = make_learner(ranks=ranks())
    if replays:
        with_replays(learner)
    train(learner, steps=1)


def test_on_a_processor_nothing_is_recorded():
    learner = make_learner()
    batch = learner.job.data.epoch(1).batch([0, 1])
    assert learner.replays is None
    assert learner.fit(batch) is batch


@needs_gpu
@pytest.mark.parametrize("ranks", [Ranks, Twins], ids=["whole", "in pieces"])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_cuda_graphs_train_as_without(dropout, ranks):
    """With dropout the masks are those of the filled batches, so both sides have these."""
    graphs, plain = (make_learner("cuda", dropout, ranks=ranks()) for _ in range(2))
    assert isinstance(graphs.replays._record, CudaGraphs)
    found = train(graphs)
    assert graphs.replays._found and graphs.replays._more
    use_kernels(False)
    try:
        expected = train(plain)
    finally:
        use_kernels(True)
    near(found, expected, rtol=1e-4, atol=1e-4)


@needs_gpu
def test_a_gpu_trains_as_a_processor():
    near(train(make_learner("cuda")), train(make_learner()), rtol=1e-3, atol=1e-3)
