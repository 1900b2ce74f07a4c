"""A training that is killed at random moments ends as if nothing had happened; the harness sees trainings that do not.

`make crash-test` does the same with 200 kills, and with processes that are started anew.
"""

import random

import pytest

from .bugs import BUGS
from .harness import Campaign, Fork


@pytest.fixture
def fork():
    """Starts trainings; closed at the end."""
    opened = []

    def start(bug=""):
        opened.append(Fork(bug))
        return opened[-1]

    yield start
    for process in opened:
        process.close()


def test_kills(fork, tmp_path):
    start, rng = fork(), random.Random(1)
    for variant, kills in (("everything", 13), ("bf16", 7)):
        campaign = Campaign(tmp_path / variant, variant, start, rng)
        campaign.disturb(kills)
        assert campaign.failures == []
        assert campaign.kills == kills


def test_signals_to_stop(fork, tmp_path):
    campaign = Campaign(tmp_path / "run", "stopping", fork(), random.Random(2))
    campaign.disturb(6, ("TERM", "INT", "HUP"))
    assert campaign.failures == []


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_seen(fork, tmp_path, bug):
    campaign = Campaign(tmp_path / "run", "everything", fork(bug), random.Random(3))
    campaign.disturb(30)
    assert len(campaign.failures) == 1
