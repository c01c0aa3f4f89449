"""The real pywebpush against the local push service: each message is for one browser's eyes, and is posted once."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.devpush.server import Running, in_thread
from backend.notifications.transports.base import AddressGone, Message, Outcome, Permanent, Sent, Transient, Unknown
from backend.notifications.transports.webpush.subscription import SubscriptionRefusedError, allowing, parse
from backend.notifications.transports.webpush.transport import WebPushTransport
from backend.notifications.transports.webpush.vapid import Vapid, kept_key, new_key
from tests.notifications.browser import Browser

CONTACT = "mailto:ops@example.com"
US = Vapid(new_key(), CONTACT)


@pytest.fixture(scope="module")
def push(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local push service; each test has browsers of its own."""
    with in_thread(tmp_path_factory.mktemp("dev-push")) as running:
        yield running


@pytest.fixture
def transport(push: Running) -> Iterator[WebPushTransport]:
    """Our side, told to wait for half a second at most."""
    with_faults_gone = push.state.faults
    with_faults_gone.clear()
    push.state.store.messages.clear()
    channel = WebPushTransport(vapid=US, allowed=allowing([], push.base_url), timeout=0.5, trust_env=False)
    yield channel
    channel.close()


def alert(**fields: Any) -> Message:
    return Message(nid=new_id().hex, title="Joe's Deli: Won", body="Ana moved it. 住所", category="deal", **fields)


def send_one(transport: WebPushTransport, ben: Browser, message: Message | None = None) -> Outcome:
    [outcome] = transport.send([(ben.address, message or alert())])
    return outcome


def test_bens_browser_reads_the_alert_and_cys_cannot(push: Running, transport: WebPushTransport) -> None:
    ben, cy = Browser(push, US.public_key), Browser(push, US.public_key)
    message = alert(data={"entity": "opportunity"}, priority="high", ttl=600)
    outcome = send_one(transport, ben, message)
    [taken] = push.state.store.messages
    assert outcome == Sent(f"{push.base_url}/message/{taken.id}")
    assert (taken.to, taken.ttl, taken.urgency, taken.topic) == (ben.subscribed, 600, "high", message.nid)
    assert ben.read(taken) == {
        "nid": message.nid,
        "category": "deal",
        "data": {"entity": "opportunity", "nid": message.nid},
        "title": "Joe's Deli: Won",
        "body": "Ana moved it. 住所",
        "lang": "en",
    }
    with pytest.raises(Exception, match=r"InvalidTag|decrypt|tag|Decryption"):
        cy.read(taken)


def test_a_wake_says_nothing_that_could_be_shown(push: Running, transport: WebPushTransport) -> None:
    ben = Browser(push)
    message = alert(wake=True)
    send_one(transport, ben, message)
    read = ben.read(push.state.store.messages[-1])
    assert read == {"nid": message.nid, "category": "deal", "data": {"nid": message.nid}, "wake": True}


@pytest.mark.parametrize(
    ("fault", "outcome", "retry_after"),
    [
        ({"kind": "429", "retry_after": 7}, Transient, 7.0),
        ({"kind": "429"}, Transient, 60.0),
        ({"kind": "503", "retry_after": 3}, Transient, 3.0),
        ({"kind": "500"}, Transient, None),
        ({"kind": "404"}, AddressGone, None),
        ({"kind": "410"}, AddressGone, None),
        ({"kind": "413"}, Permanent, None),
        ({"kind": "400"}, Permanent, None),
        ({"kind": "401"}, Transient, 300.0),
        ({"kind": "307"}, Permanent, None),  # where it leads was never judged; followed, it would end in a 410
    ],
)
def test_a_refusal_is_named_and_asked_for_once(
    push: Running,
    transport: WebPushTransport,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, object],
    outcome: type[Outcome],
    retry_after: float | None,
) -> None:
    monkeypatch.setattr(time, "sleep", _nobody_sleeps)
    push.state.faults.add([fault])
    ben = Browser(push)
    found = send_one(transport, ben)
    assert type(found) is outcome
    assert getattr(found, "retry_after", None) == retry_after
    assert (push.state.faults.as_json(), push.state.store.messages) == ([], [])
    assert isinstance(send_one(transport, ben), Sent)


@pytest.mark.parametrize("fault", [{"kind": "cut"}, {"kind": "slow", "seconds": 5}])
def test_an_answer_that_never_came_is_unknown_and_sent_again_replaces(
    push: Running, transport: WebPushTransport, fault: dict[str, object]
) -> None:
    push.state.faults.add([fault])
    ben, message = Browser(push), alert()
    assert isinstance(send_one(transport, ben, message), Unknown)
    assert len(push.state.store.messages) == 1
    assert isinstance(send_one(transport, ben, message), Sent)
    assert [one.topic for one in push.state.store.waiting(ben.subscribed.agent)] == [message.nid]


def test_a_browser_that_unsubscribed_is_gone(push: Running, transport: WebPushTransport) -> None:
    ben = Browser(push)
    push.state.store.unsubscribe(ben.subscribed.agent, ben.subscribed.channel)
    assert isinstance(send_one(transport, ben), AddressGone)


def test_another_key_than_the_browser_subscribed_with_is_told_to_us_not_to_the_address(
    push: Running, transport: WebPushTransport
) -> None:
    found = send_one(transport, Browser(push, Vapid(new_key(), CONTACT).public_key))
    assert found == Transient(300.0, "403: the browser subscribed with another VAPID key")


def test_in_a_batch_each_browser_gets_its_own_outcome(push: Running, transport: WebPushTransport) -> None:
    ben, gone = Browser(push), Browser(push)
    push.state.store.unsubscribe(gone.subscribed.agent, gone.subscribed.channel)
    found = transport.send([((gone if n == 7 else ben).address, alert()) for n in range(30)])
    assert [n for n, one in enumerate(found) if isinstance(one, AddressGone)] == [7]
    assert sum(isinstance(one, Sent) for one in found) == 29


def test_what_does_not_fit_is_never_posted(push: Running, transport: WebPushTransport) -> None:
    found = send_one(transport, Browser(push), alert(data={"more": "x" * 4000}))
    assert isinstance(found, Permanent)
    assert push.state.store.messages == []


def test_a_service_that_is_not_there_took_nothing(push: Running, transport: WebPushTransport, tmp_path: Path) -> None:
    with in_thread(tmp_path) as other:
        ben = Browser(other)
        url = other.base_url
    away = WebPushTransport(vapid=US, allowed=allowing([], url), timeout=0.5, trust_env=False)
    assert isinstance(send_one(away, ben), Transient)
    away.close()


def test_only_push_services_that_are_named_are_ever_called(push: Running, transport: WebPushTransport) -> None:
    ben = Browser(push)
    judge = allowing(["updates.push.services.mozilla.com", "*.push.apple.com"], None)
    strict = WebPushTransport(vapid=US, allowed=judge, timeout=0.5, trust_env=False)
    assert isinstance(send_one(strict, ben), Permanent)
    assert push.state.store.messages == []
    strict.close()
    for endpoint, good in (
        ("https://updates.push.services.mozilla.com/wpush/v2/x", True),
        ("https://web.push.apple.com/x", True),
        ("https://updates.push.services.mozilla.com:443/x", True),
        ("http://updates.push.services.mozilla.com/x", False),
        ("https://updates.push.services.mozilla.com:8443/x", False),
        ("https://updates.push.services.mozilla.com.evil.example/x", False),
        ("https://updates.push.services.mozilla.com@169.254.169.254/x", False),
        ("https://169.254.169.254\\@updates.push.services.mozilla.com/x", False),
        ("https://evilpush.apple.com/x", False),
        ("https://push.apple.com/x", False),
        ("https://127.0.0.1/x", False),
        ("https://[::1]/x", False),
        ("https://[/x", False),
        ("file:///etc/passwd", False),
        (f"{push.base_url}/push/x", False),
    ):
        assert judge(endpoint) is good, endpoint
    ours = allowing([], push.base_url)
    assert ours(f"{push.base_url}/push/x")
    assert not ours(f"{push.base_url}0/push/x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fid-of-ben", "not the JSON"),
        ("[1]", "not the JSON"),
        ("[" * 3000, "not the JSON"),
        ("{}", "endpoint"),
        ('{"endpoint": "https://a b"}', "endpoint"),
        ('{"endpoint": "https://a.example/x"}', "p256dh"),
        ('{"endpoint": "https://a.example/x", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}', "p256dh"),
        ('{"endpoint": "https://a.example/x", "p256dh": "B' + "A" * 86 + '", "auth": "' + "A" * 22 + '"}', "curve"),
    ],
)
def test_what_is_no_subscription_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match=says):
        parse(text)


def test_a_subscription_has_one_text_however_the_browser_writes_it(push: Running) -> None:
    ben = Browser(push)
    once = parse(ben.subscription)
    assert parse(once.canonical()) == once
    assert parse(once.canonical()).canonical() == once.canonical()


def test_a_signature_is_used_again_and_renewed_before_it_runs_out(push: Running, transport: WebPushTransport) -> None:
    first = US.authorization(push.base_url)
    assert US.authorization(push.base_url) == first
    with clock.moved_to(clock.now() + timedelta(hours=11, minutes=1)):
        assert US.authorization(push.base_url) != first


def test_the_key_is_made_once_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    made = kept_key(tmp_path / "data" / "vapid_key")
    assert kept_key(tmp_path / "data" / "vapid_key") == made
    assert (tmp_path / "data" / "vapid_key").stat().st_mode & 0o777 == 0o600
    assert Vapid(made, CONTACT).public_key == Vapid(made, CONTACT).public_key


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "vapid t=a.b.c,k=AAAA"}, 401),
        ({"authorization": "of another service"}, 401),
        ({"authorization": "too old"}, 401),
        ({"ttl": ""}, 400),
        ({"topic": "x" * 33}, 400),
        ({"urgency": "soon"}, 400),
        ({"content-encoding": "aesgcm"}, 400),
    ],
)
def test_the_local_service_believes_nobody_unsigned(push: Running, changed: dict[str, str], status: int) -> None:
    ben = Browser(push)
    headers = {"authorization": US.authorization(push.base_url), "ttl": "60", "content-encoding": "aes128gcm"}
    if changed == {"authorization": "of another service"}:
        changed = {"authorization": US.authorization("https://else.example")}
    if changed == {"authorization": "too old"}:
        with clock.moved_to(clock.now() - timedelta(hours=13)):
            changed = {"authorization": Vapid(new_key(), CONTACT).authorization(push.base_url)}
    good = httpx.post(ben.endpoint, headers=headers, content=b"x", trust_env=False)
    assert good.status_code == 201
    refused = httpx.post(ben.endpoint, headers=headers | changed, content=b"x", trust_env=False)
    assert refused.status_code == status, refused.text


def _nobody_sleeps(seconds: float) -> None:
    raise AssertionError(f"a worker slept {seconds} s inside a call")
