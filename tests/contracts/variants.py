"""The models that the contracts are tried on, made from the registries: a new component is among them by being there.

The options of a component are found in its Config: flags, choices, `layers`, optional widths. A variant changes none,
one or two of them; two are enough for `residual` to meet a second layer and for `reset_gate` to meet a GRU.
"""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any, Literal, NamedTuple, get_args, get_origin

import torch
from pydantic.fields import FieldInfo

from nmt.attention.coverage.coverage import Coverage
from nmt.attention.scorers.scorer import Scorer
from nmt.bridges.bridge import Bridge
from nmt.config.component import Component
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq

EMBEDDING, DECODER, ENCODER, HIDDEN, MAXOUT = 5, 6, 8, 7, 4
SRC_VOCAB, TGT_VOCAB = 11, 9
Options = dict[str, Any]


class Variant(NamedTuple):
    """The parts of a model as plain data."""

    encoder: Options
    bridge: Options
    decoder: Options

    def __str__(self) -> str:
        return "-".join(_label(part) for part in self)

    def config(self, dropout: float = 0.0) -> ModelConfig:
        """The model's config, with `dropout` wherever there is such an option."""
        families: list[type[Component]] = [Encoder, Bridge, Decoder]
        encoder, bridge, decoder = (
            {**part, "dropout": dropout} if "dropout" in _fields(family, part["type"]) else part
            for family, part in zip(families, self, strict=True)
        )
        embedding = {"dim": EMBEDDING, "dropout": dropout}
        data = {"embedding": embedding, "encoder": encoder, "bridge": bridge, "decoder": decoder}
        return ModelConfig.model_validate_json(json.dumps(data))

    def model(self, dropout: float = 0.0, tgt_vocab: int = TGT_VOCAB) -> Seq2Seq:
        """A model with random weights everywhere, biases included."""
        torch.manual_seed(3)
        model = Seq2Seq(self.config(dropout), src_vocab=SRC_VOCAB, tgt_vocab=tgt_vocab)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.5)
        return model


def _label(part: Options) -> str:
    scorer = part.get("attention", {}).get("scorer", {}).get("type")
    options = [f"{key}={value}" for key, value in part.items() if key not in ("type", "dim", "attention")]
    return ",".join([part["type"], *([scorer] if scorer else []), *options])


def _fields(family: type[Component], name: str) -> dict[str, FieldInfo]:
    return family.registry[name].Config.model_fields


def _variants(family: type[Component], name: str) -> list[Options]:
    """The component by itself, and with every one and every two of its options changed."""
    options = [(key, value) for key, field in _fields(family, name).items() for value in _others(key, field)]
    pairs = [pair for pair in combinations(options, 2) if pair[0][0] != pair[1][0]]
    return [{"type": name, **dict(chosen)} for chosen in [(), *((option,) for option in options), *pairs]]


def _others(key: str, field: FieldInfo) -> list[Any]:
    """The values of an option besides its default; none for what is no option, or needs dropout to matter."""
    if key in ("type", "variational"):
        return []
    if field.annotation is bool:
        return [not field.default]
    if get_origin(field.annotation) is Literal:
        return [value for value in get_args(field.annotation) if value != field.default]
    if type(None) in get_args(field.annotation):
        return [MAXOUT if field.default is None else None]
    if key == "coverage":
        options = [options for name in sorted(Coverage.registry) for options in _variants(Coverage, name)]
        return [option for option in options if option != {"type": field.default.type}]
    return [2] if key == "layers" else []


def _decoders() -> list[Variant]:
    """Every decoder with its options and every scorer that it takes, behind the default encoder and bridge."""
    return [
        Variant(_encoder({"type": "rnn"}, _width(scorer)), {"type": "dense"}, _decoder(options, scorer))
        for name in sorted(Decoder.registry)
        for options in _variants(Decoder, name)
        for scorer in _scorers(name)
    ]


def _scorers(decoder: str) -> list[Options] | list[None]:
    """Coverage is a part of concat."""
    if decoder == "coverage":
        return [scorer for scorer in SCORERS if scorer["type"] == "concat"]
    return SCORERS if "attention" in _fields(Decoder, decoder) else [None]


def _encoders() -> list[Variant]:
    """Every encoder and every bridge with their options, before one decoder of each shape, of like cell and layers."""
    return [
        Variant(_encoder(options, DECODER if bridge["type"] == "copy" else ENCODER), bridge, _like(options, decoder))
        for name in sorted(Encoder.registry)
        for options in _variants(Encoder, name)
        for bridge_name in sorted(Bridge.registry)
        for bridge in _variants(Bridge, bridge_name)
        for decoder in _shapes()
        if _carries_the_source(bridge, decoder)
    ]


def _shapes() -> list[str]:
    """One decoder of each kind that an encoder and a bridge can tell apart: cell and layers free or not, attention."""
    choices = ("cell", "layers", "attention")
    names = sorted(Decoder.registry, reverse=True)
    return sorted({tuple(key in _fields(Decoder, name) for key in choices): name for name in names}.values())


def _carries_the_source(bridge: Options, decoder: str) -> bool:
    """Without attention, nothing but the bridge brings the encoder's states to the decoder."""
    part_of_it = bridge["type"] == "zero" or bridge.get("source") == "backward"
    return "attention" in _fields(Decoder, decoder) or not part_of_it


def _encoder(options: Options, width: int) -> Options:
    """Both directions together are `width` wide."""
    return {**options, "dim": width // 2 if _two_way(options) else width}


def _two_way(encoder: Options) -> bool:
    return "bidirectional" in _fields(Encoder, encoder["type"]) and encoder.get("bidirectional") is not False


def _decoder(options: Options, scorer: Options | None) -> Options:
    sized = {**_widths(Decoder, options["type"], MAXOUT), **options, "dim": DECODER}
    return {**sized, "attention": {"scorer": scorer}} if scorer else sized


def _widths(family: type[Component], name: str, width: int) -> Options:
    """Every width of the component that is large by default, made `width`."""
    fields = _fields(family, name).items()
    return {key: width for key, field in fields if type(field.default) is int and field.default > 100}


def _like(encoder: Options, decoder: str) -> Options:
    """The decoder with the encoder's cell and layers, where it has a choice."""
    cell, layers = _stack(Encoder, encoder)
    fields = _fields(Decoder, decoder)
    wanted = {"cell": cell, "layers": max(layers, 2) if decoder == "gnmt" else layers}
    shared = {key: value for key, value in wanted.items() if key in fields}
    return _decoder({"type": decoder, **shared}, _scorers(decoder)[0])


def _stack(family: type[Component], part: Options) -> tuple[str, int]:
    """Cell and layers of an encoder or a decoder. Where there is no choice, GNMT has LSTMs and others one GRU."""
    fields, only = _fields(family, part["type"]), {"cell": "lstm" if part["type"] == "gnmt" else "gru", "layers": 1}
    cell, layers = (part.get(key, fields[key].default if key in fields else value) for key, value in only.items())
    return cell, layers


def _width(scorer: Options | None) -> int:
    """Width of the encoder's states: the decoder's where the score needs that, another one elsewhere."""
    return DECODER if scorer == {"type": "dot"} else ENCODER


def refused(variant: Variant) -> bool:
    """Whether the model must be refused: copy between unequal stacks, the backward state of a one-way encoder."""
    encoder, bridge, decoder = variant
    one_way = not _two_way(encoder) and bridge.get("source") == "backward"
    return one_way or (bridge["type"] == "copy" and _stack(Encoder, encoder) != _stack(Decoder, decoder))


SCORERS: list[Options] = [{"type": name, **_widths(Scorer, name, HIDDEN)} for name in sorted(Scorer.registry)]
DECODERS = _decoders()
ENCODERS = [variant for variant in _encoders() if not refused(variant)]
EACH_ENCODER = list({str(variant.encoder): variant for variant in ENCODERS}.values())
EACH_BRIDGE = list({str(variant[:2]): variant for variant in ENCODERS if "attention" in variant.decoder}.values())
REFUSED = [variant for variant in _encoders() if refused(variant)]
