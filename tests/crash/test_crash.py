"""A training that is killed at random moments ends as if nothing had happened; the harness sees trainings that do not.

`make crash-test` does the same with 200 kills, and with processes that are started anew.
"""

import random
from functools import partial

import pytest

from .bugs import BUGS
from .harness import Campaign, Fork


@pytest.fixture(scope="module")
def fork():
    """Starts trainings."""
    process = Fork()
    yield process
    process.close()


def test_kills(fork, tmp_path):
    rng = random.Random(1)
    for variant, kills in (("everything", 4), ("bf16+mapped", 3)):
        campaign = Campaign(tmp_path / variant, variant, fork, rng)
        campaign.disturb(kills)
        assert campaign.failures == []
        assert campaign.kills == kills


def test_signals_to_stop(fork, tmp_path):
    campaign = Campaign(tmp_path / "run", "stopping", fork, random.Random(2))
    campaign.disturb(4, ("TERM", "INT", "HUP"))
    assert campaign.failures == []


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_seen(fork, tmp_path, bug):
    campaign = Campaign(tmp_path / "run", "everything", partial(fork, bug=bug), random.Random(3))
    while not campaign.failures and campaign.kills < 30:
        campaign.disturb(3)
    assert {failure.split(":")[0] for failure in campaign.failures} == {f"everything, run {campaign.runs}"}
