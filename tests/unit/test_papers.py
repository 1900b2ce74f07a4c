"""The presets of the papers: their heads, their sizes, what a row has that the row before has not, and an update."""

import gzip
import math
import re
import sys
from itertools import islice
from pathlib import Path

import pytest
import torch

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.yaml12 import parse
from nmt.data.epochs import Epochs
from nmt.embedded import embedded_folder
from nmt.models.seq2seq import Seq2Seq
from nmt.pipeline.run_folder import RunFolder
from nmt.pipeline.training import plan
from nmt.training.job import Job
from nmt.training.learner import Learner

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from make_papers import PAGE, PRESETS, head, page  # noqa: E402

FOLDER = embedded_folder() / "configs" / "papers"
FIELDS = {"Paper", "Row", "Published", "Measured", "Status", "Command", "Data", "Chosen", "Differs"}
SMALL = {"dim": 8, "maxout": 6, "ff_dim": 12, "heads": 2}
LINES = 40
SPECIALS = 4
BEHIND_ZERO = {f"decoder.attention.scorer.{name}.weight" for name in ("query", "key")}
"""W_a and U_a have no gradient as long as v_a is zero, where the paper starts it."""
each_preset = pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.stem)

# Typed from the papers' tables and the tutorial's README.
PUBLISHED = {
    "rnnencdec_30": "BLEU 13.93",
    "rnnencdec_50": "BLEU 17.82",
    "rnnsearch_30": "BLEU 21.50",
    "rnnsearch_50": "BLEU 26.75",
    "luong_base": "BLEU 11.3",
    "luong_reverse": "BLEU 12.6",
    "luong_dropout": "BLEU 14.0",
    "luong_global_location": "BLEU 16.8",
    "luong_global_location_feed": "BLEU 18.1 on newstest2014 (19.3",
    "luong_global_dot_feed": "BLEU 18.6 on newstest2014 (20.5",
    "luong_global_general_feed": "BLEU 17.3 on newstest2014 (19.1",
    "luong_local_m_dot_feed": "perplexity above 7.0",
    "luong_local_m_general_feed": "BLEU 18.6 on newstest2014 (20.4",
    "luong_local_p_dot_feed": "BLEU 18.0 on newstest2014 (19.6",
    "luong_local_p_general_feed": "BLEU 19.0 on newstest2014 (20.9",
    "luong_local_p_general_feed_unk": "BLEU 20.9",
    "gnmt_4": "BLEU 23.7 on newstest2014, 26.5 on newstest2015",
    "gnmt_8": "BLEU 24.4 on newstest2014, 27.6 on newstest2015",
    "transformer_base": "BLEU 27.3",
}


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_DATA", str(tmp_path))


def leaves(tree, prefix=""):
    """Every key of a config as `a.b.c` with its value."""
    if not isinstance(tree, dict):
        return {prefix.removesuffix("."): tree}
    return {name: leaf for key, below in tree.items() for name, leaf in leaves(below, f"{prefix}{key}.").items()}


def written(name):
    """What stands in a preset, without defaults."""
    return leaves(parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))[0])


def test_each_row_has_its_preset_and_its_score():
    assert {preset.stem for preset in PRESETS} == set(PUBLISHED)
    published = {name: head(FOLDER / f"{name}.yaml")["Published"] for name in PUBLISHED}
    assert [name for name, score in PUBLISHED.items() if not published[name].startswith(score)] == []


@each_preset
def test_the_head_is_complete(preset):
    fields = head(preset)
    assert set(fields) - {"Also"} == FIELDS
    assert re.match(r"[A-Z][a-z]+ et al\. 201\d, .*arXiv 1\d{3}\.\d{4,5}\b", fields["Paper"])
    assert re.search(r"table \d|tutorial", fields["Row"])
    assert "en-de" in fields["Measured"] or "en-fr" in fields["Measured"]
    assert fields["Command"] == f"nmt train --config configs/papers/{preset.name}"
    assert "docs/equations.md" in fields["Differs"]


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(PRESETS)


def small(preset, folder):
    """`--set` changes that make a preset narrow and train it for one update on a few lines of the embedded corpus."""
    changes = ["device=cpu", "precision=fp32", "data.test={}", "train.max_steps=1", "data.vocab.size=150"]
    for part, name in (("train", "train"), ("valid", "train")):
        for side, language in (("src", "en"), ("tgt", "de")):
            with gzip.open(embedded_folder() / "data" / f"{name}.{language}.gz", "rb") as lines:
                file = folder / f"{part}.{language}"
                file.write_bytes(b"".join(islice(lines, LINES if part == "train" else 2)))
            changes.append(f"data.{part}.{side}={file}")
    named = leaves(parse(preset.read_text(encoding="utf-8"))[0])
    widths = [key for key in named if key.startswith("model.") and key.rpartition(".")[2] in SMALL]
    return changes + [f"{key}={SMALL[key.rpartition('.')[2]]}" for key in widths]


def unused(model):
    raise AssertionError("no validation")


@each_preset
def test_an_update_at_reduced_width(preset, tmp_path):
    experiment = load_config(Experiment, preset, small(preset, tmp_path), check_files=True)
    ready = plan(experiment, RunFolder(tmp_path / "run"))
    assert ready.parameters < 40_000
    before = ready.model.projection.weight.detach().clone()
    data = Epochs(ready.prepared.train, experiment.data.batching, experiment.seed)
    learner = Learner(ready.model, experiment.train, Job(data, unused, *ready.compute, experiment.seed))
    epoch = data.epoch(1)

    update = learner.update([epoch.batch(ids) for ids in epoch.batches], 1, experiment.train.optimizer.lr)

    assert update.loss == pytest.approx(math.log(len(ready.prepared.tokenizers[1])), rel=0.2)
    flat = {name for name, weight in learner.named_parameters.items() if weight.grad is None or not weight.grad.any()}
    assert flat == (BEHIND_ZERO if "rnnsearch" in preset.stem else set())
    assert not torch.equal(before, ready.model.projection.weight)


def lstm(inputs, dim):
    return 4 * dim * inputs + 4 * dim * dim + 4 * dim


def gru(inputs, dim):
    return 3 * dim * inputs + 3 * dim * dim + 2 * 3 * dim


def rnnsearch(words=30_000 + SPECIALS, m=620, n=1000, maxout=500):
    """Bahdanau et al. 2014, appendix A.2, with the biases of docs/equations.md."""
    embeddings = 2 * words * m
    encoder = 2 * gru(m, n)
    first_state = n * n + n
    alignment = n * n + n * 2 * n + n
    decoder = gru(m + 2 * n, n)
    read_out = 2 * maxout * (n + m + 2 * n) + 2 * maxout
    return embeddings + encoder + first_state + alignment + decoder + read_out + words * maxout + words


def rnnencdec(words=30_000 + SPECIALS, m=620, n=1000, maxout=500):
    """RNNsearch without the backward encoder and the alignment; c is n wide."""
    read_out = 2 * maxout * (n + m + n) + 2 * maxout
    return 2 * words * m + gru(m, n) + n * n + n + gru(m + n, n) + read_out + words * maxout + words


def luong(words=50_000 + SPECIALS, n=1000, feed=0, attention=0):
    """Four layers on each side, n = 1000; the decoder's first layer reads `feed` more features."""
    return 2 * words * n + 4 * lstm(n, n) + lstm(n + feed, n) + 3 * lstm(n, n) + attention + words * n + words


def gnmt(layers, words=32_000, n=1024):
    """The bottom of the encoder reads in both directions, the second layer reads 2n; all decoder layers read a_i."""
    encoder = 2 * lstm(n, n) + lstm(2 * n, n) + (layers - 2) * lstm(n, n)
    attention = n * n + (n * n + n) + n
    return 2 * words * n + encoder + layers * lstm(2 * n, n) + attention + words * n + words


def transformer(layers=6, pieces=37_000, n=512, hidden=2048):
    """Table 3, base: 4 n^2 for each attention, three matrices are one, and a bias for the vocabulary."""
    norm, feed_forward = 2 * n, n * hidden + hidden + hidden * n + n
    encoder = 4 * n * n + feed_forward + 2 * norm
    decoder = 2 * 4 * n * n + feed_forward + 3 * norm
    return pieces * n + layers * (encoder + decoder) + pieces


COMBINE, GENERAL, LOCAL_P, LOCATION = 1000 * 2000, 1000 * 1000, 1000 * 1000 + 1000, 51 * 1000
SIZES = {
    "rnnsearch_50": rnnsearch(),
    "rnnencdec_50": rnnencdec(),
    "luong_base": luong(),
    "luong_dropout": luong(),
    "luong_global_location": luong(attention=COMBINE + LOCATION),
    "luong_global_dot_feed": luong(feed=1000, attention=COMBINE),
    "luong_local_m_general_feed": luong(feed=1000, attention=COMBINE + GENERAL),
    "luong_local_p_general_feed": luong(feed=1000, attention=COMBINE + GENERAL + LOCAL_P),
    "gnmt_4": gnmt(4),
    "gnmt_8": gnmt(8),
    "transformer_base": transformer(),
}


@pytest.mark.parametrize("name", SIZES)
def test_parameters_at_full_width(name):
    experiment = load_config(Experiment, FOLDER / f"{name}.yaml")
    size = experiment.data.vocab.size
    with torch.device("meta"):
        model = Seq2Seq(experiment.model, src_vocab=size, tgt_vocab=size)
    assert sum(parameter.numel() for parameter in model.parameters()) == SIZES[name]


DROPOUT = {f"model.{part}.dropout" for part in ("embedding", "encoder", "decoder")}
ATTENTION = "model.decoder.attention."
GENERAL_FEED, LOCAL_P_FEED = "luong_global_general_feed", "luong_local_p_general_feed"
STEPS = {
    ("rnnencdec_30", "rnnencdec_50"): {"data.max_length", "train.max_steps"},
    ("rnnsearch_30", "rnnsearch_50"): {"data.max_length", "train.max_steps"},
    ("luong_base", "luong_reverse"): {"model.encoder.reverse_source"},
    ("luong_reverse", "luong_dropout"): DROPOUT | {"train.max_epochs", "train.schedule.start_epoch"},
    ("luong_dropout", "luong_global_location"): {"model.decoder.type", "model.decoder.input_feeding"}
    | {f"{ATTENTION}scorer.type", f"{ATTENTION}scorer.max_positions"},
    ("luong_global_location", "luong_global_location_feed"): {"model.decoder.input_feeding"},
    ("luong_global_location_feed", GENERAL_FEED): {f"{ATTENTION}scorer.type", f"{ATTENTION}scorer.max_positions"},
    (GENERAL_FEED, "luong_global_dot_feed"): {f"{ATTENTION}scorer.type"},
    (GENERAL_FEED, LOCAL_P_FEED): {f"{ATTENTION}window.type", f"{ATTENTION}window.width"},
    (LOCAL_P_FEED, "luong_local_p_dot_feed"): {f"{ATTENTION}scorer.type"},
    (LOCAL_P_FEED, "luong_local_m_general_feed"): {f"{ATTENTION}window.type"},
    ("luong_local_m_general_feed", "luong_local_m_dot_feed"): {f"{ATTENTION}scorer.type"},
    (LOCAL_P_FEED, "luong_local_p_general_feed_unk"): {"search.replace_unk"},
    ("gnmt_4", "gnmt_8"): {"model.encoder.layers", "model.decoder.layers"},
}


@pytest.mark.parametrize(("row", "following"), STEPS)
def test_a_row_changes_what_it_says_and_nothing_else(row, following):
    before, after = written(row), written(following)
    assert {key for key in before | after if before.get(key) != after.get(key)} == STEPS[row, following]
