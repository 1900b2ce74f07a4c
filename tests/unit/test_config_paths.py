"""File paths in a config: environment variables, relative paths, missing files."""

import pytest

from nmt.config.loader import load_config
from nmt.errors import ConfigError

from .test_config_models import Toy


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder `configs` with `x.yaml`, seen from its parent, which is the current directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NMT_DATA", "/corpora")
    monkeypatch.setenv("LANG_PAIR", "en-de")
    monkeypatch.delenv("NOWHERE", raising=False)
    (tmp_path / "configs").mkdir()
    return tmp_path


def load(folder, src, *overrides, check_files=False):
    path = folder / "configs" / "x.yaml"
    path.write_text(f"seed: 1\ndata:\n  train:\n    src: {src}\n    tgt: b.de\n", encoding="utf-8")
    return load_config(Toy, path.relative_to(folder), overrides, check_files=check_files)


def mistakes(*arguments, **options):
    with pytest.raises(ConfigError) as caught:
        load(*arguments, **options)
    return str(caught.value).split("\n")


@pytest.mark.parametrize(
    ("given", "loaded"),
    [
        ("a.en", "{here}/configs/a.en"),
        ("../a.en", "{here}/a.en"),
        ("/abs/a.en", "/abs/a.en"),
        ("$NMT_DATA/multi30k/train.en.gz", "/corpora/multi30k/train.en.gz"),
        ("${NMT_DATA}x/a", "/corporax/a"),
        ("data.$LANG_PAIR.txt", "{here}/configs/data.en-de.txt"),
        ("$$NMT_DATA/a$$", "{here}/configs/$NMT_DATA/a$"),
    ],
)
def test_paths_become_absolute(folder, given, loaded):
    assert load(folder, given).data.train.src == loaded.format(here=folder)


def test_paths_of_overrides_start_at_the_current_directory(folder):
    config = load(folder, "a.en", "data.train.tgt=c.de", "data.test={flickr: {src: $NMT_DATA/f, tgt: g}}")
    assert config.data.train.src == str(folder / "configs" / "a.en")
    assert config.data.train.tgt == str(folder / "c.de")
    assert config.data.test["flickr"].src == "/corpora/f"
    assert config.data.test["flickr"].tgt == str(folder / "g")


def test_a_dollar_elsewhere_is_only_a_dollar(folder):
    assert load(folder, "a", "data.src_lang=$NMT_DATA").data.src_lang == "$NMT_DATA"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("$NOWHERE/a", "environment variable NOWHERE is not set; set it to the folder with the data"),
        ("a$", "'$' needs the name of an environment variable behind it; write '$$' for the character"),
        ("${NMT_DATA", "'$' needs the name of an environment variable behind it; write '$$' for the character"),
        ("$1", "'$' needs the name of an environment variable behind it; write '$$' for the character"),
        ('""', "expected the path of a file (got '')"),
        ('"a\\0b"', "expected the path of a file (got 'a\\x00b')"),
        ("3", "expected text (got 3); put it in quotes"),
    ],
)
def test_wrong_paths(folder, given, problem):
    assert mistakes(folder, given) == [f"configs/x.yaml:4: data.train.src: {problem}"]


def test_missing_files_are_reported_all_at_once(folder):
    (folder / "configs" / "a.en.gz").write_bytes(b"")
    (folder / "sub").mkdir()
    load(folder, "a.en", check_files=False)
    overrides = ["data.vectors=sub", "data.lexicons=[no/x]"]
    assert mistakes(folder, "a.en", *overrides, check_files=True) == [
        f"configs/x.yaml:4: data.train.src: no such file: {folder}/configs/a.en; did you mean 'a.en.gz'?",
        f"configs/x.yaml:5: data.train.tgt: no such file: {folder}/configs/b.de",
        f"--set data.vectors: is a folder, not a file: {folder}/sub",
        f"--set data.lexicons: data.lexicons.0: no such file: {folder}/no/x",
    ]


def test_files_that_exist_are_fine(folder):
    for name in ("a.en", "b.de"):
        (folder / "configs" / name).write_bytes(b"")
    assert load(folder, "a.en", check_files=True).data.train.src == f"{folder}/configs/a.en"


def test_a_link_that_leads_nowhere(folder):
    for name in ("loop", "dangling"):
        (folder / "configs" / name).symlink_to("loop" if name == "loop" else "nothing")
        path = f"{folder}/configs/{name}"
        assert mistakes(folder, name, check_files=True)[0] == (
            f"configs/x.yaml:4: data.train.src: is a link that leads nowhere: {path}"
        )


def test_a_name_too_long_for_the_system_is_no_such_file(folder):
    assert ": no such file: " in mistakes(folder, "n" * 300, check_files=True)[0]
