"""The calculation of docs/scaling.md: against numbers by hand, the models themselves and PyTorch's counter."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.data.batch import collate
from nmt.models.seq2seq import Seq2Seq
from nmt.parallel.ranks import Ranks
from nmt.training.job import Job
from nmt.training.learner import Learner

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("scaling", ROOT / "scripts" / "scaling.py")
scaling = sys.modules["scaling"] = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(scaling)


def test_two_gpus_by_hand():
    """100 tokens of 3 MFLOP at 1 TFLOP/s: 0.3 ms, 0.2 of them backward, 0.15 of those for the second piece. 4 MB, half
    of it twice, at 1 GB/s: 4 ms, and up and down one hop of 1 ms: 6 ms, which begin 0.15 ms before the end."""
    model = scaling.Model("m", (scaling.Piece(400_000, 250_000), scaling.Piece(600_000, 750_000)), 10, 10, 1)
    cluster = scaling.Cluster(1e12, 1e9, 1e8, 1e-3, 8)
    found = scaling.row(model, 2, cluster)
    assert found[1:4] == pytest.approx((0.3e-3, 6e-3, 5.85e-3))
    assert found.efficiency == pytest.approx(0.3 / 6.15)
    assert found.efficiency_after == pytest.approx(0.3 / 6.3)
    assert found.tokens_per_s == pytest.approx(200 / 6.15e-3)
    assert found.epoch_minutes == pytest.approx(36e6 * 10 * 6.15e-3 / 200 / 60)
    assert scaling.row(model, 1, cluster)[1:6] == pytest.approx((0.3e-3, 0, 0, 1, 1))
    between = scaling.row(model, 16, cluster).sum_s
    assert between == pytest.approx(2 * 15 / 16 * 4e6 / 1e8 + 2 * 4 * 1e-3)


def test_what_the_last_piece_makes_is_sent_after_it():
    """A sum of 10 microseconds, 4 of them before the end."""
    model = scaling.Model("m", (scaling.Piece(400_000, 250_000), scaling.Piece(600_000, 750_000)), 10, 10, 1)
    found = scaling.row(model, 2, scaling.Cluster(1e12, 4e11, 1e8, 0, 8))
    assert (found.sum_s, found.seen_s) == pytest.approx((10e-6, 6e-6))


@pytest.mark.parametrize("name", ["rnnsearch_50", "gnmt_8"])
def test_the_models_are_those_of_the_configs(name, monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_DATA", str(tmp_path))
    experiment = load_config(Experiment, ROOT / "configs" / "papers" / f"{name}.yaml")
    calculated = {"rnnsearch_50": scaling.rnnsearch, "gnmt_8": scaling.gnmt}[name](source=4)
    size = experiment.data.vocab.size
    batch = collate([[5] * 3] * 2, [[5] * 3] * 2, [0, 1])
    with torch.device("meta"):
        model = Seq2Seq(experiment.model, src_vocab=size, tgt_vocab=size).eval()
    pieces = (
        [model.projection],
        [model.tgt_embedding, model.bridge, model.decoder],
        [model.src_embedding, model.encoder],
    )
    assert tuple(map(size_of, pieces)) == tuple(piece.parameters for piece in calculated.pieces)
    assert sum(parameter.numel() for parameter in model.parameters()) == calculated.parameters
    assert experiment.data.batching.sentences == calculated.sentences
    learner = Learner(model, experiment.train, Job(None, None, torch.device("meta"), "fp32", 1, ranks=Twins()))
    assert len(learner.gradient_sum._buckets) == calculated.buckets
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model.force(batch.to("meta"))
    assert counter.get_total_flops() / batch.tokens == pytest.approx(calculated.forward_products, rel=0.02)


class Twins(Ranks):
    size = 2


def size_of(modules):
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_the_page_has_the_table_of_today():
    table = scaling.table([scaling.rnnsearch(), scaling.gnmt()], scaling.Cluster())
    assert f"{scaling.BEGIN}\n{table}\n{scaling.END}" in scaling.PAGE.read_text(encoding="utf-8")
