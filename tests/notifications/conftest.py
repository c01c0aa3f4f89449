"""A local FCM server, the real firebase-admin before it, and the people of the story."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from backend.notifications import lanes
from backend.notifications.devfcm.server import Running, in_thread
from backend.notifications.devpush.server import Running as Push
from backend.notifications.devpush.server import in_thread as serve_push
from backend.notifications.transports.fcm.credential import from_dev_server
from backend.notifications.transports.fcm.transport import FcmTransport
from tests.notifications.story import Story, begin


@pytest.fixture
def fcm(tmp_path: Path) -> Iterator[Running]:
    """A fresh local FCM server."""
    with in_thread(tmp_path / "dev-fcm") as running:
        yield running


@pytest.fixture
def transport(fcm: Running) -> Iterator[FcmTransport]:
    """The real transport, told to speak to the local server and to wait half a second at most."""
    channel = FcmTransport(account=from_dev_server(fcm.base_url), base_url=fcm.base_url, timeout=0.5)
    yield channel
    channel.close()


@pytest.fixture
def push(tmp_path: Path, settings: Settings) -> Iterator[Push]:
    """A local push service for browsers, which the settings name."""
    with serve_push(tmp_path / "dev-push") as running:
        settings.WEBPUSH_URL = running.base_url
        lanes.lanes.cache_clear()
        yield running
    lanes.lanes.cache_clear()


@pytest.fixture
def story(db: None) -> Story:
    """Ana, Ben, Cy, Dan, Dee and Pat, and a deal on Joe's Deli."""
    return begin()
