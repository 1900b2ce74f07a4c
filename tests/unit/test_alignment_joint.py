"""Links of two directions, from matrices typed by hand."""

import numpy as np
import pytest

from nmt.alignment.alignment import Alignment
from nmt.alignment.joint import agreement_links, joint_links
from nmt.errors import UserError

SRC, TGT = ["a", "b", "c"], ["x", "y"]
FORWARD = Alignment(
    SRC,
    TGT,
    np.array([[0.64, 0.2, 0.1, 0.06], [0.1, 0.36, 0.5, 0.04], [0, 0, 0, 1]], np.float32),
    "word",
    eos=True,
)
# rows are a, b, c and EOS, columns x, y and EOS; b looks at y, c at EOS
REVERSE = Alignment(
    TGT, SRC, np.array([[0.36, 0.3, 0.34], [0.4, 0.49, 0.11], [0.1, 0.3, 0.6], [0, 0, 1]], np.float32), "word", eos=True
)


def test_agreement_is_a_geometric_mean_of_both_weights() -> None:
    # a-x sqrt(0.64 * 0.36) = 0.48, b-x 0.28, b-y sqrt(0.36 * 0.49) = 0.42, c-y sqrt(0.5 * 0.3) = 0.387, c-x 0.1
    assert agreement_links(FORWARD, REVERSE, 0.47) == [(0, 0)]
    assert agreement_links(FORWARD, REVERSE, 0.41) == [(0, 0), (1, 1)]
    assert agreement_links(FORWARD, REVERSE, 0.38) == [(0, 0), (1, 1), (2, 1)]
    assert joint_links(FORWARD, REVERSE, "agreement=0.41", "union") == [(0, 0), (1, 1)]


def test_each_direction_has_its_links() -> None:
    # forward x-a, y-c; reverse a-x, b-y, c none
    assert joint_links(FORWARD, REVERSE, "argmax", "intersection") == [(0, 0)]
    assert joint_links(FORWARD, REVERSE, "argmax", "union") == [(0, 0), (1, 1), (2, 1)]
    assert joint_links(FORWARD, REVERSE, "argmax=0.45", "union") == [(0, 0), (1, 1), (2, 1)]
    assert joint_links(FORWARD, REVERSE, "argmax=0.5", "union") == [(0, 0), (2, 1)]
    assert joint_links(FORWARD, REVERSE, "threshold=0.36", "intersection") == [(0, 0), (1, 1)]


def test_without_the_other_direction() -> None:
    assert joint_links(FORWARD, None, "argmax", "union") == [(0, 0), (2, 1)]
    assert joint_links(FORWARD, None, "argmax", "intersection") == []
    assert joint_links(FORWARD, None, "agreement=0.1", "union") == []


def test_other_tokens() -> None:
    with pytest.raises(ValueError, match="not of 3 source and 2 target tokens"):
        agreement_links(FORWARD, FORWARD, 0.4)
    with pytest.raises(UserError, match="symmetrisation 'all' is unknown"):
        joint_links(FORWARD, REVERSE, "argmax", "all")
