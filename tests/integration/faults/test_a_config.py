"""Rows 1 to 21: config and command line."""

import pytest

from nmt import __version__
from nmt.config.yaml12 import parse
from nmt.embedded import demo_config

from .catalogue import NO_DATA, TRAIN, Case, error_lines, said

FILES = {
    "A02 no byte": (b"", ": file is empty"),
    "A02 only a comment": (b"# nothing\n\n", ": file is empty"),
    "A03 list": (b"\n- seed\n- data\n", ":2: expected key: value pairs"),
    "A03 scalar": (b"hello\n", ":1: expected key: value pairs"),
    "A04 bracket": (b"seed: 1\ndata: [\n", ":3:1: expected the node content, but found the end of the text"),
    "A04 comma": (b"seed: 1\ndata: {a: 1 b: 2}\n", ":2:14: expected ',' or '}', but got ':'"),
    "A04 tab": (b"data:\n\ttrain: a\n", ":2:1: found character '\\t' that cannot start any token"),
    "A04 NUL": (b"seed: 1\nda\0ta: 2\n", ":2: character U+0000 is not allowed"),
    "A04 Latin-1": (b"seed: 1\nsrc: caf\xe9\n", ":2: not UTF-8 text (byte 0xe9)"),
    "A05 unknown key": (b"seed: 1\nmodell: {}\n", ":2: modell: unknown key; did you mean 'model'?", 3),
    "A05 all at once": (
        b"seed: -1\ntrain: {max_step: 3}\ndata: {train: 3, valid: {src: a, tgt: b}}\n",
        ":2: train.max_step: unknown key; did you mean 'max_steps'?",
        5,
    ),
    "A06 duplicate": (b"seed: 1\ndata: {}\nseed: 2\n", ":3: duplicate key 'seed' (first at line 1)"),
    "A06 duplicate below": (b"data:\n  a: 1\n  a: 2\n", ":3: duplicate key 'a' (first at line 2)"),
    "A13 alias": (b"seed: &a 1\ntrain: *a\n", ":1: YAML anchors (&a) are not supported"),
    "A13 billion laughs": (
        b"a: &a [lol]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (c, c, c - 1, c - 1) for c in b"bcdefghij"),
        ":1: YAML anchors (&a) are not supported",
    ),
    "A13 itself": (b"data: &d\n  data: *d\n", ":1: YAML anchors (&d) are not supported"),
    "A14 code": (
        b"seed: !!python/object/apply:os.system ['touch hacked']\n",
        ":1: YAML tags (tag:yaml.org,2002:python",
    ),
    "A14 tag of one's own": (b"seed: !x 1\n", ":1: YAML tags (!x) are not supported"),
    "A15 nested": (b"[" * 5000, ":1: nested too deeply"),
    "A15 nested blocks": (b"".join(b" " * i + b"a:\n" for i in range(300)), ":51: nested too deeply"),
    "A15 large": (b"# " + b"x" * 1_000_000, ": larger than 1 MB"),
    "A15 picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ":1: not UTF-8 text (byte 0x89)"),
    "A15 random bytes": (bytes(range(256)), ":2: not UTF-8 text (byte 0x80)"),
    "A15 two documents": (b"seed: 1\n---\nseed: 2\n", ":2: several documents ('---') in one file are not supported"),
}
"""Content of a config file, what is said behind its name, and the number of lines if it is not 1."""

SETTINGS = {
    "A09 octal": ("seed=0123", "seed: expected a whole number (got '0123')"),
    "A09 hexadecimal": ("seed=0x10", "seed: expected a whole number (got '0x10')"),
    "A09 base 60": ("seed=12:30", "seed: expected a whole number (got '12:30')"),
    "A09 date": ("seed=2024-01-01", "seed: expected a whole number (got '2024-01-01')"),
    "A09 underscore": ("seed=1_000", "seed: expected a whole number (got '1_000')"),
    "A10 too high": ("train.label_smoothing=1.5", "train.label_smoothing: must be less than 1 (got 1.5)"),
    "A10 negative": ("train.optimizer.lr=-1", "train.optimizer.lr: must be greater than 0 (got -1)"),
    "A10 NaN": ("train.optimizer.lr=.nan", "train.optimizer.lr: "),
    "A10 infinite": ("train.clip_norm=.inf", "train.clip_norm: "),
    "A10 no beam": ("search.beam_size=0", "search.beam_size: must be greater than 0 (got 0)"),
    "A10 no vocabulary": ("data.vocab.size=3", "data.vocab.size: must be at least 5 (got 3)"),
    "A10 threads": ("threads=1000000000", "threads: must be at most 1024 (got 1000000000)"),
    "A10 layers": ("model.encoder.layers=1000000", "model.encoder.layers: must be at most 100 (got 1000000)"),
    "A10 width": (
        "model.embedding.dim=999999999999",
        "model: too large for the memory; lower its widths, its layers or data.vocab.size",
    ),
    "A11 true": ("seed=true", "seed: expected a whole number (got true)"),
    "A11 fraction": ("seed=1.5", "seed: expected a whole number (got 1.5)"),
    "A11 list": ("seed=[1]", "seed: expected a whole number (got a list)"),
    "A11 number as text": ("data.src_lang=3", "data.src_lang: expected text (got 3); put it in quotes"),
    "A11 wide": ("model.decoder.dim=wide", "model.decoder.dim: expected a whole number (got 'wide')"),
    "A11 mapping": ("data.train=x", "data.train: expected key: value pairs (got 'x')"),
    "A12 scorer": (
        "model.decoder.attention.scorer.type=concatt",
        "model.decoder.attention.scorer.type: must be one of additive, concat, ",
    ),
    "A12 nearest": ("model.decoder.type=bahdanauu", "; got 'bahdanauu'; did you mean 'bahdanau'?"),
    "A12 metric": ("train.metric=blue", "train.metric: must be one of bleu, loss; got 'blue'; did you mean 'bleu'?"),
    "A16 unknown": ("train.max_stepps=3", "--set train.max_stepps: unknown key; did you mean 'max_steps'?"),
    "A16 no value": ("seed", "--set seed: expected key=value, such as "),
    "A16 no key": ("=3", "--set : expected key=value, such as "),
    "A16 YAML": ("seed=[1", "--set seed: "),
    "A16 two values": ("seed=fast", "--set seed: expected a whole number (got 'fast')"),
    "A17 two limits": ("data.batching.max_tokens=9", "data.batching: give max_tokens or sentences, not both"),
    "A17 no limit": ("train.max_steps=null", "train: give max_steps, max_epochs or max_minutes"),
    "A17 head": ("model.alignment_head={}", "model.alignment_head: it learns from links; give train.guided_alignment"),
    "A17 smoothing": (
        "train={max_steps: 1, label_smoothing: 0.1, init_from: $run, objective: {type: minimum_risk}}",
        "train: label_smoothing does nothing with objective minimum_risk; set it to 0",
    ),
    "A17 risk": (
        "train.objective={type: minimum_risk}",
        "train.objective: minimum_risk needs a trained model, train.init_from",
    ),
    "A17 R-Drop": (
        "train.objective={type: r_drop}",
        "train.objective: r_drop does nothing in a model without dropout; set some",
    ),
    "A21 missing": (
        "data.train.src=$text/train.enn",
        "--set data.train.src: no such file: $text/train.enn; did you mean 'train.en'?",
    ),
    "A21 from here": ("data.train.src=train.en", "--set data.train.src: no such file: $here/train.en"),
    "A21 folder": ("data.train.src=$text", "--set data.train.src: is a folder, not a file: $text"),
    "A10 no word so frequent": (
        "data.vocab.min_freq=100000",
        "data.vocab.min_freq 100000: nothing is as frequent in $text/train.en (at most ",
    ),
    "A10 a beam without end": (
        "search.beam_size=1000000000",
        "--set search.beam_size: must be at most 10000 (got 1000000000)",
    ),
    "A21 plugin": ("plugins=[no_such_plugin]", "no module named 'no_such_plugin'"),
    "A21 name of a test set": (
        "data.test={../x: {src: $text/test.en, tgt: $text/test.de}}",
        "--set data.test: '../x' cannot be the name of a test set; use letters, digits and _ . + -",
    ),
}
"""`--set` and what is said about it."""

PLAIN = f"{TRAIN} --set 'model.decoder={{type: plain, dim: 16}}'"
OTHERS = [
    Case("A01 missing", "train --config $here/tiny.yml", "$here/tiny.yml: no such file"),
    Case(
        "A01 missing with a neighbour",
        "train --config $here/tiny.yml",
        "$here/tiny.yml: no such file; did you mean 'tiny.yaml'?",
        {"tiny.yaml": b"seed: 1\n"},
    ),
    Case("A01 folder", "train --config $here", "$here: is a folder; give the YAML file in it"),
    Case("A01 unreadable", f"train --config $here/{'x' * 300}", "cannot be read (File name too long)"),
    Case("A01 longer than any path", f"train --config {'x/' * 3000}", "File name too long"),
    Case("A01 to show", "config show --config $here/none", "$here/none: no such file"),
    Case("A01 to check", "check --config $here/none", "$here/none: no such file"),
    Case(
        "A17 widths",
        f"{TRAIN} --set model.embedding.tie=output --set model.embedding.dim=20",
        "nmt: error: --set model.embedding.tie: output needs decoder features as wide as an embedding, not 16 and 20",
    ),
    Case(
        "A17 long sources",
        f"{TRAIN} --set 'model.decoder.attention.scorer={{type: location, max_positions: 9, longer: refuse}}'",
        "$text/train.en:1: 12 positions with EOS, more than model.decoder.attention.scorer.max_positions, 9",
        lines=3,
    ),
    *(
        Case(
            f"A17 {key} without attention",
            f"{PLAIN} --set search.{key}={value}",
            f"nmt: error: --set search.{key}: the model has no attention; leave it out",
        )
        for key, value in (("coverage_penalty", 0.2), ("replace_unk", "true"))
    ),
    Case(
        "A18 newer version",
        "train --config $here/a.yaml",
        f"$here/a.yaml:2: needs nmt >= 99.1, this is {__version__}",
        {"a.yaml": b"key_of_the_future: 1\nrequires: nmt >= 99.1\n"},
    ),
    Case("A20 command", "trian", "nmt: error: No such command 'trian'. Did you mean 'train'? (see nmt --help)"),
    Case(
        "A20 option",
        "train --confg x",
        "nmt: error: No such option: --confg (Possible options: --config) (see nmt train --help)",
    ),
    Case(
        "A20 empty argument",
        "train --config $config --run ''",
        "the argument after 'nmt train --config $config --run' is empty; is a variable of the shell not set?",
    ),
    Case("A20 argument", "translate", "nmt: error: Missing argument 'RUN'. (see nmt translate --help)"),
    Case(
        "A21 unset variable",
        "train --config $configs/multi30k_en_de/rnnsearch.yaml --run $here/new",
        f"$configs/multi30k_en_de/rnnsearch.yaml:6: data.train.src: {NO_DATA}",
        lines=6,
    ),
    Case(
        "A21 the absolute path is said",
        "train --config $here/a.yaml",
        "$here/a.yaml:2: data.train.src: no such file: $here/none.en",
        {"a.yaml": b"data:\n  train: {src: none.en, tgt: none.de}\n"},
        lines=4,
    ),
]


@pytest.mark.parametrize("name", FILES)
def test_config_file(name, mistake):
    content, message, *lines = FILES[name]
    mistake(Case(name, "check --config $here/a.yaml", f"$here/a.yaml{message}", {"a.yaml": content}, b"", *lines))


@pytest.mark.parametrize("name", SETTINGS)
def test_setting(name, mistake):
    setting, message = SETTINGS[name]
    mistake(Case(name, f"{TRAIN} --set '{setting}'", message))


@pytest.mark.parametrize("case", OTHERS, ids=[case.name for case in OTHERS])
def test_mistake(case, mistake):
    mistake(case)


SHOWN = {
    "A07 power of ten": ("train.optimizer.lr=1e-3", ("train", "optimizer", "lr"), 0.001),
    "A08 Norwegian": ("data.src_lang=no", ("data", "src_lang"), "no"),
    "A08 off": ("data.src_lang=off", ("data", "src_lang"), "off"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_values_mean_what_they_say(name, command):
    setting, keys, value = SHOWN[name]
    result = command(f"config show --config $config --set {setting}")
    said(result)
    found, _ = parse(result.out.decode("utf-8"))
    for key in keys:
        found = found[key]
    assert found == value and type(found) is type(value)


def test_a21_relative_paths_begin_at_the_config(command):
    """The working folder of these tests is another one than that of the config."""
    assert "en to de: 200 training pairs, 120 + 120 word entries" in said(command(f"{TRAIN} --dry-run"))


def test_a19_a_key_of_an_older_version(command, write, tmp_path):
    old = (
        b"train:\n  max_steps: 3  # keep: no key\n  keep: 4\ndata: {train: {src: a, tgt: b}, valid: {src: a, tgt: b}}\n"
    )
    write({"old.yaml": old, "both.yaml": old.replace(b"  keep", b"  keep_checkpoints: 4\n  keep")})

    shown = command("config show --config $here/old.yaml")
    (warning,) = said(shown)
    told = f"{tmp_path}/old.yaml:3: train.keep is called train.keep_checkpoints now"
    assert warning == f"warning: {told}; `nmt config upgrade` rewrites a file"
    assert parse(shown.out.decode("utf-8"))[0]["train"]["keep_checkpoints"] == 4

    upgraded = command("config upgrade $here/old.yaml -o $here/new.yaml")
    assert said(upgraded) == [told]
    assert (tmp_path / "new.yaml").read_bytes() == old.replace(b"  keep:", b"  keep_checkpoints:")
    again = command("config upgrade $here/new.yaml")
    assert said(again) == [] and again.out == (tmp_path / "new.yaml").read_bytes()
    assert said(command("config show --config $here/new.yaml")) == []

    seeds = said(command(f"{TRAIN} --dry-run --set train.keep=4 --seeds 1,2"))
    assert sum("train.keep is called train.keep_checkpoints now" in line for line in seeds) == 1

    for line in ("config show --config $here/both.yaml", "config upgrade $here/both.yaml"):
        result = command(line)
        assert (result.code, result.out) == (2, b"")
        (error,) = error_lines(result)
        place = f"{tmp_path}/both.yaml:4: train.keep: "
        assert error == f"nmt: error: {place}is called train.keep_checkpoints now, which is given too"


def test_a02_no_config_at_all_is_the_demo(command, tmp_path):
    result = command("config show")
    said(result)
    assert parse(result.out.decode("utf-8"))[0]["data"]["src_lang"] == "en"
    assert demo_config().is_file()
    assert list(tmp_path.iterdir()) == []
