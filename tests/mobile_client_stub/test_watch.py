"""Watching, against scripted sockets."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mobile_client_stub.device import Device
from mobile_client_stub.errors import Refused, Revoked, SignInNeeded
from mobile_client_stub.patience import Patience
from mobile_client_stub.watch import Event
from tests.mobile_client_stub.conftest import noon
from tests.mobile_client_stub.scripted import Scripted, error
from tests.mobile_client_stub.socket_server import Talk, scripted_sockets

QUICK = Patience(tries=2, base=0.0, sleep=lambda seconds: None)


@pytest.fixture
def ana(server: Scripted, tmp_path: Path) -> Iterator[Device]:
    """Ana's phone, signed in; its calls are scripted, its socket goes wherever `at` says."""
    with at("http://127.0.0.1:9", server, tmp_path) as device:
        device.sign_in("ana", "secret")
        yield device


def at(address: str, server: Scripted, tmp_path: Path) -> Device:
    """Ana's phone, speaking to another address."""
    return Device(address, tmp_path / "ana.sqlite3", network=server.network(), patience=QUICK, clock=noon)


def some(device: Device, count: int) -> list[Event]:
    """Returns the first events of watching."""
    enough = threading.Event()
    events: list[Event] = []
    for event in device.watch(enough):
        events.append(event)
        if len(events) == count:
            enough.set()
    return events


def test_a_poke_pulls_and_a_deal_is_shown(ana: Device, server: Scripted, tmp_path: Path) -> None:
    said: dict[str, str] = {}

    def script(talk: Talk) -> None:
        said.update(talk.welcome())
        talk.say(type="ping")
        assert talk.hear() == {"type": "pong"}
        talk.say(type="next", id=said["SyncPoke"], payload={"data": {"syncPoke": {"reason": "connected"}}})
        deal = {"opportunity": {"name": "Cold case", "stage": {"name": "Won"}, "amount": "5.00"}}
        talk.say(type="next", id=said["OpportunityChanged"], payload={"data": {"opportunityChanged": deal}})
        talk.listen()

    with scripted_sockets(script) as (address, wrong), at(address, server, tmp_path) as phone:
        connected, synced, shown = some(phone, 3)
    assert wrong == []
    assert said["Authorization"] == "Bearer access-1"
    assert (connected.kind, synced.kind, shown.kind) == ("connected", "synced", "opportunity")
    assert synced.report is not None
    assert synced.report.puts["account"] == 3
    assert shown.data["opportunity"]["name"] == "Cold case"


def test_a_socket_closed_for_its_token_is_opened_again_with_a_new_one(
    ana: Device, server: Scripted, tmp_path: Path
) -> None:
    tokens: list[str] = []

    def closed(talk: Talk) -> None:
        tokens.append(talk.welcome()["Authorization"])
        talk.close(4403, "no longer good")

    def good(talk: Talk) -> None:
        tokens.append(talk.welcome()["Authorization"])
        talk.listen()

    with scripted_sockets(closed, good) as (address, wrong), at(address, server, tmp_path) as phone:
        events = some(phone, 2)
    assert wrong == []
    assert [event.kind for event in events] == ["connected", "connected"]
    assert tokens == ["Bearer access-1", "Bearer access-2"]


def test_a_socket_closed_because_the_phone_was_revoked_wipes_it(ana: Device, server: Scripted, tmp_path: Path) -> None:
    ana.sync()
    server.answers["RefreshSession"] = [error("DEVICE_REVOKED", "AUTH")]

    def closed(talk: Talk) -> None:
        talk.welcome()
        talk.close(4403, "no longer good")

    with scripted_sockets(closed) as (address, _), at(address, server, tmp_path) as phone:
        with pytest.raises(Revoked):
            some(phone, 2)
        assert phone.store.sizes() == {}


def test_a_session_that_has_ended_ends_the_watching(ana: Device, server: Scripted, tmp_path: Path) -> None:
    server.answers["RefreshSession"] = [error("REFRESH_REUSED", "AUTH")]
    refused = {"message": "refused", "extensions": {"code": "TOKEN_EXPIRED", "retry": "AUTH", "fields": {}}}

    def script(talk: Talk) -> None:
        ids = talk.welcome()
        talk.say(type="error", id=ids["SyncPoke"], payload=[refused])
        talk.listen()

    with (
        scripted_sockets(script) as (address, _),
        at(address, server, tmp_path) as phone,
        pytest.raises(SignInNeeded, match="REFRESH_REUSED"),
    ):
        some(phone, 2)


def test_a_subscription_refused_for_good_says_why(ana: Device, server: Scripted, tmp_path: Path) -> None:
    refused = {"message": "No.", "extensions": {"code": "DEVICE_NOT_FOUND", "retry": "NEVER", "fields": {}}}

    def script(talk: Talk) -> None:
        ids = talk.welcome()
        talk.say(type="error", id=ids["SyncPoke"], payload=[refused])
        talk.listen()

    with (
        scripted_sockets(script) as (address, _),
        at(address, server, tmp_path) as phone,
        pytest.raises(Refused, match="DEVICE_NOT_FOUND"),
    ):
        some(phone, 2)


@pytest.mark.parametrize("ending", ["complete", "garbage", "gone"])
def test_whatever_ends_a_socket_it_says_lost_once_and_connects_again(
    ana: Device, server: Scripted, tmp_path: Path, ending: str
) -> None:
    def broken(talk: Talk) -> None:
        ids = talk.welcome()
        if ending == "complete":
            talk.say(type="complete", id=ids["SyncPoke"])
            talk.listen()
        elif ending == "garbage":
            talk.say_raw("<html>")
            talk.listen()
        else:
            talk.close(1001, "restarting")

    def good(talk: Talk) -> None:
        talk.welcome()
        talk.listen()

    with scripted_sockets(broken, good) as (address, wrong), at(address, server, tmp_path) as phone:
        events = some(phone, 3)
    assert wrong == []
    assert [event.kind for event in events] == ["connected", "lost", "connected"]


def test_while_nobody_answers_it_says_lost_once(ana: Device, server: Scripted, tmp_path: Path) -> None:
    def away(talk: Talk) -> None:
        talk.close(1013, "try again later")

    def good(talk: Talk) -> None:
        talk.welcome()
        talk.listen()

    with scripted_sockets(away, away, away, good) as (address, _), at(address, server, tmp_path) as phone:
        assert [event.kind for event in some(phone, 2)] == ["lost", "connected"]


def test_offline_it_says_lost_once_and_waits(ana: Device) -> None:
    ana.go_offline()
    enough = threading.Event()
    watching = ana.watch(enough)
    assert next(watching).data == {"why": "This phone is offline; come back online first."}
    enough.set()
    assert list(watching) == []
