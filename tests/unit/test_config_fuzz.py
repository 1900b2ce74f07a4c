"""Whatever the text of a config: a valid config, or a ConfigError whose lines start with the name of the file."""

import copy
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from nmt.config.dump import dump_yaml
from nmt.config.loader import load_config
from nmt.errors import ConfigError

from .test_config_models import Toy

VALID = {
    "seed": 1,
    "plugins": [],
    "data": {
        "train": {"src": "a", "tgt": "b"},
        "test": {"flickr": {"src": "c", "tgt": "d"}},
        "lexicons": ["e"],
        "vocab_size": 8,
        "batching": {"sentences": 4},
    },
    "model": {
        "hidden_size": 3,
        "dropout": 0.5,
        "decoder": {"type": "luong", "attention": {"scorer": {"type": "concat", "dim": 3}}},
    },
    "train": {"lr": 0.001, "metric": "chrf", "threads": 2, "betas": [0.1, 0.2], "average": {"type": "ema"}},
}
VALID_YAML = dump_yaml(VALID).encode()
VALUES = [None, True, 0, -1, 10**9, 1.5, float("nan"), float("inf"), "", "x", "$", "$X{", [], [[]], {}, {"type": "dot"}]


def places(data, path=()):
    """Every (path) of a key or list position in `data`."""
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else []
    for key in keys:
        yield (*path, key)
        yield from places(data[key], (*path, key))


@st.composite
def mutated(draw):
    """A valid config with one to three keys dropped, renamed by a letter, or given another value."""
    data = copy.deepcopy(VALID)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(list(places(data)) or [()]))
        if not path:
            continue
        box = data
        for key in path[:-1]:
            box = box[key]
        kind = draw(st.sampled_from(["drop", "rename", "value"]))
        if kind == "value" or isinstance(box, list):
            box[path[-1]] = copy.deepcopy(draw(st.sampled_from(VALUES)))
            continue
        value = box.pop(path[-1])
        if kind == "rename":
            at = draw(st.integers(0, len(path[-1])))
            box[path[-1][:at] + draw(st.sampled_from("xé \n:#")) + path[-1][at + 1 :]] = value
    return data


def load(content, overrides=()):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.yaml")
        path.write_bytes(content)
        try:
            assert isinstance(load_config(Toy, path, overrides), Toy)
        except ConfigError as error:
            for line in str(error).split("\n"):
                assert line.startswith((f"{path}:", "--set "))
                assert line.isprintable()
            return line
    return None


def test_the_unchanged_config_is_valid():
    assert load(VALID_YAML) is None


@settings(deadline=None, max_examples=60)
@given(mutated())
def test_mutated_configs(data):
    load(dump_yaml(data).encode())


@settings(deadline=None, max_examples=60)
@given(st.text(st.sampled_from("ab1 \n\t:-,[]{}#&*!|>'\"%@`?~=<$.\\\x00\u2028é") | st.characters(), max_size=30))
def test_raw_text(text):
    load(text.encode("utf-8", "surrogatepass"))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=30))
def test_raw_bytes(content):
    load(content)


@settings(deadline=None, max_examples=60)
@given(st.text("abtype.=[]{}: ,1$\n", max_size=20), st.sampled_from(["", "data.train.src=", "model.decoder.type="]))
def test_raw_overrides(text, start):
    load(VALID_YAML, [start + text])
