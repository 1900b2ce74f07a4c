"""Small config models for the tests of config loading, and what the loader knows about them (kinds)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, model_validator

from nmt.config.component import Component, FilePath, OneOf, Section
from nmt.config.kinds import Kind, data_path, file_paths, kind_of, known_keys


class Scorer(Component, family="scorer"):
    """How well a query fits a memory."""


class Dot(Scorer, name="dot"):
    """score = h_t . h_s"""


class General(Scorer, name="general"):
    """score = h_t W h_s"""


class Concat(Scorer, name="concat"):
    """score = v tanh(W [h_t; h_s])

    Luong et al. 2015, eq. 8."""

    class Config(Scorer.Config):
        dim: PositiveInt = 512
        """Width A of the hidden layer."""


class Attention(Section):
    """Where the decoder looks."""

    scorer: Annotated[Scorer.Config, OneOf(Scorer)] = General.Config()
    """How a query scores the memory."""


class Decoder(Component, family="decoder"):
    """Writes the target."""


class Plain(Decoder, name="plain"):
    """No attention."""

    class Config(Decoder.Config):
        dim: PositiveInt = 64


class Luong(Decoder, name="luong"):
    """Attention after the state update."""

    class Config(Decoder.Config):
        dim: PositiveInt = 256
        """Width H of the decoder."""
        input_feeding: bool = True
        attention: Attention = Attention()


class Bahdanau(Decoder, name="bahdanau"):
    """Attention before the state update."""

    class Config(Decoder.Config):
        layers: PositiveInt = 1
        attention: Attention = Attention(scorer=Concat.Config())

        @model_validator(mode="after")
        def _small(self) -> Bahdanau.Config:
            if self.layers > 9:
                raise ValueError("'layers' is more than 9")
            return self


class Average(Component, family="average"):
    """Averaged weights."""


class Ema(Average, name="ema"):
    """Exponential moving average."""

    class Config(Average.Config):
        decay: float = Field(0.999, gt=0, lt=1)


class LastN(Average, name="last_n"):
    """Mean of the last checkpoints."""


class Pair(Section):
    """One parallel corpus."""

    src: FilePath
    """Source text, one sentence a line."""
    tgt: FilePath
    """Target text."""


class Batching(Section):
    sentences: PositiveInt | None = None
    max_tokens: PositiveInt | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_limit(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        given = [key for key in ("sentences", "max_tokens") if values.get(key) is not None]
        if len(given) == 2:
            raise ValueError("give 'sentences' or 'max_tokens', not both")
        return values if given else {**values, "sentences": 64}


class Data(Section):
    """Text to learn from."""

    train: Pair
    test: dict[str, Pair] = {}
    lexicons: list[FilePath] = []
    vectors: FilePath | None = None
    """Pretrained word vectors."""
    src_lang: str = Field("de", min_length=2)
    vocab_size: int = Field(8000, ge=4)
    batching: Batching = Batching()


class Model(Section):
    hidden_size: PositiveInt = 256
    dropout: float = Field(0.2, ge=0, lt=1)
    decoder: Annotated[Decoder.Config, OneOf(Decoder)] = Luong.Config()


class Train(Section):
    lr: float = Field(1e-3, gt=0)
    """Learning rate."""
    clip_norm: float | None = Field(1.0, gt=0)
    metric: Literal["bleu", "chrf", "loss"] = "bleu"
    threads: PositiveInt | Literal["auto"] = "auto"
    betas: tuple[float, float] = (0.9, 0.999)
    average: Annotated[Average.Config, OneOf(Average)] | None = None
    """Average the weights of several checkpoints; a description that is long enough to need a second line in the
    template, where comments are wrapped."""


class Toy(Section):
    """A config like the real one."""

    seed: int = 1
    """Seed of all randomness."""
    plugins: list[str] = []
    data: Data
    model: Model = Model()
    train: Train = Train()


def test_kinds_of_annotations():
    assert kind_of(Annotated[Scorer.Config, OneOf(Scorer)] | None) == Kind(family=Scorer)
    assert kind_of(dict[str, Pair]) == Kind(item=Kind(section=Pair))
    assert kind_of(list[FilePath]) == Kind(item=Kind(is_path=True))
    assert kind_of(int | Literal["auto"]) == Kind(choices=("auto",), is_union=True)


def test_the_tag_of_a_component_is_no_part_of_a_path():
    data = {"model": {"decoder": {"type": "luong", "attention": {"scorer": {"type": "concat", "dim": 0}}}}}
    location = ("model", "decoder", "luong", "attention", "scorer", "concat", "dim")
    assert data_path(Kind(section=Toy), location, data)[0] == (
        "model",
        "decoder",
        "attention",
        "scorer",
        "dim",
    )


def test_known_keys_follow_the_chosen_component():
    def names(decoder):
        return [".".join(path) for path in known_keys(Kind(section=Model), {"decoder": decoder}, ())]

    assert names({"type": "plain"}) == ["hidden_size", "dropout", "decoder", "decoder.dim", "decoder.type"]
    assert "decoder.attention.scorer.dim" in names({"type": "bahdanau"})
    assert "decoder.input_feeding" in names(None)


def test_file_paths_are_found_in_mappings_and_lists():
    data = {"data": {"train": {"src": "a", "tgt": 3}, "test": {"flickr": {"tgt": "b"}}, "lexicons": ["c"]}}
    found = {".".join(map(str, path)): box[key] for box, key, path, _ in file_paths(Kind(section=Toy), data)}
    assert found == {"data.train.src": "a", "data.test.flickr.tgt": "b", "data.lexicons.0": "c"}
