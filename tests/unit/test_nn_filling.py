"""Models whose weights are read draw none."""

import torch

from nmt.models.config import ModelConfig
from nmt.models.seq2seq import Seq2Seq

CONFIG = ModelConfig.model_validate(
    {
        "embedding": {"dim": 6},
        "encoder": {"type": "rnn", "dim": 5},
        "decoder": {"type": "bahdanau", "dim": 7, "maxout": 4},
    }
)
SIZES = {"src_vocab": 11, "tgt_vocab": 9}


def state_after(make):
    """Where PyTorch's random numbers are after it, and the names and shapes of the weights."""
    torch.manual_seed(1)
    shapes = {name: weight.shape for name, weight in make(CONFIG, **SIZES).state_dict().items()}
    return torch.get_rng_state().tolist(), shapes


def test_what_is_left_unfilled_draws_no_linear_layer_and_no_embedding(monkeypatch):
    drawn = []
    for kind in (torch.nn.Linear, torch.nn.Embedding):
        monkeypatch.setattr(kind, "reset_parameters", lambda layer: drawn.append(type(layer).__name__))
    Seq2Seq.unfilled(CONFIG, **SIZES)
    assert drawn == []
    Seq2Seq(CONFIG, **SIZES)
    assert {"Linear", "Embedding"} == set(drawn)


def test_a_model_made_after_one_that_was_left_is_filled_as_ever():
    expected = state_after(Seq2Seq)
    left = state_after(Seq2Seq.unfilled)
    assert left[1] == expected[1]
    assert left[0] != expected[0]
    assert state_after(Seq2Seq) == expected
