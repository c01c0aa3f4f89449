"""A real browser: Ben's Firefox subscribes, Ana moves a deal, and it shows one notification; in the inbox is the same."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.identity.models import Device
from backend.kit.ids import new_id
from backend.notifications import dispatch
from backend.notifications.devpush.server import Running
from backend.notifications.models import Delivery, Notification
from tests.notifications.firefox import Firefox, NoFirefox, firefox, page
from tests.notifications.story import Story
from tests.schema.conftest import Client

KEY = "{ webPushKey }"
REGISTER = "mutation($input: PushAddressInput!) { registerPushAddress(input: $input) { pushAddress { kind } } }"
PATIENCE = 60


@pytest.fixture
def browser(push: Running, tmp_path: Path) -> Iterator[Firefox]:
    """Ben's browser, with the page open."""
    try:
        with page() as url, firefox(tmp_path / "profile", push.base_url) as running:
            running.open(url)
            yield running
    except NoFirefox as error:
        pytest.skip(f"no browser to show it: {error}")


def shown(browser: Firefox) -> list[dict[str, Any]]:
    """Waits until something is shown."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := browser.call("shown"):
            return list(found)
        time.sleep(0.1)
    raise AssertionError("the browser shows nothing")


def acked(push: Running, count: int) -> None:
    """Waits until the browser said of so many messages that its page has them."""
    deadline = time.monotonic() + PATIENCE
    while [one.acked for one in push.state.store.messages] != [100] * count:
        assert time.monotonic() < deadline, push.state.store.messages
        time.sleep(0.05)


def test_bens_browser_shows_one_notification_of_what_ana_did(story: Story, push: Running, browser: Firefox) -> None:
    device = Device.objects.create(org=story.org, user=story.ben, install_key=new_id().hex, platform="web")
    ben = Client(story.ben, device)
    subscription = browser.call("subscribe", ben(KEY)["webPushKey"])
    made = ben(REGISTER, input={"kind": "webpush", "value": json.dumps(subscription)})
    assert made["registerPushAddress"]["pushAddress"]["kind"] == "webpush"

    story.move(story.late)
    assert dispatch.drain() == 1

    told = Notification.objects.get()
    [one] = shown(browser)
    assert (one["title"], one["body"], one["tag"]) == (told.title, told.body, told.pk.hex)
    assert one["data"]["entity_id"] == str(story.deal.pk)
    assert Delivery.objects.get().state == "sent"

    # The same again, as after a kill between its acceptance and our record of it: the browser replaces what it shows.
    acked(push, 1)
    Delivery.objects.update(state="queued", finished_at=None)
    assert dispatch.drain() == 1
    acked(push, 2)
    assert [two["tag"] for two in shown(browser)] == [told.pk.hex]
