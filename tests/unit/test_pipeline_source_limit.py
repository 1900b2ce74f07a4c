"""Sources longer than a score function takes: found in every set, by file and line."""

import numpy as np
import pytest

from nmt.config.experiment import Experiment
from nmt.config.loader import load_config
from nmt.data.corpus import Corpus
from nmt.data.mapped import MappedCorpus
from nmt.embedded import demo_config
from nmt.errors import DataError
from nmt.pipeline.source_limit import refuse_long_sources

SCORER = "model.decoder.attention.scorer={type: location, max_positions: 3, longer: %s}"
KEY = "model.decoder.attention.scorer.max_positions"


def experiment(*changes):
    return load_config(Experiment, demo_config(), changes)


def corpus(*lengths):
    """Sources of these lengths without EOS, on the lines 10, 20, ..."""
    sources = [[4] * length for length in lengths]
    return Corpus(sources, [[4]] * len(sources), [10 * n for n in range(1, len(sources) + 1)])


class Part:
    """What is read of one folder of a corpus in files."""

    def __init__(self, *lengths):
        self.lengths = np.array([[length, 99] for length in lengths], "<u2")
        self.lines = np.arange(10, 10 * len(lengths) + 1, 10, "<u4")

    def __len__(self):
        return len(self.lines)


def test_a_line_for_each_set_with_eos_counted():
    chosen = experiment(SCORER % "refuse")
    fits = [("dev.en", corpus(2, 2))]
    refuse_long_sources(chosen, corpus(1, 2), fits)
    with pytest.raises(DataError) as caught:
        refuse_long_sources(chosen, corpus(2, 3, 7), [*fits, ("test.en", corpus(4))])
    assert caught.value.args == (
        f"{chosen.data.train.src}:20: 4 positions with EOS, more than {KEY}, 3 (2 such lines); shorten or raise it",
        f"test.en:10: 5 positions with EOS, more than {KEY}, 3; shorten or raise it",
    )


def test_a_corpus_in_files():
    chosen = experiment(SCORER % "refuse", "data.prepared=p", "data.mix=[{src: mixed.en, tgt: mixed.de}]")
    refuse_long_sources(chosen, MappedCorpus([Part(2, 1), Part(2)]), [])
    with pytest.raises(DataError) as caught:
        refuse_long_sources(chosen, MappedCorpus([Part(2, 1), Part(2, 2, 3)]), [])
    (mistake,) = caught.value.args
    assert mistake.startswith(f"{chosen.data.mix[0].src}:30: 4 positions with EOS, more than {KEY}, 3;")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [SCORER % "ignore"],
        [SCORER % "refuse", "model.decoder.attention.normaliser={type: uniform}"],
        ["model.decoder={type: plain}"],
        ["model.decoder={type: transformer}"],
    ],
)
def test_others_take_any_length(changes):
    refuse_long_sources(experiment(*changes), corpus(500), [("test.en", corpus(500))])
