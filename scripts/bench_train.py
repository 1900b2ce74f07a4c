"""Measures training: target tokens a second, the share of each part, peak memory, and the ratio to the ceiling.

    NMT_DATA=... python scripts/bench_train.py configs/benchmarks/w1.yaml --threads 2 -o w1.json [--against old.json]

    python scripts/bench_train.py configs/papers/rnnsearch_50.yaml --random-ids --batches 4 --rounds 2

With --random-ids no text is read: sentences of 5 to data.max_length random words, both sides about equally long, for
configs whose corpora are not here. The speed does not depend on which words they are.

The ceiling is the speed at which the matrix products of the very same updates run by themselves, one after the other,
on operands of the same shapes and types. It is measured in the same process, in rounds that alternate with the updates,
and so is the speed without compiled loops (`plain`). `share_of_matrix_rate`: the products of an update a second, over
those of one large square product (`matrix_gflop_per_s`).
`making_batches` is the time to make the batches, over that of the updates on them; it is not in the speed.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from bench_result import add_result_options, report
from torch.utils._python_dispatch import TorchDispatchMode

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.data.batch import Batch
from nmt.data.corpus import Corpus
from nmt.data.epochs import Epochs
from nmt.device import peak_memory
from nmt.kernels.kernels import use_kernels
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.preparation import build_model, prepare, set_up
from nmt.text.vocab import SPECIALS
from nmt.training.job import Job
from nmt.training.learner import Learner

PRODUCTS = {"mm", "addmm", "addmm_", "bmm", "baddbmm"}
Product = tuple[tuple[int, ...], tuple[int, ...], torch.dtype]


class RecordProducts(TorchDispatchMode):
    """Counts the matrix products that run inside, by the shapes and the type of their factors."""

    def __init__(self) -> None:
        super().__init__()
        self.count: Counter[Product] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func.overloadpacket.__name__ in PRODUCTS:
            left, right = args[-2:]
            self.count[tuple(left.shape), tuple(right.shape), left.dtype] += 1
        return func(*args, **(kwargs or {}))


def synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class Clock:
    """Seconds spent inside the timed parts."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.seconds = device, Counter[str]()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        synchronize(self.device)
        start = time.perf_counter()
        yield
        synchronize(self.device)
        self.seconds[name] += time.perf_counter() - start  # type: ignore[assignment]

    def wrap(self, owner: Any, method: str, name: str) -> None:
        """Times every call of a method of this object."""
        inner: Callable[..., Any] = getattr(owner, method)

        def timed(*args: Any, **kwargs: Any) -> Any:
            with self.part(name):
                return inner(*args, **kwargs)

        setattr(owner, method, timed)


def random_corpus(experiment: Experiment, pairs: int = 4000) -> Corpus:
    """Ids without BOS and EOS; the target is as long as the source, give or take a fifth."""
    draw, data = random.Random(1), experiment.data
    words = range(len(SPECIALS), data.vocab.size)
    lengths = [draw.randint(5, data.max_length) for _ in range(pairs)]
    src = [draw.choices(words, k=length) for length in lengths]
    around = [min(data.max_length, max(1, round(length * draw.uniform(0.8, 1.2)))) for length in lengths]
    return Corpus(src, [draw.choices(words, k=length) for length in around], list(range(1, pairs + 1)))


class Workload:
    """A config ready to be trained on a few batches of its first epoch."""

    def __init__(self, config: Path, settings: list[str], batches: int, random_ids: bool) -> None:
        self.experiment = load_config(Experiment, config, settings)
        data, seed = self.experiment.data, self.experiment.seed
        compute = set_up(self.experiment)
        if random_ids:
            torch.manual_seed(seed)
            size = data.vocab.size
            self.model = Seq2Seq(self.experiment.model, src_vocab=size, tgt_vocab=size).to(compute.device)
            epochs = Epochs(random_corpus(self.experiment), data.batching, seed)
        else:
            prepared = prepare(self.experiment, None)
            self.model = build_model(self.experiment, prepared.tokenizers, compute.device)
            epochs = Epochs(prepared.train, data.batching, seed, prepared.resample)
        epoch = epochs.epoch(1)
        job = Job(epochs, lambda model: None, compute.device, compute.precision, self.experiment.seed)  # type: ignore[arg-type,return-value]
        self.learner, self.device, self.precision = (
            Learner(self.model, self.experiment.train, job),
            compute.device,
            compute.precision,
        )
        self.batches: list[Batch] = []
        make = (self.learner.fit(epoch.batch(ids)) for ids in epoch.batches[:batches])
        self.making = seconds(lambda: self.batches.extend(make))
        self.steps = 0

    @property
    def tokens(self) -> int:
        return sum(batch.tokens for batch in self.batches)

    def update(self, batches: list[Batch]) -> None:
        for batch in batches:
            self.steps += 1
            self.learner.update([batch], self.steps, 1e-3)
        synchronize(self.device)


def seconds(run: Callable[[], None]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def products_of(load: Workload) -> tuple[Callable[[], None], float]:
    """All matrix products of the workload's updates as one function, and their number of operations.

    They are recorded where PyTorch computes all of them, one by one.
    """
    use_kernels(False)
    with torch.backends.cudnn.flags(enabled=False), RecordProducts() as record:
        load.update(load.batches)
    use_kernels(True)
    operands: list[tuple[torch.Tensor, torch.Tensor, int]] = []
    operations = 0.0
    for (left, right, dtype), count in record.count.items():
        a, b = (torch.randn(shape, device=load.device, dtype=torch.float32).to(dtype) for shape in (left, right))
        operands.append((a, b, count))
        operations += 2.0 * a.numel() * right[-1] * count

    def run() -> None:
        for a, b, count in operands:
            for _ in range(count):
                torch.matmul(a, b)
        synchronize(load.device)

    return run, operations


def shares(load: Workload) -> dict[str, float]:
    """The part of the time of an update that each of its parts takes; the rest is clipping, averaging and Python. On a
    GPU without CUDA graphs, in which there are no parts."""
    clock = Clock(load.device)
    model, learner = load.model, load.learner
    clock.wrap(model.encoder, "forward", "encoder")
    clock.wrap(model.decoder, "unroll", "decoder")
    clock.wrap(model, "loss", "forward")
    clock.wrap(learner, "_backward", "forward and backward")
    clock.wrap(learner.optimizer, "step", "optimizer")
    use_kernels(load.device.type != "cuda")
    with clock.part("update"):
        load.update(load.batches)
    use_kernels(True)
    spent, total = clock.seconds, clock.seconds["update"]
    parts = {
        "encoder": spent["encoder"],
        "decoder": spent["decoder"],
        "read-out, vocabulary and loss": spent["forward"] - spent["encoder"] - spent["decoder"],
        "backward": spent["forward and backward"] - spent["forward"],
        "optimizer": spent["optimizer"],
        "rest": total - spent["forward and backward"] - spent["optimizer"],
    }
    return {name: round(value / total, 3) for name, value in parts.items()}


def matrix_rate(load: Workload) -> float:
    """Operations a second of a large square product in the precision of the updates: the median of five."""
    side = 8192 if load.device.type == "cuda" else 2048
    dtype = torch.bfloat16 if load.precision == "bf16" else torch.float32
    a, b = torch.randn(2, side, side, device=load.device).to(dtype)

    def run() -> None:
        torch.matmul(a, b)
        synchronize(load.device)

    run()
    return 2.0 * side**3 / statistics.median(seconds(run) for _ in range(5))


def measure(load: Workload, rounds: int) -> dict[str, Any]:
    products, operations = products_of(load)
    products()
    updates: list[float] = []
    plain: list[float] = []
    ceilings: list[float] = []
    load.update(load.batches)
    for _ in range(rounds):
        updates.append(seconds(lambda: load.update(load.batches)))
        use_kernels(False)
        plain.append(seconds(lambda: load.update(load.batches)))
        use_kernels(True)
        ceilings.append(seconds(products))
    update, ceiling = statistics.median(updates), statistics.median(ceilings)
    peak, rate = peak_memory(load.device), matrix_rate(load)
    return {
        "tokens_per_s": round(load.tokens / update),
        "slowest": round(load.tokens / max(updates)),
        "fastest": round(load.tokens / min(updates)),
        "plain_tokens_per_s": round(load.tokens / statistics.median(plain)),
        "gain_of_kernels": round(statistics.median(p / u for p, u in zip(plain, updates, strict=True)), 2),
        "ceiling_tokens_per_s": round(load.tokens / ceiling),
        "ratio_to_ceiling": round(statistics.median(c / u for c, u in zip(ceilings, updates, strict=True)), 3),
        "mflop_per_token": round(operations / load.tokens / 1e6, 1),
        "products_gflop_per_s": round(operations / ceiling / 1e9, 1),
        "matrix_gflop_per_s": round(rate / 1e9, 1),
        "share_of_matrix_rate": round(operations / update / rate, 3),
        "peak_memory_mb": round(peak / 1e6),
        "making_batches": round(load.making / update, 4),
        "shares": shares(load),
        "precision": load.precision,
        "device": str(load.device),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure training of a config.")
    parser.add_argument("config", type=Path)
    parser.add_argument("--batches", type=int, default=24, help="batches of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--random-ids", action="store_true", help="read no text: random words instead")
    add_result_options(parser)
    arguments = parser.parse_args()
    if arguments.random_ids:
        os.environ.setdefault("NMT_DATA", "unread")
    settings = [*arguments.settings, f"threads={arguments.threads}"]
    load = Workload(arguments.config, settings, arguments.batches, arguments.random_ids)
    load.update(load.batches[:3])
    result = measure(load, arguments.rounds)
    report(result, ["tokens_per_s"], arguments)


if __name__ == "__main__":
    main()
