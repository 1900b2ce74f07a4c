"""What every component owes besides its mathematics: dropout in training only, refusals, configs that read back."""

from __future__ import annotations

import pytest
import torch

from nmt.attention.normalisers.normaliser import Normaliser
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.windows.window import Window
from nmt.config.dump import dump_config
from nmt.config.loader import load_config
from nmt.data.batch import collate
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder
from nmt.errors import ConfigError
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq

from .variants import DECODERS, EACH_ENCODER, ENCODERS, REFUSED, Variant

SRC, TGT = [[4, 5, 6], [7]], [[4, 5], [6]]


@pytest.mark.parametrize("variant", DECODERS, ids=str)
def test_dropout_in_training_only(variant):
    model, batch = variant.model(dropout=0.5), collate(SRC, TGT, [])
    with torch.no_grad():
        trained = [float(model.loss(batch).total) for _ in range(2)]
        model.eval()
        tested = [float(model.loss(batch).total) for _ in range(2)]
        without = variant.model(dropout=0.0)
        expected = float(without.loss(batch).total)
    assert trained[0] != trained[1]
    assert tested == pytest.approx([expected] * 2, abs=1e-9)


@pytest.mark.parametrize("variant", REFUSED, ids=str)
def test_parts_that_do_not_fit_are_refused(variant):
    with pytest.raises(ConfigError) as caught:
        variant.model()
    assert str(caught.value).startswith("model.bridge")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoder", "shape"),
    [
        ({"type": "rnn", "dim": 4}, (8, 1, 1, 2)),
        ({"type": "rnn", "dim": 4, "cell": "lstm", "layers": 3, "bidirectional": False}, (4, 3, 2, 1)),
        ({"type": "gnmt", "dim": 4, "layers": 3}, (4, 3, 2, 1)),
        ({"type": "transformer", "dim": 4, "layers": 3, "heads": 2}, (4, 1, 1, 1)),
    ],
    ids=str,
)
def test_encoders_tell_their_width_layers_states_and_directions(encoder, shape):
    """Which parts fit, and so which are tried to be refused, is read from this."""
    assert Variant(encoder, {"type": "dense"}, {"type": "luong"}).model().encoder.shape == shape


@pytest.mark.parametrize(
    ("decoder", "shape"),
    [
        ({"type": "bahdanau", "dim": 4}, (1, 4, 1)),
        ({"type": "conditional_gru", "dim": 4}, (1, 4, 1)),
        ({"type": "coverage", "dim": 4}, (1, 4, 1)),
        ({"type": "gnmt", "dim": 4, "layers": 3}, (3, 4, 2)),
        ({"type": "luong", "dim": 4, "cell": "gru", "layers": 2}, (2, 4, 1)),
        ({"type": "plain", "dim": 4, "cell": "lstm"}, (1, 4, 2)),
        ({"type": "transformer", "dim": 4, "layers": 3, "heads": 2}, (0, 4, 1)),
    ],
    ids=str,
)
def test_decoders_tell_their_layers_width_and_states(decoder, shape):
    assert Variant({"type": "rnn"}, {"type": "dense"}, decoder).model().decoder.shape == shape


def test_every_encoder_meets_every_decoder_and_every_part_of_attention():
    """The pairs without an encoder are made in `variants`; that of one-sided scores and several heads is refused."""
    families = {"scorer": Scorer, "window": Window, "normaliser": Normaliser}
    wanted = {("decoder", name) for name in Decoder.registry}
    wanted |= {(part, name) for part, family in families.items() for name in family.registry} | {
        ("heads", 1),
        ("heads", 2),
    }
    met = {name: set() for name in Encoder.registry}
    for encoder, _, decoder, _ in [*DECODERS, *ENCODERS]:
        met[encoder["type"]].add(("decoder", decoder["type"]))
        for part, options in decoder.get("attention", {}).items():
            met[encoder["type"]].add((part, options["type"] if part in families else options))
    assert {name: wanted - pairs for name, pairs in met.items()} == dict.fromkeys(met, set())


UNFIT = [
    (
        {"scorer": {"type": "dot"}},
        "scorer: dot needs decoder and encoder states of one width, not 6 and 8; use general",
    ),
    (
        {"scorer": {"type": "scaled_dot"}},
        "scorer: scaled_dot needs decoder and encoder states of one width, not 6 and 8",
    ),
    (
        {"scorer": {"type": "concat", "dim": 6, "reduced": True}},
        "scorer.dim: reduced concat needs the width of the source states, 8, not 6",
    ),
    ({"heads": 3}, "heads: encoder states of width 8 cannot be shared by 3 heads"),
    (
        {"scorer": {"type": "location"}, "heads": 2},
        "heads: 2 heads need a score of query and source together, which location is not",
    ),
    (
        {"scorer": {"type": "content"}, "heads": 2},
        "heads: 2 heads need a score of query and source together, which content is not",
    ),
    (
        {"normaliser": {"type": "uniform"}, "heads": 4},
        "heads: 4 heads need a score of query and source together, which uniform is not",
    ),
]


@pytest.mark.parametrize(("attention", "message"), UNFIT, ids=[message.partition(" needs")[0] for _, message in UNFIT])
@pytest.mark.parametrize("decoder", ["bahdanau", "luong"])
def test_parts_of_attention_that_do_not_fit_are_refused(decoder, attention, message):
    with pytest.raises(ConfigError) as caught:
        Variant(
            {"type": "rnn", "dim": 4}, {"type": "dense"}, {"type": decoder, "dim": 6, "attention": attention}
        ).model()
    assert str(caught.value).startswith(f"model.decoder.attention.{message}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "attention", [{"scorer": {"type": "general"}}, {"heads": 2}, {"normaliser": {"type": "uniform"}}], ids=str
)
def test_coverage_refuses_other_scores(attention):
    message = r"^model\.decoder\.attention: coverage needs the scores of concat or additive with one head$"
    with pytest.raises(ConfigError, match=message):
        Variant({"type": "rnn"}, {"type": "dense"}, {"type": "coverage", "attention": attention}).model()


@pytest.mark.parametrize("encoder", ["gnmt", "rnn"])
def test_gnmt_has_two_layers_or_more(encoder):
    parts = {"encoder": {"type": encoder, "layers": 1}, "decoder": {"type": "gnmt", "layers": 1}}
    with pytest.raises(ValueError, match="layers") as caught:
        Variant(parts["encoder"], {"type": "dense"}, parts["decoder"]).config()
    refused = [error["loc"] for error in caught.value.errors()]
    assert refused == [("encoder", "gnmt", "layers")] * (encoder == "gnmt") + [("decoder", "gnmt", "layers")]


@pytest.mark.parametrize("variant", [*DECODERS, *EACH_ENCODER], ids=str)
def test_a_config_can_be_written_and_read_back(variant, tmp_path):
    config, path = variant.config(dropout=0.25), tmp_path / "model.yaml"
    path.write_text(dump_config(config), encoding="utf-8", newline="\n")
    assert load_config(ModelConfig, path) == config


def test_a_lexical_readout_needs_attention_and_a_vocabulary_of_its_own():
    part = {"type": "rnn"}, {"type": "dense"}
    with pytest.raises(ConfigError, match=r"^model\.lexical_readout: needs a decoder with attention; leave it out$"):
        Variant(*part, {"type": "plain"}, True).model()
    config = Variant(*part, {"type": "luong"}, True).config()
    tied = config.model_copy(update={"embedding": config.embedding.model_copy(update={"tie": "output"})})
    message = r"^model\.embedding\.tie: output cannot go with model\.lexical_readout; use none$"
    with pytest.raises(ConfigError, match=message):
        Seq2Seq(tied, src_vocab=9, tgt_vocab=9)
