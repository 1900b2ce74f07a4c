"""The models that the contracts are tried on, made from the registries: a new component is among them by being there.

The options of a component are found in its Config: flags, choices, `layers`, optional widths. A variant changes none,
one or two of them; two are enough for `residual` to meet a second layer and for `reset_gate` to meet a GRU.
The parts of attention and the decoders meet in pairs: every two of them are together in some variant, and each of them
is together with every encoder.
"""

from __future__ import annotations

import json
from itertools import combinations, product
from typing import Any, Literal, NamedTuple, get_args, get_origin

import torch
from pydantic.fields import FieldInfo

from nmt.attention.coverage.coverage import Coverage
from nmt.attention.normalisers.normaliser import Normaliser
from nmt.attention.scorers.scorer import Scorer
from nmt.attention.windows.window import Window
from nmt.bridges.bridge import Bridge
from nmt.config.component import Component
from nmt.decoders.decoder import Decoder
from nmt.encoders.encoder import Encoder, EncoderShape
from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq
from nmt.nn.stack import StackShape

EMBEDDING, DECODER, ENCODER, HIDDEN, MAXOUT = 5, 6, 8, 7, 4
SRC_VOCAB, TGT_VOCAB = 11, 9
Options = dict[str, Any]


class Variant(NamedTuple):
    """The parts of a model as plain data."""

    encoder: Options
    bridge: Options
    decoder: Options
    lexical: bool = False
    """Whether there is a lexical read-out."""

    def __str__(self) -> str:
        return "-".join([*map(_label, self[:3]), *["lexical"] * self.lexical])

    def config(self, dropout: float = 0.0) -> ModelConfig:
        """The model's config, with `dropout` wherever there is such an option."""
        families: list[type[Component]] = [Encoder, Bridge, Decoder]
        encoder, bridge, decoder = (
            {**part, "dropout": dropout} if "dropout" in _fields(family, part["type"]) else part
            for family, part in zip(families, self[:3], strict=True)
        )
        embedding = {"dim": EMBEDDING, "dropout": dropout}
        init = {"type": "uniform"}  # the fastest; model() fills the weights again
        data = {"embedding": embedding, "encoder": encoder, "bridge": bridge, "decoder": decoder, "init": init}
        if self.lexical:
            data["lexical_readout"] = {"dropout": dropout}
        return ModelConfig.model_validate_json(json.dumps(data))

    def model(self, dropout: float = 0.0, tgt_vocab: int = TGT_VOCAB) -> Seq2Seq:
        """A model with random weights everywhere, biases included."""
        model = Seq2Seq(self.config(dropout), src_vocab=SRC_VOCAB, tgt_vocab=tgt_vocab)
        torch.default_generator.manual_seed(3)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.normal_(0, 0.5)
        return model


def _label(part: Options) -> str:
    """The type, the parts of attention that are not as usual, and the options."""
    options = [f"{key}={value}" for key, value in part.items() if key not in ("type", "dim", "attention")]
    attention = part.get("attention", {})
    unusual = {key: value for key, value in attention.items() if key == "scorer" or value != FIRST_ATTENTION[key]}
    parts = [_label(value) if isinstance(value, dict) else f"{key}={value}" for key, value in unusual.items()]
    return ",".join([part["type"], *parts, *options])


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
        number = 1 if key == "alignment_layer" else MAXOUT
        return [number if field.default is None else None]
    if key == "coverage":
        options = [options for name in sorted(Coverage.registry) for options in _variants(Coverage, name)]
        return [option for option in options if option != {"type": field.default.type}]
    return [2] if key == "layers" else []


def _decoders() -> list[Variant]:
    """Every decoder with its options, every loop with Luong's scores, and every attention in some decoder."""
    loops = _loops()
    chosen = [
        (options, attention)
        for name in sorted(Decoder.registry)
        for options in _variants(Decoder, name)
        for attention in _global_attentions(name)[: None if options in loops else 1]
    ]
    encoders = ["rnn"] * len(chosen)
    chosen += [pair for pair in _attentions() if pair not in chosen]
    encoders += _spread(chosen[len(encoders) :])
    return [
        Variant(_encoder({"type": encoder}, _width(attention)), {"type": "dense"}, _decoder(options, attention))
        for encoder, (options, attention) in zip(encoders, chosen, strict=True)
    ]


def _spread(chosen: list[tuple[Options, Options]]) -> list[str]:
    """An encoder for each decoder and attention: the one that has met the fewest of its parts."""
    types = sorted(Encoder.registry, key=lambda name: name != "rnn")  # the fastest where all have met them
    met, found = {name: set[str]() for name in types}, []
    for options, attention in chosen:
        parts = set(map(str, [options, *attention.items()]))
        found.append(max(types, key=lambda name: len(parts - met[name])))
        met[found[-1]] |= parts
    return found


def _lexical() -> list[Variant]:
    """Every decoder with attention, before a lexical read-out."""
    decoders = [_decoder(options, FIRST_ATTENTION) for options in _loops()] + [_decoder({"type": "transformer"}, None)]
    return [Variant(_encoder({"type": "rnn"}, ENCODER), {"type": "dense"}, decoder, True) for decoder in decoders]


def _global_attentions(decoder: str) -> list[Options] | list[None]:
    if "attention" not in _fields(Decoder, decoder):
        return [None]
    return [attention for attention in GLOBAL_ATTENTIONS if _takes(decoder, *attention.values())]


def _takes(decoder: str, scorer: Options, window: Options, normaliser: Options, heads: int) -> bool:
    """Coverage is a part of the hidden layer of one attention that scores."""
    scored = scorer["type"] in ("additive", "concat") and normaliser["type"] != "uniform"
    return decoder != "coverage" or (scored and heads == 1)


def _attentions() -> list[tuple[Options, Options]]:
    """Decoders and attentions in which every two of decoder, scorer, window, normaliser and number of heads meet."""
    others = [_parts(Window), _parts(Normaliser), [1, 2]]
    rows = [
        row for row in product(_loops(), _scorers(), *others) if _fits(*row[1:]) and _takes(row[0]["type"], *row[1:])
    ]
    pairs_of = [set(combinations(enumerate(map(str, row)), 2)) for row in rows]
    missing, chosen = set[Any]().union(*pairs_of), []
    while missing:
        best = max(range(len(rows)), key=lambda row: len(pairs_of[row] & missing))
        missing -= pairs_of[best]
        decoder, *parts = rows[best]
        chosen.append((decoder, dict(zip(FIRST_ATTENTION, parts, strict=True))))
    return chosen


def _loops() -> list[Options]:
    """Every decoder with attention by itself, and with other input feeding or wiring, which make another loop of it."""
    found: list[Options] = []
    for name in sorted(Decoder.registry):
        fields = _fields(Decoder, name)
        if "attention" in fields:
            found.append({"type": name})
            for key in {"input_feeding", "wiring"} & set(fields):
                found += [{"type": name, key: value} for value in _others(key, fields[key])]
    return found


def _scorers() -> list[Options]:
    """Every score function with every one of its options changed; three positions where a longer source is allowed."""
    found = []
    for name in sorted(Scorer.registry):
        for options in _variants(Scorer, name):
            cut = {"max_positions": 3} if name == "location" and "longer" not in options else {}
            width = ENCODER if options.get("reduced") else HIDDEN
            found.append({**options, **_widths(Scorer, name, width), **cut})
    return found


def windowed(window: str) -> list[Variant]:
    """Every decoder with attention, seeing one source position on each side of the window's centre."""
    return with_attention(window={"type": window, "width": 1})


def with_attention(**parts: Any) -> list[Variant]:
    """Every decoder with attention that takes these parts of it."""
    attention = {**FIRST_ATTENTION, **parts}
    return [
        Variant(_encoder({"type": "rnn"}, ENCODER), {"type": "dense"}, _decoder(options, attention))
        for options in _loops()
        if _takes(options["type"], *attention.values())
    ]


def each_part(variants: list[Variant]) -> list[Variant]:
    """Some of the variants, with every encoder, bridge, decoder and part of attention of all of them."""
    parts_of = [_parts_of(variant) for variant in variants]
    missing, chosen = set[str]().union(*parts_of), []
    while missing:
        best = max(range(len(variants)), key=lambda index: len(parts_of[index] & missing))
        missing -= parts_of[best]
        chosen.append(variants[best])
    return chosen


def _parts_of(variant: Variant) -> set[str]:
    attention = variant.decoder.get("attention") or {}
    decoder = {key: value for key, value in variant.decoder.items() if key != "attention"}
    parts = [("encoder", variant.encoder), ("bridge", variant.bridge), ("decoder", decoder), *attention.items()]
    return {f"{name}: {part}" for name, part in [*parts, ("lexical", variant.lexical)]}


def _parts(family: type[Component]) -> list[Options]:
    """Every member of the family, windows one position wide."""
    return [
        {"type": name, **({"width": 1} if "width" in _fields(family, name) else {})} for name in sorted(family.registry)
    ]


def _fits(scorer: Options, window: Options, normaliser: Options, heads: int) -> bool:
    """Whether the parts make an attention, and one that differs from those with another scorer or one head."""
    if normaliser["type"] == "uniform":
        return scorer == FIRST_ATTENTION["scorer"] and heads == 1
    both = Scorer.registry[scorer["type"]].reads_query and Scorer.registry[scorer["type"]].reads_source
    return heads == 1 or (both and not scorer.get("reduced"))


def _encoders() -> list[Variant]:
    """Every encoder with its options, and its first of each shape before each kind of decoder and every bridge."""
    found, shapes = [], set[tuple[str, EncoderShape]]()
    for name in sorted(Encoder.registry):
        for options in _variants(Encoder, name):
            shape = name, _encoder_shape(_encoder(options, ENCODER))
            found += _before_all(options) if shape not in shapes else _before(options, "bahdanau", {"type": "dense"})
            shapes.add(shape)
    return found


def _before_all(options: Options) -> list[Variant]:
    """The encoder before one decoder of each kind, by every bridge."""
    return [
        variant
        for decoder in _shapes()
        for bridge in _bridges(decoder)
        for variant in _before(options, decoder, bridge)
    ]


def _before(options: Options, decoder: str, bridge: Options) -> list[Variant]:
    """The encoder before a decoder of like cell and layers."""
    encoder = _encoder(options, DECODER if bridge["type"] == "copy" else ENCODER)
    return [Variant(encoder, bridge, _like(encoder, decoder))]


def _shapes() -> list[str]:
    """One decoder of each kind that an encoder and a bridge can tell apart: cell and layers free or not, attention."""
    choices = ("cell", "layers", "attention")
    names = sorted(Decoder.registry, reverse=True)
    return sorted({tuple(key in _fields(Decoder, name) for key in choices): name for name in names}.values())


def _bridges(decoder: str) -> list[Options]:
    """Every bridge with its options; the Transformer has no states that they could fill, so one does for all, and copy.

    Without attention, nothing but the bridge brings the encoder's states to the decoder: all of them, not a part.
    """
    if decoder == "transformer":
        return [{"type": "copy"}, {"type": "zero"}]
    bridges = [options for name in sorted(Bridge.registry) for options in _variants(Bridge, name)]
    part = [{"type": "zero"}, {"type": "dense", "source": "backward"}]
    return [bridge for bridge in bridges if "attention" in _fields(Decoder, decoder) or bridge not in part]


def _encoder(options: Options, width: int) -> Options:
    """Both directions together are `width` wide."""
    two_way = options.get("bidirectional", "bidirectional" in _fields(Encoder, options["type"]))
    return {**_small(Encoder, options["type"], HIDDEN), **options, "dim": width // 2 if two_way else width}


def _decoder(options: Options, attention: Options | None) -> Options:
    sized = {**_small(Decoder, options["type"], MAXOUT), **options, "dim": DECODER}
    return {**sized, "attention": attention} if attention else sized


def _widths(family: type[Component], name: str, width: int) -> Options:
    """Every width of the component that is large by default, made `width`."""
    fields = _fields(family, name).items()
    return {key: width for key, field in fields if type(field.default) is int and field.default > 100}


def _small(family: type[Component], name: str, width: int) -> Options:
    """`_widths`, and few heads and layers where there are more by default than the 4 layers of GNMT."""
    fields = _fields(family, name)
    few = {key: count for key, count in {"heads": 2, "layers": 1}.items() if key in fields and fields[key].default > 4}
    return {**_widths(family, name, width), **few}


def _like(encoder: Options, decoder: str) -> Options:
    """The decoder with the encoder's cell and layers, where it has a choice."""
    shape, fields = _encoder_shape(encoder), _fields(Decoder, decoder)
    layers = max(shape.layers, 2) if decoder == "gnmt" else shape.layers
    wanted = {"cell": "gru" if shape.states == 1 else "lstm", "layers": layers}
    shared = {key: value for key, value in wanted.items() if key in fields}
    return _decoder({"type": decoder, **shared}, FIRST_ATTENTION if "attention" in fields else None)


def _encoder_shape(encoder: Options) -> EncoderShape:
    return Encoder.registry[encoder["type"]].Config.model_validate(encoder).build(input_dim=EMBEDDING).shape


def _decoder_shape(decoder: Options, memory_dim: int) -> StackShape:
    config = Decoder.registry[decoder["type"]].Config.model_validate(decoder)
    return config.build(input_dim=EMBEDDING, memory_dim=memory_dim).shape


def _width(attention: Options | None) -> int:
    """Width of the encoder's states: the decoder's where the score needs that, another one elsewhere."""
    products = attention is not None and attention["scorer"]["type"] in ("dot", "scaled_dot")
    return DECODER if products and attention["heads"] == 1 else ENCODER


def sees_everything(variant: Variant) -> bool | None:
    """Whether every weight of the real source is above 0; None where it is for scores that are close to each other."""
    scorer, window, normaliser, _ = variant.decoder.get("attention", FIRST_ATTENTION).values()
    ignores = scorer["type"] == "location" and scorer.get("longer") != "refuse"
    if window["type"] != "everywhere" or ignores:
        return False
    return {"softmax": True, "uniform": True, "sparsemax": None}.get(normaliser["type"], False)


def refused(variant: Variant) -> bool:
    """Whether the model must be refused: copy between unequal stacks, the backward state of a one-way encoder."""
    shape = _encoder_shape(variant.encoder)
    if variant.bridge["type"] == "copy":
        return _decoder_shape(variant.decoder, shape.dim) != (shape.layers, shape.dim, shape.states)
    return variant.bridge.get("source") == "backward" and shape.directions == 1


GLOBAL_ATTENTIONS: list[Options] = [
    {"scorer": scorer, "window": {"type": "everywhere"}, "normaliser": {"type": "softmax"}, "heads": 1}
    for scorer in ({"type": "concat", "dim": HIDDEN}, {"type": "dot"}, {"type": "general"})
]
FIRST_ATTENTION = GLOBAL_ATTENTIONS[0]
DECODERS = [*_decoders(), *_lexical()]
ENCODERS, REFUSED = [], []
for _variant in _encoders():
    (REFUSED if refused(_variant) else ENCODERS).append(_variant)
EACH_ENCODER = list({str(variant.encoder): variant for variant in ENCODERS}.values())
EACH_BRIDGE = list({str(variant[:2]): variant for variant in ENCODERS if "attention" in variant.decoder}.values())
