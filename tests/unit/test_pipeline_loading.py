"""Search settings changed by flags; names of checkpoints."""

import pytest

from nmt.errors import UserError
from nmt.pipeline.loading import changed_search, load_translator
from nmt.search.config import SearchConfig


@pytest.mark.parametrize(
    ("beam", "n_best", "expected"),
    [
        (None, None, (5, 1)),
        (2, None, (2, 1)),
        (None, 3, (5, 3)),
        (None, 8, (8, 8)),
        (4, 4, (4, 4)),
        (1, None, (1, 1)),
    ],
)
def test_flags(beam, n_best, expected):
    search = changed_search(SearchConfig(beam_size=5, coverage_penalty=0.2), beam, n_best)
    assert (search.beam_size, search.n_best) == expected
    assert search.coverage_penalty == 0.2


def test_n_best_of_the_config_is_not_printed_unasked():
    assert changed_search(SearchConfig(beam_size=5, n_best=3), None, None).n_best == 1


def test_n_best_beyond_the_beam():
    with pytest.raises(UserError, match="^--nbest 5 is larger than --beam 4$"):
        changed_search(SearchConfig(), 4, 5)


@pytest.mark.parametrize("name", ["newest", "", "-1", "1.5", "step-00000001"])
def test_checkpoints_have_three_kinds_of_names(tmp_path, name):
    with pytest.raises(UserError, match=f"^--checkpoint {name}: must be best, last or a step number$"):
        load_translator(tmp_path, name)
