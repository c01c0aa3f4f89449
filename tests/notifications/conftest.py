"""A local FCM server, the real firebase-admin before it, and the people of the story."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.notifications.devfcm.server import Running, in_thread
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
def story(db: None) -> Story:
    """Ana, Ben, Cy, Dan, Dee and Pat, and a deal on Joe's Deli."""
    return begin()
