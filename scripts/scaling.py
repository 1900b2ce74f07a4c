"""Writes the table of docs/scaling.md: what a model costs, and how N GPUs would share its training, calculated.

    python scripts/scaling.py            prints the table; --write puts it into docs/scaling.md

FLOP of a target token are those of the matrix products of one forward pass, times three. Nothing here was measured; the
assumptions stand in `Cluster` and `Model`, and on the page.
"""

from __future__ import annotations

import argparse
from math import log2
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).resolve().parents[1] / "docs" / "scaling.md"
BEGIN, END = "<!-- written by scripts/scaling.py -->\n", "<!-- end -->\n"
PAIRS = 36_000_000
GPUS = (1, 8, 64, 512)


class Cluster(NamedTuple):
    """One kind of GPU, eight to a machine. Rates are what is reached, not what is printed on the box."""

    flop_per_s: float = 40e12
    """bf16 products of a recurrent model on one GPU: RNNsearch-50 then is 100 times as fast as on the paper's GPU.
    Large square products reach twenty times as much on an H200."""
    within: float = 300e9
    """Bytes a second that a GPU sends to its neighbours within a machine,"""
    between: float = 25e9
    """and that it sends out of the machine: one adapter of 200 Gbit/s for each GPU."""
    latency: float = 10e-6
    """Seconds for each hop of the tree by which a bucket is summed."""
    machine: int = 8


class Piece(NamedTuple):
    """A part of the backward pass."""

    parameters: int
    """Those whose gradients are whole with it."""
    forward_products: int
    """Multiplications and additions, two each, of the matrix products of one forward pass for one target token."""


class Model(NamedTuple):
    """A model in numbers: what a target token costs when there is a source token for each."""

    name: str
    pieces: tuple[Piece, ...]
    """Its parts in the order in which the backward pass comes to them: vocabulary, decoder, source."""
    sentences: int
    """Pairs of a batch on each GPU."""
    tokens: float
    """Target tokens of a pair."""
    buckets: int
    """What is sent at once: 8 MB of gradients or more, as no parameter is cut (nmt/parallel/gradient_sum.py)."""

    @property
    def parameters(self) -> int:
        """Of the whole model."""
        return sum(piece.parameters for piece in self.pieces)

    @property
    def forward_products(self) -> int:
        """Of the whole model."""
        return sum(piece.forward_products for piece in self.pieces)

    @property
    def flop(self) -> float:
        """Of an update, for each target token: the backward pass has two products for each one forward."""
        return 3.0 * self.forward_products


class Row(NamedTuple):
    """What N GPUs do in one update, and in one epoch."""

    gpus: int
    compute_s: float
    sum_s: float
    seen_s: float
    """What of the sum is not covered by the backward pass."""
    efficiency: float
    efficiency_after: float
    """What it would be if the sum began when all gradients are there."""
    tokens_per_s: float
    epoch_minutes: float


def gru(inputs: int, dim: int) -> int:
    """Weights of a GRU that stand in matrix products."""
    return 3 * dim * (inputs + dim)


def lstm(inputs: int, dim: int) -> int:
    return 4 * dim * (inputs + dim)


def rnnsearch(words: int = 30_004, m: int = 620, n: int = 1000, maxout: int = 500, source: int = 30) -> Model:
    """Bahdanau et al. 2014, appendix A.2, as configs/papers/rnnsearch_50.yaml; `source` positions of a sentence.

    A weight in a product costs 2 FLOP a token: those of the encoder and of the keys for each source token. Scores and
    contexts cost 2 n and 2 (3 n + 2 maxout) for each source position: contexts are sums of products (`Attention`).
    """
    encoder, vocabulary = 2 * gru(m, n), maxout * words
    decoder = 2 * n * n + gru(m + 2 * n, n) + n * n + 2 * maxout * (n + m + 2 * n)
    attention, read_out = source * (n + 3 * n + 2 * maxout), 2 * maxout * (n + m)
    biases, bridge, energy = 6 * n + 2 * maxout, n * n + n, n
    pieces = (
        Piece(vocabulary + words, 2 * (vocabulary + read_out)),
        Piece(words * m + decoder + biases + bridge + energy, 2 * (decoder + attention - read_out)),
        Piece(words * m + encoder + 2 * 6 * n, 2 * encoder),
    )
    return Model("RNNsearch-50", pieces, 80, source, 9)


def gnmt(layers: int = 8, words: int = 32_000, n: int = 1024, source: int = 30) -> Model:
    """Wu et al. 2016 as configs/papers/gnmt_8.yaml: both directions at the encoder's bottom, a_i for all layers."""
    encoder = 2 * lstm(n, n) + lstm(2 * n, n) + (layers - 2) * lstm(n, n)
    decoder, vocabulary = layers * lstm(2 * n, n) + n * n + n * n, n * words
    attention = source * (n + n)
    pieces = (
        Piece(vocabulary + words, 2 * vocabulary),
        Piece(words * n + decoder + 4 * n * layers + n + n, 2 * (decoder + attention)),
        Piece(words * n + encoder + 4 * n * (layers + 1), 2 * encoder),
    )
    return Model("GNMT-8", pieces, 128, source, 38)


def row(model: Model, gpus: int, cluster: Cluster) -> Row:
    """Every GPU sends 2 (N - 1) / N of the gradients, in float32, by its slowest link, and every bucket goes up and
    down a tree. Those of a piece leave when it is through; what is left after the last one is waited for."""
    compute = model.sentences * model.tokens * model.flop / cluster.flop_per_s
    size = 4.0 * model.parameters
    rate = cluster.within if gpus <= cluster.machine else cluster.between
    total = 2 * (gpus - 1) / gpus * size / rate + model.buckets * 2 * log2(gpus) * cluster.latency
    left, sent = compute * 2 / 3, 0.0
    for piece in model.pieces:
        left -= compute * 2 / 3 * piece.forward_products / model.forward_products
        sent = max(sent, compute - left) + total * piece.parameters / model.parameters
    seen = sent - compute
    tokens_per_s = gpus * model.sentences * model.tokens / sent
    minutes = PAIRS * model.tokens / tokens_per_s / 60
    return Row(gpus, compute, total, seen, compute / sent, compute / (compute + total), tokens_per_s, minutes)


def table(models: list[Model], cluster: Cluster) -> str:
    lines = ["| model | parameters | gradients of an update | FLOP of a target token |", "|---|---|---|---|"]
    for model in models:
        size = f"{model.parameters / 1e6:.1f} M | {4 * model.parameters / 1e6:.0f} MB"
        lines.append(f"| {model.name} | {size} | {model.flop / 1e6:.0f} M |")
    lines += [
        "",
        "| model | GPUs | batch, pairs | compute, ms | all-reduce, ms | efficiency"
        " | target tokens/s | 36 M pairs once | efficiency, sum after it |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for model in models:
        for gpus in GPUS:
            found = row(model, gpus, cluster)
            cells = [
                model.name,
                str(gpus),
                f"{gpus * model.sentences:,}",
                f"{1e3 * found.compute_s:.1f}",
                f"{1e3 * found.sum_s:.1f}",
                f"{found.efficiency:.0%}",
                f"{found.tokens_per_s:,.0f}",
                f"{found.epoch_minutes:.1f} min",
                f"{found.efficiency_after:.0%}",
            ]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Calculate how training is shared by many GPUs.")
    parser.add_argument("--write", action="store_true", help="put the table into docs/scaling.md")
    found = table([rnnsearch(), gnmt()], Cluster())
    if parser.parse_args().write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{found}\n{END}{after}", encoding="utf-8", newline="\n")
    else:
        print(found, end="")


if __name__ == "__main__":
    main()
