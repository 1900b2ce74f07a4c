"""Config files and their mistakes: rows 1 to 21 of the fault catalogue that concern the loader, texts typed by hand."""

import sys

import pytest

from nmt.config.component import Section
from nmt.config.loader import load_config
from nmt.errors import ConfigError

from .test_config_models import Bahdanau, Concat, Luong, Plain, Scorer, Toy

DATA = "data: {train: {src: a.en, tgt: a.de}}\n"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Load a text as `x.yaml` in the current directory."""
    monkeypatch.chdir(tmp_path)

    def load_text(text, overrides=(), model=Toy, check_files=False):
        path = tmp_path / "x.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return load_config(model, path.relative_to(tmp_path), overrides, check_files=check_files)

    return load_text


def mistakes(load, text, *overrides, **options):
    with pytest.raises(ConfigError) as caught:
        load(text, overrides, **options)
    return str(caught.value).split("\n")


def test_defaults_and_given_values(load):
    config = load(DATA + "seed: 3\nmodel: {decoder: {type: bahdanau, layers: 2}}\ntrain: {lr: 1e-3, betas: [0.8, 1]}\n")
    assert config.seed == 3
    assert isinstance(config.model.decoder, Bahdanau.Config)
    assert config.model.decoder.layers == 2
    assert isinstance(config.model.decoder.attention.scorer, Concat.Config)
    assert config.train.lr == 0.001
    assert config.train.betas == (0.8, 1.0)
    assert config.train.metric == "bleu"


def test_yaml_12_values(load):
    config = load("data:\n  train: {src: a, tgt: b}\n  src_lang: no\ntrain: {clip_norm: null}\n")
    assert config.data.src_lang == "no"
    assert config.train.clip_norm is None


WHOLE_FILE = [
    ("", "x.yaml: file is empty"),
    ("# only a comment\n", "x.yaml: file is empty"),
    ("- 1\n", "x.yaml:1: expected key: value pairs"),
    ("# c\n\njust text\n", "x.yaml:3: expected key: value pairs"),
    ("a: 1\nb: 2\nc: [1 2: 3", "x.yaml:3:11: expected ',' or ']', but got the end of the text"),
    ("seed: 1\n\tlr: 1\n", "x.yaml:2:1: found character '\\t' that cannot start any token"),
    ("seed: 1\nb: \x00", "x.yaml:2: character U+0000 is not allowed"),
    (b"seed: 1\nx: \xff\xfe", "x.yaml:2: not UTF-8 text (byte 0xff)"),
    (b"\x1f\x8b\x08\x00", "x.yaml:1: not UTF-8 text (byte 0x8b)"),
    (b"a" * 1_000_001, "x.yaml: larger than 1 MB"),
    ("a:\n  lr: 1\n\n\n\n\n  lr: 2\n", "x.yaml:7: duplicate key 'lr' (first at line 2)"),
    ("a: 1\nb: *a\n", "x.yaml:2: YAML aliases (*a) are not supported"),
    (
        "x: !!python/object/apply:os.system ['id']\n",
        "x.yaml:1: YAML tags (tag:yaml.org,2002:python/object/apply:os.system) are not supported",
    ),
    ("x: " + "[" * 5000, "x.yaml:1: nested too deeply"),
]


@pytest.mark.parametrize(("text", "message"), WHOLE_FILE, ids=[message[:40] for _, message in WHOLE_FILE])
def test_files_that_are_no_config(load, text, message):
    assert mistakes(load, text) == [message]


def test_missing_file_folder_and_long_name(tmp_path):
    (tmp_path / "tiny.yaml").write_text("seed: 1\n", encoding="utf-8")
    for name, problem in [
        ("tinny.yaml", "no such file; did you mean 'tiny.yaml'?"),
        ("other", "no such file"),
        ("tiny.yaml/x", "no such file"),
        ("", "is a folder; give the YAML file in it"),
        ("n" * 300, "cannot be read (File name too long)"),
    ]:
        path = tmp_path / name
        with pytest.raises(ConfigError) as caught:
            load_config(Toy, path)
        shown = str(path) if len(str(path)) <= 300 else f"{str(path)[:300]}..."
        assert str(caught.value) == f"{shown}: {problem}"


def test_a_byte_order_mark_and_windows_line_ends_are_fine(load):
    assert load(b"\xef\xbb\xbfseed: 5\r\n" + DATA.encode()).seed == 5


KEYS = [
    ("model:\n  hiden_size: 3\n", "x.yaml:3: model.hiden_size: unknown key; did you mean 'hidden_size'?"),
    ("model:\n  clip_norm: 3\n", "x.yaml:3: model.clip_norm: unknown key; did you mean 'train.clip_norm'?"),
    ("layers: 3\n", "x.yaml:2: layers: unknown key"),
    (
        "model: {decoder: {type: bahdanau}}\nlayers: 3\n",
        "x.yaml:3: layers: unknown key; did you mean 'model.decoder.layers'?",
    ),
    (
        "model:\n  decoder:\n    type: luong\n    inputfeeding: true\n",
        "x.yaml:5: model.decoder.inputfeeding: unknown key; did you mean 'input_feeding'?",
    ),
    ('"a\\nb": 1\n', "x.yaml:2: a\\nb: unknown key"),
    ("<<: {seed: 1}\n", "x.yaml:2: <<: unknown key"),
    ("model:\n  dropout: 1.5\n", "x.yaml:3: model.dropout: must be less than 1 (got 1.5)"),
    ("model: {dropout: -1}\n", "x.yaml:2: model.dropout: must be at least 0 (got -1)"),
    ("train: {lr: -1}\n", "x.yaml:2: train.lr: must be greater than 0 (got -1)"),
    ("train: {lr: .nan}\n", "x.yaml:2: train.lr: must be a finite number (got nan)"),
    ("train: {clip_norm: .inf}\n", "x.yaml:2: train.clip_norm: must be a finite number (got inf)"),
    ("train: {lr: fast}\n", "x.yaml:2: train.lr: expected a number (got 'fast')"),
    ("train: {lr: }\n", "x.yaml:2: train.lr: expected a number (got null)"),
    ("seed: true\n", "x.yaml:2: seed: expected a whole number (got true)"),
    ("seed: 1.5\n", "x.yaml:2: seed: expected a whole number (got 1.5)"),
    ("seed: [1, 2]\n", "x.yaml:2: seed: expected a whole number (got a list)"),
    ("seed: {a: 1}\n", "x.yaml:2: seed: expected a whole number (got key: value pairs)"),
    ("seed: 0123\n", "x.yaml:2: seed: expected a whole number (got '0123')"),
    ("seed: 12:30\n", "x.yaml:2: seed: expected a whole number (got '12:30')"),
    ("seed: 2024-01-31\n", "x.yaml:2: seed: expected a whole number (got '2024-01-31')"),
    ("seed: .inf\n", "x.yaml:2: seed: expected a whole number (got inf)"),
    (f"seed: {'x' * 50}\n", f"x.yaml:2: seed: expected a whole number (got '{'x' * 40}'...)"),
    ("model: 5\n", "x.yaml:2: model: expected key: value pairs (got 5)"),
    ("plugins: a\n", "x.yaml:2: plugins: expected a list (got 'a')"),
    ("plugins:\n- 5\n", "x.yaml:3: plugins.0: expected text (got 5); put it in quotes"),
    ("train: {betas: [0.9]}\n", "x.yaml:2: train.betas.1: entry is missing"),
    ("train: {betas: [0, 0, 0]}\n", "x.yaml:2: train.betas: allows at most 2 entries (got 3)"),
    ("train: {threads: 0}\n", "x.yaml:2: train.threads: must be greater than 0 or auto (got 0)"),
    (
        "train: {metric: bleau}\n",
        "x.yaml:2: train.metric: must be one of bleu, chrf, loss; got 'bleau'; did you mean 'bleu'?",
    ),
    (
        "train: {threads: many}\n",
        "x.yaml:2: train.threads: expected a whole number or auto (got 'many')",
    ),
    ("model:\n  decoder:\n    dim: 3\n", "x.yaml:3: model.decoder: needs 'type', one of bahdanau, luong, plain"),
    (
        "model:\n  decoder: luong\n",
        "x.yaml:3: model.decoder: expected key: value pairs with 'type', one of bahdanau, luong, plain (got 'luong');"
        " write {type: luong}",
    ),
    (
        "model:\n  decoder:\n    dim: 3\n    type: bahdanauu\n",
        "x.yaml:5: model.decoder.type: must be one of bahdanau, luong, plain; got 'bahdanauu';"
        " did you mean 'bahdanau'?",
    ),
    (
        "model: {decoder: {type: luong, attention: {scorer: {type: bahdanauu}}}}\n",
        "x.yaml:2: model.decoder.attention.scorer.type: must be one of concat, dot, general; got 'bahdanauu'",
    ),
    (
        "model:\n  decoder:\n    type: luong\n    attention:\n      scorer:\n        type: concat\n        dim: 0\n",
        "x.yaml:8: model.decoder.attention.scorer.dim: must be greater than 0 (got 0)",
    ),
    ("model: {decoder: {type: 3}}\n", "x.yaml:2: model.decoder.type: must be one of bahdanau, luong, plain; got 3"),
    ("train: {average: {type: ema, decay: 1}}\n", "x.yaml:2: train.average.decay: must be less than 1 (got 1)"),
]


@pytest.mark.parametrize(("text", "message"), KEYS, ids=[message[:60] for _, message in KEYS])
def test_keys(load, text, message):
    assert mistakes(load, DATA + text) == [message]


def test_missing_keys_are_found_at_the_section(load):
    assert mistakes(load, "seed: 1\n") == ["x.yaml:1: data: required key is missing"]
    text = "seed: 1\ndata:\n  train:\n    src: a\n"
    assert mistakes(load, text) == ["x.yaml:3: data.train.tgt: required key is missing"]


def test_contradictions_name_the_section(load):
    text = "seed: 1\ndata:\n  train: {src: a, tgt: b}\n  batching:\n    sentences: 3\n    max_tokens: 4\n"
    assert mistakes(load, text) == ["x.yaml:4: data.batching: give 'sentences' or 'max_tokens', not both"]
    text = DATA + "model:\n  decoder:\n    type: bahdanau\n    layers: 10\n"
    assert mistakes(load, text) == ["x.yaml:3: model.decoder: 'layers' is more than 9"]


def test_all_mistakes_at_once_in_the_order_of_the_file(load, monkeypatch):
    monkeypatch.delenv("NMT_DATA", raising=False)
    text = (
        "train:\n  lr: fast\n  lrr: 1\nmodel:\n  hiden_size: 3\n"
        "data:\n  train:\n    src: $NMT_DATA/x\n    tgt: a\n  vocab_size: 3\nseed: true\n"
    )
    assert mistakes(load, text, "model.hiden=3", "lr", "train.lr=-1") == [
        "x.yaml:3: train.lrr: unknown key; did you mean 'lr'?",
        "x.yaml:5: model.hiden_size: unknown key; did you mean 'hidden_size'?",
        "x.yaml:8: data.train.src: environment variable NMT_DATA is not set; set it to the folder with the data",
        "x.yaml:10: data.vocab_size: must be at least 4 (got 3)",
        "x.yaml:11: seed: expected a whole number (got true)",
        "--set model.hiden: unknown key; did you mean 'hidden_size'?",
        "--set lr: expected key=value, such as train.clip_norm=1",
        "--set train.lr: must be greater than 0 (got -1)",
    ]


OVERRIDES = [
    ("model.hiden=3", "--set model.hiden: unknown key; did you mean 'hidden_size'?"),
    ("model.hiden_size=3", "--set model.hiden_size: unknown key; did you mean 'hidden_size'?"),
    ("lr", "--set lr: expected key=value, such as train.clip_norm=1"),
    ("=3", "--set : expected key=value, such as train.clip_norm=1"),
    ("train..lr=3", "--set train..lr: expected key=value, such as train.clip_norm=1"),
    ("train.lr=fast", "--set train.lr: expected a number (got 'fast')"),
    ("data.src_lang=x", "--set data.src_lang: must have at least 2 characters (got 'x')"),
    ("lr=3", "--set lr: unknown key; did you mean 'train.lr'?"),
    ("train.lr=", "--set train.lr: expected a number (got null)"),
    ("train.lr=[1", "--set train.lr: expected ',' or ']', but got the end of the text in '[1'"),
    ("train.lr=*x", "--set train.lr: YAML aliases (*x) are not supported in '*x'"),
    ("train.lr.x=1", "--set train.lr.x: train.lr: expected a number (got key: value pairs)"),
    (
        "data.batching={sentnces: 1}",
        "--set data.batching: data.batching.sentnces: unknown key; did you mean 'sentences'?",
    ),
    ("data.batching={sentences: 0}", "--set data.batching: data.batching.sentences: must be greater than 0 (got 0)"),
    ("data.test.flickr.src=a", "--set data.test.flickr.src: data.test.flickr.tgt: required key is missing"),
    (
        "model.decoder.type=bahdanauu",
        "--set model.decoder.type: must be one of bahdanau, luong, plain; got 'bahdanauu'; did you mean 'bahdanau'?",
    ),
    (".".join("a" * 60) + "=1", "--set " + ".".join("a" * 60) + ": nested too deeply"),
]


@pytest.mark.parametrize(("override", "message"), OVERRIDES, ids=[message[:50] for _, message in OVERRIDES])
def test_wrong_overrides(load, override, message):
    assert mistakes(load, DATA, override) == [message]


def test_overrides_change_values(load):
    config = load(DATA + "train: {lr: 1}\n", ["train.lr=1e-3", "data.src_lang=no", "data.batching={sentences: 32}"])
    assert (config.train.lr, config.data.src_lang, config.data.batching.sentences) == (0.001, "no", 32)


def test_the_last_of_equal_overrides_wins(load):
    assert load(DATA, ["seed=2", "seed=3"]).seed == 3


def test_overrides_reach_into_defaults_and_null(load):
    overrides = ["model.decoder.dim=3", "train.average.type=ema", "data.batching.max_tokens=9"]
    config = load(DATA + "train: {average: null}\n", overrides)
    assert config.model.decoder == Luong.Config(dim=3)
    assert (config.data.batching.sentences, config.data.batching.max_tokens) == (None, 9)
    assert config.train.average.decay == 0.999


def test_overrides_keep_what_a_default_has_of_its_own(load):
    config = load(DATA, ["model.decoder.type=bahdanau", "model.decoder.attention.scorer.dim=7"])
    assert config.model.decoder.attention.scorer == Concat.Config(dim=7)


@pytest.mark.parametrize("reverse", [False, True])
def test_another_type_drops_the_keys_of_the_file_but_not_those_of_overrides(load, reverse):
    text = DATA + "model: {decoder: {type: luong, dim: 3, input_feeding: false}}\n"
    overrides = ["model.decoder.type=plain", "model.decoder.dim=7"]
    assert load(text, overrides[::-1] if reverse else overrides).model.decoder == Plain.Config(dim=7)
    assert load(text, ["model.decoder.type=plain"]).model.decoder == Plain.Config(dim=64)
    assert load(text, ["model.decoder.type=luong"]).model.decoder == Luong.Config(dim=3, input_feeding=False)


def test_without_a_file_the_defaults_and_overrides_count(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config(Toy, None, ["data.train={src: a, tgt: b}"])
    assert config.data.train.src == str(tmp_path / "a")
    with pytest.raises(ConfigError, match=r"\Ano config file: data: required key is missing\Z"):
        load_config(Toy, None)


def test_an_override_that_is_not_utf8(load):
    for override in ("se\udced=1", "seed=\udced"):
        (mistake,) = mistakes(load, DATA, override)
        assert mistake.startswith("--set se") and mistake.endswith(": not UTF-8 text")


class TestPlugins:
    def test_a_plugin_adds_a_choice(self, load, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / "extra_scorer.py").write_text(
            "from tests.unit.test_config_models import Scorer\n\n\nclass Cosine(Scorer, name='cosine'): ...\n",
            encoding="utf-8",
        )
        text = DATA + "plugins: [extra_scorer]\nmodel: {decoder: {type: luong, attention: {scorer: {type: cosine}}}}\n"
        try:
            assert load(text).model.decoder.attention.scorer.type == "cosine"
        finally:
            del Scorer.registry["cosine"], sys.modules["extra_scorer"]
            for section in list(Section.sections):
                section.model_rebuild(force=True)

    def test_plugins_that_cannot_be_imported(self, load, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / "broken_plugin.py").write_text("raise OSError('first\\nsecond')\n", encoding="utf-8")
        text = DATA + "plugins:\n- my_pkg.scorers\n- broken_plugin\nseed: x\n"
        assert mistakes(load, text, "train.lr=-1") == [
            "x.yaml:3: plugins: no module named 'my_pkg'",
            "x.yaml:4: plugins: cannot import 'broken_plugin': OSError: first\\nsecond",
            "x.yaml:5: seed: expected a whole number (got 'x')",
            "--set train.lr: must be greater than 0 (got -1)",
        ]
        assert mistakes(load, DATA, "plugins=[my_pkg]") == ["--set plugins: no module named 'my_pkg'"]
