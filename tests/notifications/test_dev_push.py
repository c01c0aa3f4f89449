"""The local push service as a browser meets it: autopush's protocol over a WebSocket."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from backend.kit.ids import new_id
from backend.notifications.devpush.server import Running, in_thread, run
from backend.notifications.transports.webpush.vapid import Vapid, new_key

US = Vapid(new_key(), "mailto:ops@example.com")


@pytest.fixture
def push(tmp_path: Path) -> Iterator[Running]:
    """A local push service of this test."""
    with in_thread(tmp_path / "dev-push") as running:
        yield running


def line(push: Running) -> ClientConnection:
    return connect(push.base_url.replace("http", "ws"), subprotocols=[Subprotocol("push-notification")], proxy=None)


def ask(browser: ClientConnection, **said: Any) -> dict[str, Any]:
    browser.send(json.dumps(said))
    return heard(browser)


def heard(browser: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(browser.recv(timeout=10))
    return told


def post(push: Running, endpoint: str, topic: str, ttl: int = 60) -> httpx.Response:
    headers = {"authorization": US.authorization(push.base_url), "ttl": str(ttl), "content-encoding": "aes128gcm"}
    return httpx.post(endpoint, headers=headers | {"topic": topic}, content=b"secret", trust_env=False)


def test_a_browser_that_is_there_hears_at_once_and_one_that_was_away_when_it_comes_back(push: Running) -> None:
    channel = str(new_id())
    with line(push) as browser:
        hello = ask(browser, messageType="hello", uaid="", use_webpush=True)
        assert (hello["status"], hello["use_webpush"]) == (200, True)
        made = ask(browser, messageType="register", channelID=channel, key=US.public_key)
        assert (made["status"], made["channelID"]) == (200, channel)
        assert post(push, made["pushEndpoint"], "now").status_code == 201
        told = heard(browser)
        assert (told["messageType"], told["channelID"], told["data"]) == ("notification", channel, "c2VjcmV0")
        assert told["headers"] == {"encoding": "aes128gcm"}
        acked = {"channelID": channel, "version": told["version"], "code": 100}
        browser.send(json.dumps({"messageType": "ack", "updates": [acked]}))
        assert ask(browser) == {}  # what is asked is answered in turn, so the word before it was heard
    assert [one.acked for one in push.state.store.messages] == [100]

    for topic in ("late", "later", "late"):
        assert post(push, made["pushEndpoint"], topic).status_code == 201
    assert post(push, made["pushEndpoint"], "never", ttl=0).status_code == 201
    time.sleep(0.01)  # a message without time to live has passed
    with line(push) as browser:
        assert ask(browser, messageType="hello", uaid=hello["uaid"], use_webpush=True)["uaid"] == hello["uaid"]
        waiting = [heard(browser)["version"] for _ in range(2)]
        assert ask(browser) == {}
    assert [one.topic for one in push.state.store.messages if one.id in waiting] == ["later", "late"]


def test_a_restart_keeps_who_subscribed_and_a_stranger_gets_a_name_of_its_own(tmp_path: Path) -> None:
    channel = str(new_id())
    with in_thread(tmp_path) as before, line(before) as browser:
        agent = ask(browser, messageType="hello", uaid="", use_webpush=True)["uaid"]
        endpoint = ask(browser, messageType="register", channelID=channel)["pushEndpoint"]
        port = int(before.base_url.rsplit(":", 1)[1])
    with in_thread(tmp_path, port=port) as after:
        with line(after) as browser:
            assert ask(browser, messageType="hello", uaid=agent, use_webpush=True)["uaid"] == agent
            assert post(after, endpoint, "now").status_code == 201
            assert heard(browser)["channelID"] == channel
            assert ask(browser, messageType="unregister", channelID=channel, code=200)["status"] == 200
            assert post(after, endpoint, "now").status_code == 410
        with line(after) as browser:
            assert ask(browser, messageType="hello", uaid="guessed", use_webpush=True)["uaid"] != "guessed"


def test_faults_are_asked_for_and_pages_show_no_secret(push: Running) -> None:
    asked = httpx.post(f"{push.base_url}/faults", json=[{"kind": "429", "retry_after": 9}], trust_env=False)
    assert asked.json()[0]["retry_after"] == 9
    assert httpx.post(f"{push.base_url}/faults", json=[{"kind": "oauth_down"}], trust_env=False).status_code == 400
    assert httpx.delete(f"{push.base_url}/faults", trust_env=False).json() == []
    assert "0 messages" in httpx.get(push.base_url, trust_env=False).text
    assert httpx.get(push.base_url, headers={"Host": "evil.example"}, trust_env=False).status_code == 400


def test_a_taken_port_is_one_clear_line(push: Running, tmp_path: Path) -> None:
    port = int(push.base_url.rsplit(":", 1)[1])
    with pytest.raises(SystemExit, match=f"cannot use port {port}: Address already in use"):
        run(port, tmp_path / "other")
