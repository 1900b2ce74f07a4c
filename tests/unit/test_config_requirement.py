"""`requires: nmt >= VERSION`."""

import pytest

from nmt import __version__
from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.config.requirement import unmet
from nmt.errors import ConfigError

CONFIG = """\
data: {train: {src: a, tgt: b}, valid: {src: c, tgt: d}}
train: {max_steps: 1}
"""


@pytest.mark.parametrize(
    ("requirement", "version", "is_unmet"),
    [
        ("nmt >= 0.4", "0.3.1", True),
        ("nmt >= 0.4", "0.4.0", False),
        ("nmt>=0.4.0", "0.4", False),
        ("nmt >= 0.10", "0.9", True),
        ("nmt >= 0.9", "0.10", False),
        ("nmt >= 1", "0.10.9", True),
        ("nmt >= 0.3.2", "0.3.10", False),
        ("nmt > 0.4", "0.3.1", False),
        ("0.4", "0.3.1", False),
        (0.4, "0.3.1", False),
    ],
)
def test_older_versions(requirement, version, is_unmet):
    assert unmet(requirement, version) == is_unmet


@pytest.fixture
def load(tmp_path):
    """Load CONFIG with more lines above it."""

    def load_text(above):
        path = tmp_path / "x.yaml"
        path.write_text(above + CONFIG, encoding="utf-8")
        return load_config(Experiment, path)

    return load_text


def test_a_version_that_is_reached(load):
    assert load("").requires is None
    assert load(f"requires: nmt >= {__version__}\n").requires == f"nmt >= {__version__}"


def test_nothing_else_is_said_of_a_config_of_a_newer_version(load, tmp_path):
    with pytest.raises(ConfigError) as caught:
        load("seed: x\nplugins: [of_a_newer_version]\nrequires: nmt >= 99.0\n")
    assert str(caught.value) == f"{tmp_path}/x.yaml:3: needs nmt >= 99.0, this is {__version__}"


@pytest.mark.parametrize("value", ["nmt > 0.1", "nmt >= 0.x", "'0.1'", "nmt >= 9999999", "|\n  nmt >= 99\n"])
def test_another_form_is_refused(load, tmp_path, value):
    with pytest.raises(ConfigError, match=r"x.yaml:1: requires: expected nmt >= VERSION \(got '"):
        load(f"requires: {value}\n")
