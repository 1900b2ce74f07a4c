"""Config -> YAML -> equal config, also for texts that YAML would like to read as something else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nmt.config.component import Section
from nmt.config.dump import dump_config, dump_yaml
from nmt.config.loader import load_config
from nmt.config.yaml12 import parse

from .test_config_models import Batching, Concat, Data, Ema, Luong, Model, Pair, Plain, Toy, Train


def reload(config):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "config.yaml")
        path.write_bytes(dump_config(config).encode("utf-8"))
        return load_config(type(config), path)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["no", "1e-3", "0123", "12:30", "2024-01-01", "null", "~", "", "<<", "=", ".nan", "- a", "a: b", "#", "1_0", "0x1"]
)
paths = texts.map(lambda text: "/" + text.replace("/", "").replace("\0", "").replace(".", ""))
pairs = st.builds(Pair, src=paths, tgt=paths)
numbers = st.floats(0, exclude_min=True, allow_nan=False, allow_infinity=False)
configs = st.builds(
    Toy,
    seed=st.integers(-(10**18) + 1, 10**18 - 1),
    data=st.builds(
        Data,
        train=pairs,
        test=st.dictionaries(texts, pairs, max_size=2),
        lexicons=st.lists(paths, max_size=2),
        vectors=st.none() | paths,
        src_lang=texts.map(lambda text: text + "xx"),
        batching=st.just(Batching(sentences=3)),
    ),
    model=st.builds(Model, decoder=st.sampled_from([Plain.Config(dim=3), Luong.Config(input_feeding=False)])),
    train=st.builds(
        Train,
        lr=numbers,
        clip_norm=st.none() | numbers,
        threads=st.just("auto") | st.integers(1, 9),
        betas=st.tuples(numbers, numbers),
        average=st.none() | st.just(Ema.Config(decay=0.5)),
    ),
)


@settings(deadline=None, max_examples=60)
@given(configs)
def test_a_dumped_config_loads_back_equal(config):
    assert reload(config) == config


@settings(deadline=None, max_examples=60)
@given(texts)
@example("/\x85")
@example("\u2028\x85\ufeff\x7f\n\t\x00")
def test_texts_survive_as_values_and_keys(text):
    assert parse(dump_yaml({text: [text]}))[0] == {text: [text]}


def test_type_comes_first_and_dollars_in_paths_are_doubled():
    config = Toy(
        data=Data(train=Pair(src="/a$b", tgt="/c"), src_lang="$x"),
        model=Model(decoder=Luong.Config(dim=3)),
    )
    dumped = dump_config(config)
    assert "    src: /a$$b\n" in dumped
    assert "  src_lang: $x\n" in dumped
    assert "  decoder:\n    type: luong\n    dim: 3\n" in dumped
    assert reload(config) == config


def test_equal_parts_are_written_twice():
    class Twice(Section):
        """Two equal lists."""

        a: list[int]
        b: list[int]

    same = [1, 2]
    assert dump_config(Twice(a=same, b=same)) == "a:\n- 1\n- 2\nb:\n- 1\n- 2\n"


@pytest.mark.parametrize("text", ["yes", "0o7", "1:30", "1e5", "true", "1_000", "2001-01-01"])
def test_other_readers_see_texts_as_texts_too(text):
    assert yaml.safe_load(dump_yaml({"key": text})) == {"key": text}


def test_a_component_alone():
    assert dump_config(Concat.Config()) == "type: concat\ndim: 512\n"
