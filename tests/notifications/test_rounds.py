"""Proof: whatever dies and whatever the provider does, each alert is in the inbox once and on each screen once."""

import os
from collections.abc import Iterator
from random import Random

import pytest

from backend.notifications import browsers
from backend.notifications.devfcm.server import Running as Fcm
from backend.notifications.devpush.server import Running as Push
from backend.notifications.transports.fcm.credential import from_dev_server
from backend.notifications.transports.fcm.transport import FcmTransport
from backend.notifications.transports.webpush.transport import WebPushTransport
from tests.notifications.rounds import ARROWS, Rounds, mortal
from tests.notifications.story import Story

ROUNDS = int(os.environ.get("ALERT_ROUNDS", "80"))
SEED = int(os.environ.get("ALERT_SEED", "1"))
CHAPTERS = -(-ROUNDS // 200)
"""Each begins with empty tables: a database that forgets nothing grows slow."""


@pytest.fixture
def rounds(story: Story, fcm: Fcm, push: Push, request: pytest.FixtureRequest) -> Iterator[Rounds]:
    """The people, the two local providers, and the real libraries that speak to them."""
    phones = FcmTransport(account=from_dev_server(fcm.base_url), base_url=fcm.base_url, timeout=5, parallel=4)
    pages = WebPushTransport(
        vapid=browsers.vapid(), allowed=browsers.may_be_called, parallel=4, timeout=5, trust_env=False
    )
    yield Rounds(story, fcm, push, phones, pages, Random(request.param))
    phones.close()
    pages.close()


@pytest.mark.parametrize("rounds", range(SEED, SEED + CHAPTERS), indirect=True, ids="seed {}".format)
def test_each_alert_is_shown_once_whoever_dies_and_whatever_fails(rounds: Rounds) -> None:
    with mortal(rounds):
        for number in range(-(-ROUNDS // CHAPTERS)):
            try:
                rounds.play()
            except AssertionError as error:
                raise AssertionError(f"in round {number}") from error
    assert set(rounds.fate.died) == set(ARROWS), rounds.fate.died
    assert rounds.met["shown again under the same nid"] > 0
