"""The local FCM server believes nobody unsigned, remembers across a restart, and does as it is told with faults."""

import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from backend.kit import clock
from backend.notifications.devfcm.server import Running, in_thread, run
from backend.notifications.devfcm.store import Store
from backend.notifications.transports.base import Address, AddressGone, Message, Sent, Transient
from backend.notifications.transports.fcm.credential import from_dev_server
from backend.notifications.transports.fcm.transport import FcmTransport
from tests.config.serving import until

SEND = "/v1/projects/fieldbeat-dev/messages:send"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
BEN = Address("fid", "fid-of-ben")


def claims(account: dict[str, str], **changed: object) -> dict[str, object]:
    now = int(time.time())
    audience = "https://oauth2.googleapis.com/token"
    return {
        "iss": account["client_email"], "aud": audience, "scope": SCOPE, "iat": now, "exp": now + 600, **changed,
    }  # fmt: skip


def ask(fcm: Running, assertion: str, grant: str = GRANT) -> httpx.Response:
    return httpx.post(f"{fcm.base_url}/token", data={"grant_type": grant, "assertion": assertion})


def test_a_signed_assertion_gets_a_bearer_that_sends(fcm: Running) -> None:
    account = httpx.get(f"{fcm.base_url}/service-account.json").json()
    answer = ask(fcm, jwt.encode(claims(account), account["private_key"], "RS256"))
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 3600)
    sent = httpx.post(
        f"{fcm.base_url}{SEND}",
        headers={"Authorization": f"Bearer {answer.json()['access_token']}"},
        json={"message": {"fid": "fid-of-ben", "notification": {"title": "Hello"}}},
    )
    assert sent.status_code == 200
    assert [a.title for a in fcm.state.store.arrivals()] == ["Hello"]


@pytest.mark.parametrize(
    "changed",
    [{"iss": "cy@else.example"}, {"aud": "https://else.example"}, {"scope": "profile"}, {"exp": 1_000_000_000}],
)
def test_a_claim_that_is_not_ours_gets_no_bearer(fcm: Running, changed: dict[str, object]) -> None:
    account = fcm.state.account.as_json(fcm.base_url)
    answer = ask(fcm, jwt.encode(claims(account, **changed), account["private_key"], "RS256"))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_another_key_gets_no_bearer(fcm: Running) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    account = fcm.state.account.as_json(fcm.base_url)
    assert ask(fcm, jwt.encode(claims(account), stranger, "RS256")).status_code == 400
    assert ask(fcm, jwt.encode(claims(account), "", "none")).status_code == 400
    assert ask(fcm, "nonsense").status_code == 400
    assert ask(fcm, "x", grant="password").json() == {"error": "unsupported_grant_type"}


def test_without_a_bearer_nothing_is_accepted(fcm: Running) -> None:
    body = {"message": {"fid": "fid-of-ben"}}
    for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": "Basic x"}):
        assert httpx.post(f"{fcm.base_url}{SEND}", headers=headers, json=body).status_code == 401
    assert fcm.state.store.arrivals() == []


@pytest.mark.parametrize(
    "message",
    [
        None,
        {},
        {"fid": ""},
        {"fid": "a", "token": "b"},
        {"topic": "all"},
        {"fid": "a", "data": {"n": 1}},
        {"fid": "a", "notification": {"body": "x" * 5000}},
    ],
)
def test_a_message_fcm_would_refuse_is_refused(fcm: Running, message: object) -> None:
    account = fcm.state.account.as_json(fcm.base_url)
    bearer = ask(fcm, jwt.encode(claims(account), account["private_key"], "RS256")).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    answer = httpx.post(f"{fcm.base_url}{SEND}", headers=headers, json={"message": message})
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert fcm.state.store.arrivals() == []


def test_a_name_that_is_not_this_machine_is_turned_away(fcm: Running) -> None:
    for path in ("/service-account.json", "/messages", "/faults"):
        assert httpx.get(f"{fcm.base_url}{path}", headers={"Host": "evil.example"}).status_code == 400


def test_what_a_phone_shows_is_one_alert_per_nid(fcm: Running, transport: FcmTransport) -> None:
    first, second = (Message(nid=nid, title=f"<b>{nid}</b>", body="Body") for nid in ("a1", "b2"))
    transport.send([(BEN, first)])
    transport.send([(BEN, second)])
    transport.send([(BEN, first)])
    transport.send([(Address("fid", "fid-of-dan"), first)])
    alerts = httpx.get(f"{fcm.base_url}/messages").json()
    assert [(a["address"], a["nid"], a["times_accepted"]) for a in alerts] == [
        ("fid-of-ben", "a1", 2),
        ("fid-of-ben", "b2", 1),
        ("fid-of-dan", "a1", 1),
    ]
    only = httpx.get(f"{fcm.base_url}/messages", params={"address": "fid-of-dan"}).json()
    assert [a["nid"] for a in only] == ["a1"]
    page = httpx.get(fcm.base_url).text
    assert "2 alerts, newest first" in page
    assert page.index("&lt;b&gt;b2") < page.index("&lt;b&gt;a1")
    assert "<b>a1" not in page
    assert "accepted 2 times" in page
    assert httpx.delete(f"{fcm.base_url}/messages").json() == []
    assert "No alert yet" in httpx.get(fcm.base_url).text


def test_a_restart_keeps_key_and_alerts(tmp_path: Path) -> None:
    with in_thread(tmp_path) as before:
        FcmTransport(account=from_dev_server(before.base_url), base_url=before.base_url).send(
            [(BEN, Message(nid="a1", title="T", body="B"))]
        )
        key = httpx.get(f"{before.base_url}/service-account.json").json()["private_key"]
    with (tmp_path / "messages.jsonl").open("a") as file:
        file.write('{"n": 2, "at": "20')  # killed while writing
    with in_thread(tmp_path) as after:
        assert [a["nid"] for a in httpx.get(f"{after.base_url}/messages").json()] == ["a1"]
        assert httpx.get(f"{after.base_url}/service-account.json").json()["private_key"] == key
        after.state.store.add(kind="fid", address="x", message={"data": {"nid": "b2"}})
    with in_thread(tmp_path) as again:
        assert [a.nid for a in again.state.store.arrivals()] == ["a1", "b2"]


def test_a_sender_that_outlives_the_server_sends_on(tmp_path: Path) -> None:
    with in_thread(tmp_path) as before:
        port = int(before.base_url.rsplit(":", 1)[1])
        channel = FcmTransport(account=from_dev_server(before.base_url), base_url=before.base_url)
        assert isinstance(channel.send([(BEN, Message(nid="a1", title="T", body="B"))])[0], Sent)
    with in_thread(tmp_path, port=port) as after:
        # the pooled connection died with the first server, so the first attempt may break; the bearer is unknown now
        outcomes = [channel.send([(BEN, Message(nid="b2", title="T", body="B"))])[0] for _ in range(2)]
        assert isinstance(outcomes[-1], Sent)
        assert "b2" in [a.nid for a in after.state.store.arrivals()]


def test_the_key_is_readable_by_its_owner_only(fcm: Running, tmp_path: Path) -> None:
    assert (tmp_path / "dev-fcm" / "service-account.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kind": "503"}, "a list"),
        (["503"], "an object"),
        ([{"kind": "418"}], "kind must be one of"),
        ([{"kind": "503", "times": 0}], "times"),
        ([{"kind": "503", "times": "2"}], "times"),
        ([{"kind": "429", "retry_after": -1}], "retry_after"),
        ([{"kind": "slow", "seconds": "long"}], "seconds"),
        ([{"kind": "404", "address": 5}], "address"),
        ([{"kind": "503"}, {"kind": "503", "tims": 2}], "unknown field tims"),
    ],
)
def test_a_fault_asked_for_wrongly_is_refused_whole(fcm: Running, asked: object, says: str) -> None:
    answer = httpx.post(f"{fcm.base_url}/faults", json=asked)
    assert answer.status_code == 400
    assert says in answer.json()["error"]
    assert httpx.get(f"{fcm.base_url}/faults").json() == []


def test_faults_are_listed_used_up_and_cleared(fcm: Running, transport: FcmTransport) -> None:
    asked = [{"kind": "503", "times": 2}, {"kind": "oauth_down"}]
    assert len(httpx.post(f"{fcm.base_url}/faults", json=asked).json()) == 2
    transport.send([(BEN, Message(nid="a1", title="T", body="B"))])  # meets oauth_down
    transport.send([(BEN, Message(nid="a1", title="T", body="B"))])  # meets the first 503
    assert [(f["kind"], f["times"]) for f in httpx.get(f"{fcm.base_url}/faults").json()] == [("503", 1)]
    assert httpx.delete(f"{fcm.base_url}/faults").json() == []
    assert httpx.post(f"{fcm.base_url}/faults", content=b"{").status_code == 400


def test_a_quota_is_counted_by_the_minute_and_says_when_the_next_begins(fcm: Running, transport: FcmTransport) -> None:
    assert httpx.post(f"{fcm.base_url}/quota", json={"per_minute": 2}).json() == {"per_minute": 2}
    three = [(BEN, Message(nid=nid, title="T", body="B")) for nid in ("a1", "b2", "c3")]
    now = clock.now()
    with clock.moved_to(now):
        transport.send(three[:1])
    with clock.moved_to(now + timedelta(seconds=20)):
        assert [type(one) for one in transport.send(three[1:2])] == [Sent]
        assert transport.send(three[2:]) == [
            Transient(40.0, "RESOURCE_EXHAUSTED: Quota exceeded for messages per minute.")
        ]
    with clock.moved_to(now + timedelta(seconds=60)):
        assert [type(one) for one in transport.send(three[2:])] == [Sent]
    for wrong in ({"per_minute": -1}, {"per_minute": "2"}, [2]):
        assert httpx.post(f"{fcm.base_url}/quota", json=wrong).status_code == 400
    assert httpx.post(f"{fcm.base_url}/quota", json={"per_minute": None}).json() == {"per_minute": None}


@pytest.mark.parametrize("name", ["UNREGISTERED", "SENDER_ID_MISMATCH"])
def test_faults_may_be_asked_for_by_their_names(fcm: Running, transport: FcmTransport, name: str) -> None:
    fcm.state.faults.add([{"kind": name}])
    assert isinstance(transport.send([(BEN, Message(nid="a1", title="T", body="B"))])[0], AddressGone)


def test_a_taken_port_is_one_clear_line(fcm: Running, tmp_path: Path) -> None:
    port = int(fcm.base_url.rsplit(":", 1)[1])
    with pytest.raises(SystemExit, match=f"cannot use port {port}: Address already in use"):
        run(port, tmp_path / "other")


def test_the_command_prints_a_line_for_each_alert_and_ends_quietly(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from pathlib import Path; from backend.notifications.devfcm.server import run; run({port}, Path({str(tmp_path)!r}))"
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, env={**os.environ, "PYTHONPATH": root}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    url = f"http://127.0.0.1:{port}"
    channel = FcmTransport(account=from_dev_server(url), base_url=url)
    told = Message(nid="c" * 32, title="Joe's\x1b[31m Deli", body="Ana moved it.")
    # On a busy machine an attempt may take longer than a phone's provider may, and is made again as the worker would.
    until(lambda: isinstance(channel.send([(BEN, told)])[0], Sent), "an alert that was taken")
    line = process.stdout.readline()
    assert "fid fid-of-ben  Joe's [31m Deli: Ana moved it.  (cccccccc)" in line
    assert "\x1b" not in line
    process.terminate()
    assert "Traceback" not in process.communicate(timeout=20)[1]


def test_alerts_name_customers_and_are_for_their_owner_alone(tmp_path: Path) -> None:
    Store(tmp_path / "dev-fcm" / "messages.jsonl").close()
    assert (tmp_path / "dev-fcm").stat().st_mode & 0o077 == 0
