"""Ana's alerts are on her phone without a way, and what she reads there is said when there is one."""

from typing import Any

import pytest
from rich.console import Console

from mobile_client_stub.cli import alerts
from mobile_client_stub.clock import new_id
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere
from tests.mobile_client_stub.conftest import Phone
from tests.mobile_client_stub.scripted import Scripted, page, put
from tests.mobile_client_stub.world import STORE, everything

OLD, NEW = new_id(), new_id()


def alert(row_id: str, title: str, at: str) -> dict[str, Any]:
    words = {"title": title, "body": "Nobody came.", "rule": "visit.overdue"}
    return put("notification", {"id": row_id, "occurredAt": at, "readAt": None, "version": 1} | words, STORE)


@pytest.fixture
def told(server: Scripted, phone: Phone) -> Device:
    """Ana's phone, which was sent two alerts."""
    first, later = "2026-05-04T09:00:00+00:00", "2026-05-04T10:00:00+00:00"
    ops = [*everything(), alert(OLD, "Visit overdue: [b]", first), alert(NEW, "Plan changed", later)]
    server.pages = {None: [page(*ops, cursor="c1")], "c1": [page(cursor="c1")]}
    device = phone()
    device.sign_in("ana", "secret")
    device.sync()
    return device


def test_the_newest_comes_first_and_all_are_there_offline(told: Device) -> None:
    told.go_offline()
    assert [row["title"] for row in told.alerts()] == ["Plan changed", "Visit overdue: [b]"]
    console = Console(width=100, file=None)
    with console.capture() as captured:
        console.print(alerts.shown(told.alerts(), told.zone()))
    assert "Alerts: 2, unread 2" in captured.get()
    assert "Visit overdue: [b]" in captured.get()


def test_what_is_read_offline_is_read_at_once_and_said_once(told: Device, server: Scripted) -> None:
    told.go_offline()
    assert told.read_alert(NEW)["readAt"] is not None
    told.read_alert(NEW)
    assert [(entry.name, entry.entity_id) for entry in told.outbox()] == [("notification.read", NEW)]
    assert [row["readAt"] is None for row in told.alerts()] == [False, True]
    told.come_back()
    told.sync()
    assert server.names().count("SyncPush") == 1
    with pytest.raises(NotHere):
        told.read_alert(new_id())


def test_the_phone_says_that_an_alert_arrived_and_was_opened(told: Device, server: Scripted) -> None:
    server.extra["AcknowledgeAlert"] = lambda variables: {"acknowledgeAlert": {"ack": {"deviceId": "x"}}}
    told.acknowledge(NEW, opened=True)
    [said] = [variables for name, variables in server.calls if name == "AcknowledgeAlert"]
    assert said == {"input": {"notificationId": NEW, "opened": True}}
