"""The real firebase-admin against the local FCM server: every fault, each hit once, nothing asleep inside."""

import time
import warnings
from typing import Any
from uuid import uuid4

import pytest

from backend.notifications.devfcm.server import Running
from backend.notifications.transports.base import (
    Address,
    AddressGone,
    Message,
    Outcome,
    Permanent,
    Sent,
    Transient,
    Unknown,
)
from backend.notifications.transports.fcm.credential import from_dev_server
from backend.notifications.transports.fcm.transport import FcmTransport

BEN = Address("fid", "fid-of-ben")
CY = Address("fid", "fid-of-cy")


def alert(title: str = "Joe's Deli: Won", **fields: Any) -> Message:
    return Message(nid=uuid4().hex, title=title, body="Ana moved it.", category="opportunity", **fields)


def send_one(transport: FcmTransport, address: Address = BEN) -> Outcome:
    [outcome] = transport.send([(address, alert())])
    return outcome


def test_an_alert_arrives_whole_with_its_nid_as_tag(fcm: Running, transport: FcmTransport) -> None:
    message = alert(data={"entity": "opportunity"}, priority="high", ttl=600)
    [outcome] = transport.send([(BEN, message)])
    assert isinstance(outcome, Sent)
    assert outcome.provider_id.startswith("projects/fieldbeat-dev/messages/")
    [arrived] = fcm.state.store.arrivals()
    assert (arrived.kind, arrived.address, arrived.nid) == ("fid", "fid-of-ben", message.nid)
    assert (arrived.title, arrived.body) == ("Joe's Deli: Won", "Ana moved it.")
    assert arrived.data == {"entity": "opportunity", "nid": message.nid}
    assert (arrived.category, arrived.priority, arrived.ttl) == ("opportunity", "high", "600s")


def test_a_wake_has_data_alone_and_is_not_shown(fcm: Running, transport: FcmTransport) -> None:
    message = alert(data={"entity": "opportunity"}, wake=True)
    assert isinstance(transport.send([(BEN, message)])[0], Sent)
    [arrived] = fcm.state.store.arrivals()
    assert (arrived.title, arrived.body, arrived.nid, arrived.category) == ("", "", message.nid, "wake")
    assert arrived.data == {"entity": "opportunity", "nid": message.nid, "wake": "1"}


def test_no_more_threads_are_kept_than_requests_may_be_under_way(fcm: Running) -> None:
    channel = FcmTransport(account=from_dev_server(fcm.base_url), base_url=fcm.base_url, parallel=3)
    assert all(isinstance(one, Sent) for one in channel.send([(BEN, alert(str(n))) for n in range(40)]))
    assert len(channel._pool._threads._threads) == 3
    channel.close()


def test_an_old_install_is_reached_by_token_without_a_warning(fcm: Running, transport: FcmTransport) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        outcome = send_one(transport, Address("fcm_token", "token-of-pat"))
    assert isinstance(outcome, Sent)
    assert [(a.kind, a.address) for a in fcm.state.store.arrivals()] == [("token", "token-of-pat")]


@pytest.mark.parametrize(
    ("fault", "outcome", "retry_after"),
    [
        ({"kind": "429", "retry_after": 7}, Transient, 7.0),
        ({"kind": "429"}, Transient, 60.0),
        ({"kind": "503"}, Transient, None),
        ({"kind": "503", "retry_after": 3}, Transient, 3.0),
        ({"kind": "500"}, Transient, None),
        ({"kind": "404"}, AddressGone, None),
        ({"kind": "403"}, AddressGone, None),
        ({"kind": "401", "times": 3}, Transient, 300.0),
        ({"kind": "400"}, Permanent, None),
    ],
)
def test_a_refusal_is_named_and_asked_for_once(
    fcm: Running,
    transport: FcmTransport,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, object],
    outcome: type[Outcome],
    retry_after: float | None,
) -> None:
    monkeypatch.setattr(time, "sleep", _nobody_sleeps)
    fcm.state.faults.add([fault])
    found = send_one(transport)
    assert type(found) is outcome
    assert getattr(found, "retry_after", None) == retry_after
    assert fcm.state.faults.as_json() == []
    assert fcm.state.store.arrivals() == []
    assert isinstance(send_one(transport), Sent)


def test_a_bearer_that_the_server_forgot_is_renewed_unseen(fcm: Running, transport: FcmTransport) -> None:
    send_one(transport)
    fcm.state.faults.add([{"kind": "401"}])
    assert isinstance(send_one(transport), Sent)


def test_a_line_cut_after_acceptance_is_unknown_and_not_sent_again(fcm: Running, transport: FcmTransport) -> None:
    fcm.state.faults.add([{"kind": "cut"}])
    assert isinstance(send_one(transport), Unknown)
    assert len(fcm.state.store.arrivals()) == 1


def test_an_answer_that_does_not_come_in_time_is_unknown(fcm: Running, transport: FcmTransport) -> None:
    fcm.state.faults.add([{"kind": "slow", "seconds": 5}])
    assert isinstance(send_one(transport), Unknown)
    assert len(fcm.state.store.arrivals()) == 1


def test_with_oauth_down_nothing_leaves_and_nobody_sleeps(
    fcm: Running, transport: FcmTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", _nobody_sleeps)
    fcm.state.faults.add([{"kind": "oauth_down"}])
    found = transport.send([(BEN, alert()), (CY, alert())])
    assert [type(one) for one in found] == [Transient, Transient]
    assert fcm.state.store.arrivals() == []
    assert isinstance(send_one(transport), Sent)


def test_with_no_server_at_all_nothing_is_lost(transport: FcmTransport, fcm: Running) -> None:
    nowhere = "http://127.0.0.1:9"
    assert isinstance(send_one(FcmTransport(account=from_dev_server(nowhere), base_url=nowhere)), Transient)
    # a token in hand, but nobody behind the door: it cannot have been taken
    half = FcmTransport(account=from_dev_server(fcm.base_url), base_url=nowhere)
    assert isinstance(send_one(half), Transient)


def test_one_bad_message_does_not_sink_its_batch(fcm: Running, transport: FcmTransport) -> None:
    bad = Message(nid="n", title="t", body="b", data={"count": 3})  # type: ignore[dict-item]
    found = transport.send([(BEN, alert("first")), (BEN, bad), (BEN, alert("third"))])
    assert [type(one) for one in found] == [Sent, Permanent, Sent]
    assert sorted(a.title for a in fcm.state.store.arrivals()) == ["first", "third"]


def test_in_a_batch_each_phone_gets_its_own_outcome(fcm: Running, transport: FcmTransport) -> None:
    fcm.state.faults.add([{"kind": "404", "address": CY.value}])
    batch = [(CY if n == 40 else BEN, alert(str(n))) for n in range(130)]
    found = transport.send(batch)
    assert [n for n, one in enumerate(found) if isinstance(one, AddressGone)] == [40]
    assert sum(isinstance(one, Sent) for one in found) == 129
    assert len(fcm.state.store.arrivals()) == 129


def test_a_credential_made_anew_is_fetched_after_one_refusal(fcm: Running) -> None:
    good = fcm.state.account.as_json(fcm.base_url)
    accounts = iter([{**good, "client_email": "somebody@else.example"}, good])
    channel = FcmTransport(account=lambda: next(accounts), base_url=fcm.base_url)
    refused = send_one(channel)
    assert isinstance(refused, Transient)
    assert refused.retry_after == 300
    assert "Invalid issuer" in refused.why
    assert isinstance(send_one(channel), Sent)


def _nobody_sleeps(seconds: float) -> None:
    raise AssertionError(f"a worker slept {seconds} s inside a call")
