"""What a GPU asks of every model: all of its tensors are there, and so is what training and search make besides."""

import pytest

RUN = "from tests.contracts.on_second_device import main; main()"
PARTS = 8


@pytest.mark.parametrize("part", range(PARTS))
def test_a_model_elsewhere_is_that_on_the_processor(forks, part):
    code, _, err = forks.run(RUN, part, PARTS)
    assert (code, err) == (0, "")
