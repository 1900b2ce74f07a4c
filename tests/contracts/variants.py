"""The models that the contracts are tried on, made from the registries: a new component is among them by being there.

The options of a component are found in its Config: flags, choices, `layers`, optional widths. A variant changes none,
one or two of them; two are enough for `residual` to meet a second layer and for `reset_gate` to meet a GRU.
"""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any, Literal, NamedTuple, cast, get_args, get_origin

import torch
from pydantic.fields import FieldInfo

from nmt.attention.scorers.scorer import Scorer
from nmt.bridges.bridge import Bridge
from nmt.config.component import Component
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder, EncoderShape
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
        return [1 if key == "alignment_layer" else MAXOUT]
    return [2] if key == "layers" else []


def _decoders() -> list[Variant]:
    """Every decoder with its options and every scorer, behind the default encoder and bridge."""
    return [
        Variant(_encoder({"type": "rnn"}, _width(scorer)), {"type": "dense"}, _decoder(options, scorer))
        for name in sorted(Decoder.registry)
        for options in _variants(Decoder, name)
        for scorer in (SCORERS if "attention" in _fields(Decoder, name) else [None])
    ]


def _encoders() -> list[Variant]:
    """Every encoder and every bridge with their options, before every decoder of the same cell and layers."""
    return [
        Variant(encoder, bridge, _like(encoder, decoder))
        for name in sorted(Encoder.registry)
        for options in _variants(Encoder, name)
        for bridge_name in sorted(Bridge.registry)
        for bridge in _variants(Bridge, bridge_name)
        for encoder in [_encoder(options, DECODER if bridge["type"] == "copy" else ENCODER)]
        for decoder in sorted(Decoder.registry)
        if _carries_the_source(bridge, decoder)
    ]


def _carries_the_source(bridge: Options, decoder: str) -> bool:
    """Without attention, nothing but the bridge brings the encoder's states to the decoder."""
    part_of_it = bridge["type"] == "zero" or bridge.get("source") == "backward"
    return _attends(decoder) or not part_of_it


def _attends(decoder: str) -> bool:
    return cast(type[Decoder], Decoder.registry[decoder]).has_attention


def _encoder(options: Options, width: int) -> Options:
    """Both directions together are `width` wide."""
    one_way = not options.get("bidirectional", "bidirectional" in _fields(Encoder, options["type"]))
    return {**_small(Encoder, options["type"], HIDDEN), **options, "dim": width if one_way else width // 2}


def _decoder(options: Options, scorer: Options | None) -> Options:
    sized = {**_small(Decoder, options["type"], MAXOUT), **options, "dim": DECODER}
    return {**sized, "attention": {"scorer": scorer}} if scorer else sized


def _widths(family: type[Component], name: str, width: int) -> Options:
    """Every width of the component that is large by default, made `width`."""
    fields = _fields(family, name).items()
    return {key: width for key, field in fields if type(field.default) is int and field.default > 100}


def _small(family: type[Component], name: str, width: int) -> Options:
    """`_widths`, and few heads and layers where there are many by default."""
    fields = _fields(family, name)
    few = {key: count for key, count in (("heads", 2), ("layers", 1)) if key in fields and fields[key].default > count}
    return {**_widths(family, name, width), **few}


def _like(encoder: Options, decoder: str) -> Options:
    """The decoder with the encoder's cell and layers, where it has a choice."""
    fields, shape = _fields(Decoder, decoder), _shape(encoder)
    shared = {"cell": "gru" if shape.states == 1 else "lstm", "layers": shape.layers}
    options = {"type": decoder, **{key: value for key, value in shared.items() if key in fields}}
    return _decoder(options, SCORERS[0] if "attention" in fields else None)


def _shape(encoder: Options) -> EncoderShape:
    return Encoder.registry[encoder["type"]].Config.model_validate(encoder).build(input_dim=EMBEDDING).shape


def _width(scorer: Options | None) -> int:
    """Width of the encoder's states: the decoder's where the score needs that, another one elsewhere."""
    return DECODER if scorer == {"type": "dot"} else ENCODER


def refused(variant: Variant) -> bool:
    """Whether the model must be refused: copy between unequal stacks, the backward state of a one-way encoder."""
    encoder, bridge, decoder = variant
    shape = _shape(encoder)
    one_way = bridge.get("source") == "backward" and shape.directions == 1
    one_gru = decoder["type"] == "bahdanau" and (shape.layers, shape.states) != (1, 1)
    return one_way or (bridge["type"] == "copy" and (decoder["type"] == "transformer" or one_gru))


SCORERS: list[Options] = [{"type": name, **_widths(Scorer, name, HIDDEN)} for name in sorted(Scorer.registry)]
DECODERS = _decoders()
ENCODERS = [variant for variant in _encoders() if not refused(variant)]
EACH_ENCODER = list({str(variant.encoder): variant for variant in ENCODERS}.values())
EACH_BRIDGE = list({str(variant[:2]): variant for variant in ENCODERS if "attention" in variant.decoder}.values())
REFUSED = [variant for variant in _encoders() if refused(variant)]
