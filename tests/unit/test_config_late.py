"""Mistakes that are seen late, with the line of the config that they are about."""

import pytest

from nmt.config.experiment import Experiment
from nmt.config.late import late_mistakes
from nmt.errors import ConfigError, DataError

CONFIG = """\
data: {train: {src: a, tgt: b}, valid: {src: c, tgt: d}}
model:
  embedding:
    tie: output
train: {max_steps: 1, keep: 3}
"""


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("model.embedding.tie: cannot be", "x.yaml:4: model.embedding.tie: cannot be"),
        ("model.embedding.dim: too wide: 7", "x.yaml:3: model.embedding.dim: too wide: 7"),
        ("train.keep_checkpoints: no", "x.yaml:5: train.keep_checkpoints: no"),
        ("search.replace_unk: no", "x.yaml:1: search.replace_unk: no"),
        ("seed: odd", "--set seed: odd"),
        ("evaluation.bleu_tokenize: no", "--set evaluation: evaluation.bleu_tokenize: no"),
        ("/text/a:3: not text", "/text/a:3: not text"),
        ("vocab size 9: too large", "vocab size 9: too large"),
    ],
)
def test_a_late_mistake_has_its_place(message, told, tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    with pytest.raises(ConfigError) as caught, late_mistakes(Experiment, path, ["seed=3", "evaluation={}"]):
        raise ConfigError(message)
    assert [line.replace(f"{tmp_path}/", "") for line in caught.value.args] == [told]


def test_other_errors_pass(tmp_path):
    with pytest.raises(DataError, match="^seed: odd$"), late_mistakes(Experiment, tmp_path / "x.yaml"):
        raise DataError("seed: odd")
