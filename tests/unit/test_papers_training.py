"""The presets of the papers train what the papers trained: sizes, data, updates, rates and search, typed from them.

A value that no paper gives is under the comment "chosen"; the head of the preset says so too.
"""

from functools import cache
from pathlib import Path

import pytest

from nmt.config.dump import plain_data
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.yaml12 import parse
from nmt.embedded import embedded_folder
from nmt.training.schedules.schedule import Progress

FOLDER = embedded_folder() / "configs" / "papers"
SPECIALS = 4
FREE = ("seed", "data.train.", "data.valid.", "data.test.")
"""Seed and paths are nobody's."""

# What no paper here has.
NOTHING_ELSE = {
    "data.mix": [],
    "data.tokenizer.lowercase": False,
    "data.tokenizer.sampling": None,
    "data.vocab.min_freq": 1,
    "model.embedding.variational": False,
    "model.encoder.variational": False,
    "model.encoder.residual": False,
    "model.decoder.variational": False,
    "model.decoder.residual": False,
    "model.decoder.attentional_dim": None,
    "model.decoder.attention.heads": 1,
    "model.decoder.attention.normaliser.type": "softmax",
    "model.lexical_readout": None,
    "model.alignment_head": None,
    "train.guided_alignment": None,
    "train.init_from": None,
    "train.optimizer.momentum": 0.0,
    "train.optimizer.weight_decay": 0.0,
    "train.accumulate": 1,
    "train.patience": None,
    "train.ema": None,
    "train.max_minutes": None,
    "search.coverage_penalty": 0.0,
}
# Scores are counted in the tokens that the text has; unknown words stay, the vocabularies are two.
USUAL = {
    "data.src_lang": "en",
    "data.tokenizer.type": "word",
    "data.vocab.shared": False,
    "model.embedding.dropout": 0.0,
    "model.embedding.tie": "none",
    "model.encoder.dropout": 0.0,
    "model.decoder.dropout": 0.0,
    "train.objective.type": "cross_entropy",
    "train.label_smoothing": 0.0,
    "train.metric": "bleu",  # chosen
    "search.replace_unk": False,
    "evaluation.bleu_tokenize": "none",
}

# Bahdanau et al. 2014: sections 4.1 and 4.2, appendices A.2.3 and B, table 2.
BAHDANAU = USUAL | {
    "data.tgt_lang": "fr",
    "data.vocab.size": 30_000 + SPECIALS,
    "data.batching.sentences": 80,
    "data.batching.pool": 20,  # 1,600 pairs are sorted and cut into 20 batches
    "model.embedding.dim": 620,
    "model.init.type": "bahdanau",
    "model.encoder.type": "rnn",
    "model.encoder.cell": "gru",
    "model.encoder.reset_gate": "before",
    "model.encoder.layers": 1,
    "model.encoder.dim": 1000,
    "model.encoder.reverse_source": False,
    "model.bridge.type": "dense",
    "model.decoder.reset_gate": "before",
    "model.decoder.dim": 1000,
    "model.decoder.maxout": 500,
    "train.optimizer.type": "adadelta",
    "train.optimizer.lr": 1.0,
    "train.optimizer.rho": 0.95,
    "train.optimizer.eps": 1e-6,
    "train.clip_norm": 1.0,
    "train.max_epochs": None,
    # chosen
    "train.objective.mean_over": "sentences",
    "train.validate_every": 10_000,
    "search.beam_size": 10,
    "search.length_penalty.type": "average",
}
RNNSEARCH = BAHDANAU | {
    "model.encoder.bidirectional": True,
    "model.bridge.source": "backward",
    "model.decoder.type": "bahdanau",
    "model.decoder.attention.scorer.type": "concat",
    "model.decoder.attention.scorer.dim": 1000,
    "model.decoder.attention.scorer.reduced": False,
    "model.decoder.attention.window.type": "everywhere",
}
RNNENCDEC = BAHDANAU | {
    "model.encoder.bidirectional": False,
    "model.bridge.source": "final",
    "model.decoder.type": "plain",
    "model.decoder.cell": "gru",
    "model.decoder.layers": 1,
    "model.decoder.every_step": True,
}

# Luong et al. 2015: section 4.1, tables 1 and 4.
LUONG = USUAL | {
    "data.tgt_lang": "de",
    "data.vocab.size": 50_000 + SPECIALS,
    "data.max_length": 50,
    "data.batching.sentences": 128,
    "model.embedding.dim": 1000,
    "model.init.type": "uniform",
    "model.init.bound": 0.1,
    "model.encoder.type": "rnn",
    "model.encoder.cell": "lstm",
    "model.encoder.layers": 4,
    "model.encoder.dim": 1000,
    "model.encoder.bidirectional": False,
    "model.encoder.reverse_source": True,
    "model.bridge.type": "copy",
    "model.decoder.type": "plain",
    "model.decoder.cell": "lstm",
    "model.decoder.layers": 4,
    "model.decoder.dim": 1000,
    "train.optimizer.type": "sgd",
    "train.optimizer.lr": 1.0,
    "train.schedule.type": "halving",
    "train.schedule.start_epoch": 5,
    "train.clip_norm": 5.0,
    "train.max_epochs": 10,
    "train.max_steps": None,
    # chosen; the mean over sentences by the authors' code
    "train.objective.mean_over": "sentences",
    "train.validate_every": None,
    "search.beam_size": 10,
    "search.length_penalty.type": "none",
}
DROPOUT = {f"model.{part}.dropout": 0.2 for part in ("embedding", "encoder", "decoder")}
LUONG_DROPOUT = LUONG | DROPOUT | {"train.schedule.start_epoch": 8, "train.max_epochs": 12}


def attention(scorer, window="everywhere", feed=True):
    """A row with attention: D = 10, and a location for each of 50 words and EOS."""
    prefix = "model.decoder.attention"
    parts = {f"{prefix}.scorer.type": scorer, f"{prefix}.window.type": window}
    parts |= {f"{prefix}.scorer.max_positions": 51} if scorer == "location" else {}
    parts |= {f"{prefix}.window.width": 10} if window != "everywhere" else {}
    return LUONG_DROPOUT | {"model.decoder.type": "luong", "model.decoder.input_feeding": feed} | parts


# The NMT tutorial, standard_hparams/wmt16_gnmt_4_layer.json and wmt16_gnmt_8_layer.json; 1,024 cells as Wu et al. 2016.
GNMT = USUAL | {
    "data.tgt_lang": "de",
    "data.tokenizer.type": "sentencepiece",
    "data.tokenizer.model": "bpe",
    "data.tokenizer.normalization": "identity",
    "data.vocab.size": 32_000,
    "data.vocab.shared": True,
    "data.max_length": 50,
    "data.batching.sentences": 128,
    "model.embedding.dim": 1024,
    "model.embedding.dropout": 0.2,
    "model.init.type": "uniform",
    "model.init.bound": 0.1,
    "model.init.forget_bias": 1.0,
    "model.encoder.type": "gnmt",
    "model.encoder.dim": 1024,
    "model.encoder.dropout": 0.2,
    "model.bridge.type": "copy",
    "model.decoder.type": "gnmt",
    "model.decoder.wiring": "gnmt_v2",
    "model.decoder.dim": 1024,
    "model.decoder.dropout": 0.2,
    "model.decoder.attention.scorer.type": "additive",
    "model.decoder.attention.scorer.dim": 1024,
    "model.decoder.attention.window.type": "everywhere",
    "train.objective.mean_over": "sentences",
    "train.optimizer.type": "sgd",
    "train.optimizer.lr": 1.0,
    "train.schedule.type": "halving",
    "train.schedule.start_epoch": 5,
    "train.clip_norm": 5.0,
    "train.max_steps": 340_000,
    "train.max_epochs": None,
    "search.beam_size": 10,
    "search.length_penalty.type": "gnmt",
    "search.length_penalty.alpha": 1.0,
}

# Vaswani et al. 2017: table 3 (base), sections 5.1 to 5.4 and 6.1.
SIDE = {"type": "transformer", "layers": 6, "dim": 512, "heads": 8, "ff_dim": 2048, "norm": "post", "dropout": 0.1}
TRANSFORMER = USUAL | {
    "data.tgt_lang": "de",
    "data.tokenizer.type": "sentencepiece",
    "data.tokenizer.model": "bpe",
    "data.tokenizer.normalization": "identity",
    "data.vocab.size": 37_000,
    "data.vocab.shared": True,
    "data.batching.max_tokens": 25_000,
    "model.embedding.dim": 512,
    "model.embedding.tie": "all",
    **{f"model.{side}.{key}": value for side in ("encoder", "decoder") for key, value in SIDE.items()},
    "model.bridge.type": "zero",
    "train.objective.mean_over": "tokens",
    "train.optimizer.type": "adam",
    "train.optimizer.lr": pytest.approx(512**-0.5 * 4000**-0.5, rel=0.002),
    "train.optimizer.beta1": 0.9,
    "train.optimizer.beta2": 0.98,
    "train.optimizer.eps": 1e-9,
    "train.schedule.type": "inverse_sqrt",
    "train.schedule.warmup_steps": 4000,
    "train.clip_norm": None,
    "train.label_smoothing": 0.1,
    "train.max_steps": 100_000,
    "train.max_epochs": None,
    "train.keep_checkpoints": 5,
    "search.beam_size": 4,
    "search.length_penalty.type": "gnmt",
    "search.length_penalty.alpha": 0.6,
    # chosen
    "data.max_length": 256,
    "model.init.type": "xavier",
    "train.validate_every": 1400,
}

PRESETS = {
    "rnnencdec_30": RNNENCDEC | {"data.max_length": 30, "train.max_steps": 846_000},
    "rnnencdec_50": RNNENCDEC | {"data.max_length": 50, "train.max_steps": 600_000},
    "rnnsearch_30": RNNSEARCH | {"data.max_length": 30, "train.max_steps": 471_000},
    "rnnsearch_50": RNNSEARCH | {"data.max_length": 50, "train.max_steps": 288_000},
    "luong_base": LUONG | {"model.encoder.reverse_source": False},
    "luong_reverse": LUONG,
    "luong_dropout": LUONG_DROPOUT,
    "luong_global_location": attention("location", feed=False),
    "luong_global_location_feed": attention("location"),
    "luong_global_dot_feed": attention("dot"),
    "luong_global_general_feed": attention("general"),
    "luong_local_m_dot_feed": attention("dot", "local_m"),
    "luong_local_m_general_feed": attention("general", "local_m"),
    "luong_local_p_dot_feed": attention("dot", "local_p"),
    "luong_local_p_general_feed": attention("general", "local_p"),
    "luong_local_p_general_feed_unk": attention("general", "local_p") | {"search.replace_unk": True},
    "gnmt_4": GNMT | {"model.encoder.layers": 4, "model.decoder.layers": 4},
    "gnmt_8": GNMT | {"model.encoder.layers": 8, "model.decoder.layers": 8},
    "transformer_base": TRANSFORMER,
}
each_preset = pytest.mark.parametrize("name", PRESETS)


@pytest.fixture(autouse=True)
def data(monkeypatch, tmp_path):
    monkeypatch.setenv("NMT_DATA", str(tmp_path))


def flat(tree, prefix=""):
    """Every key of nested mappings as `a.b.c` with its value."""
    found = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found


@cache
def preset(name):
    return load_config(Experiment, FOLDER / f"{name}.yaml")


def test_every_preset_is_typed():
    assert set(PRESETS) == {Path(path).stem for path in FOLDER.glob("*.yaml")}


@each_preset
def test_the_values_of_the_paper(name):
    found, expected = flat(plain_data(preset(name))), PRESETS[name]
    typed = {key: value for key, value in NOTHING_ELSE.items() if key in found} | expected
    assert {key: found.get(key, "missing") for key in typed} == typed
    written = flat(parse((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))[0])
    assert [key for key in written if key not in expected and not key.startswith(FREE)] == []


HALVED_FROM_5 = {1: 1.0, 5: 1.0, 6: 0.5, 7: 0.25, 10: 0.03125}
HALVED_FROM_8 = {1: 1.0, 8: 1.0, 9: 0.5, 10: 0.25, 12: 0.0625}
FALLING = dict.fromkeys(("luong_base", "luong_reverse", "gnmt_4", "gnmt_8"), HALVED_FROM_5)
FALLING |= dict.fromkeys((name for name in PRESETS if name.startswith("luong_") and name not in FALLING), HALVED_FROM_8)


def rate(name, step, epoch):
    train = preset(name).train
    return train.optimizer.lr * train.schedule.build().factor(Progress(step, epoch, 0.0, ()))


@pytest.mark.parametrize("name", FALLING)
def test_the_rate_falls_as_in_the_paper(name):
    """Halved at every epoch after the fifth of 10; with dropout after the eighth of 12."""
    assert {epoch: rate(name, 1000 * epoch, epoch) for epoch in FALLING[name]} == FALLING[name]


def test_the_rate_of_the_transformer():
    """Vaswani et al. 2017, eq. 3."""
    for step in (1, 400, 4000, 16_000, 100_000):
        expected = 512**-0.5 * min(step**-0.5, step * 4000**-1.5)
        assert rate("transformer_base", step, 1) == pytest.approx(expected, rel=0.002)


@pytest.mark.parametrize("name", ["rnnencdec_30", "rnnencdec_50", "rnnsearch_30", "rnnsearch_50"])
def test_adadelta_has_no_rate_to_lower(name):
    assert [rate(name, step, epoch) for step, epoch in ((1, 1), (200_000, 5), (846_000, 9))] == [1.0] * 3
