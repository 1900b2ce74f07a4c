"""Keys of an older version, in files and on the command line."""

import pytest

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.renamed import RENAMED, upgraded
from nmt.errors import ConfigError

CONFIG = """\
data: {train: {src: a, tgt: b}, valid: {src: c, tgt: d}}
train: {max_steps: 1, %s: 7}
"""


@pytest.fixture
def load(tmp_path):
    """Load CONFIG with the key; returns train.keep_checkpoints and what was told, without the folder."""

    def load_key(key, *overrides):
        path, heard = tmp_path / "x.yaml", []
        path.write_text(CONFIG % key, encoding="utf-8")
        config = load_config(Experiment, path, overrides, tell=heard.append)
        return config.train.keep_checkpoints, [message.removeprefix(f"{tmp_path}/") for message in heard]

    return load_key


FILE = "x.yaml:2: train.keep is called train.keep_checkpoints now"
FLAG = "--set train.keep: train.keep is called train.keep_checkpoints now"


@pytest.mark.parametrize(
    ("key", "overrides", "value", "told"),
    [
        ("keep_checkpoints", [], 7, []),
        ("keep", [], 7, [FILE]),
        ("keep", ["train.keep_checkpoints=3"], 3, [FILE]),
        ("keep", ["train.keep=3"], 3, [FILE, FLAG]),
        ("keep_checkpoints", ["train.keep=3"], 3, [FLAG]),
        ("log_every", ["train.keep=3"], 3, [FLAG]),
    ],
)
def test_the_old_name_means_the_new_one(load, key, overrides, value, told):
    assert load(key, *overrides) == (value, told)


def test_both_names_are_a_mistake(load):
    with pytest.raises(
        ConfigError, match=r"x.yaml:2: train.keep: is called train.keep_checkpoints now, which is given"
    ):
        load("keep_checkpoints: 3, keep")
    with pytest.raises(
        ConfigError, match=r"--set train.keep: is called train.keep_checkpoints now, which is given too"
    ):
        load("log_every", "train.keep=3", "train.keep_checkpoints=4")


def test_a_wrong_value_is_told_under_both_names(load):
    with pytest.raises(ConfigError, match=r"^--set train.keep: train.keep_checkpoints: expected a whole number"):
        load("log_every", "train.keep=many")


@pytest.mark.parametrize("text", ["", "5\n", "train: 5\n", "train: [keep]\n", "keep: 1\n", "model: {keep: 3}\n"])
def test_nothing_to_upgrade(text):
    assert upgraded(text) == text


def test_only_the_key_is_rewritten():
    old = "# keep: 1\r\ntrain: {a: \"keep\", 'keep' : 2, b: {keep: 3}}  # ä 𝄞 keep\nkeep: 4\n"
    assert upgraded(old) == old.replace("'keep'", "keep_checkpoints")


def test_new_names_exist():
    for old, name in RENAMED.items():
        section = Experiment
        for key in old[:-1]:
            section = section.model_fields[key].annotation
        assert name in section.model_fields and old[-1] not in section.model_fields
