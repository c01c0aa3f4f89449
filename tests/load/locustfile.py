"""What one phone of the force does, for locust, which runs it in an environment of its own: signs in, pulls, and then now and
then pushes a note, pulls what is new and asks for a list. One in five holds a socket and hears when to pull."""

import json
import os
import time
import uuid
from itertools import count
from typing import Any

import gevent  # type: ignore[import-untyped]
import websocket  # type: ignore[import-not-found]
from locust import FastHttpUser, between, events, task  # type: ignore[import-not-found]

EVERY = float(os.environ.get("LOAD_EVERY", "30"))
REPS = 50
SOCKET_EACH = 5

SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken refreshToken deviceId } } }"
REFRESH = "mutation ($t: String!) { refreshSession(refreshToken: $t) { session { accessToken refreshToken } } }"
PULL = (
    "query ($d: UUID!, $c: String) { syncPull(deviceId: $d, protocol: 2, cursor: $c, limit: 500) "
    "{ ops cursor complete more lastSeq reset } }"
)
PUSH = (
    "mutation ($d: UUID!, $m: [SyncMutationInput!]!) { syncPush(deviceId: $d, protocol: 2, mutations: $m) "
    "{ lastSeq halt results { status code } } }"
)
LIST = "{ accounts(first: 20) { nodes { id name tier address { city } contacts { fullName } } } }"
POKE = "subscription ($d: UUID!) { syncPoke(deviceId: $d) { reason } }"

_numbers = count()


class Phone(FastHttpUser):  # type: ignore[misc]
    """One device."""

    wait_time = between(EVERY * 2 / 3, EVERY * 4 / 3)
    network_timeout = 60.0
    connection_timeout = 60.0

    def on_start(self) -> None:
        """Signs in and pulls for the first time."""
        self.number = next(_numbers)
        self.seq, self.account = 0, ""
        self.cursor: str | None = None
        self.closed = False
        self.token = ""
        device = {"installKey": uuid.uuid4().hex, "platform": "android"}
        given = {"username": f"rep{self.number % REPS}", "password": "correct horse", "device": device}
        session = self.ask("signIn", SIGN_IN, i=given)["signIn"]["session"]
        self.token, self.refresh, self.device = session["accessToken"], session["refreshToken"], session["deviceId"]
        self.renewed = time.monotonic()
        self.pull("first pull")
        if self.number % SOCKET_EACH == 0:
            gevent.spawn(self.listen)

    def on_stop(self) -> None:
        """Hangs up."""
        self.closed = True

    @task  # type: ignore[untyped-decorator]
    def work(self) -> None:
        """One round."""
        if time.monotonic() - self.renewed > 200:
            session = self.ask("refreshSession", REFRESH, t=self.refresh)["refreshSession"]["session"]
            self.token, self.refresh = session["accessToken"], session["refreshToken"]
            self.renewed = time.monotonic()
        self.seq += 1
        args = {"accountId": self.account, "kind": "note", "subject": f"note {self.number}.{self.seq}", "body": ""}
        note = {
            "seq": self.seq,
            "id": str(uuid.uuid4()),
            "name": "activity.create",
            "entityId": str(uuid.uuid4()),
            "args": args,
        }
        self.ask("syncPush", PUSH, good=_applied, d=self.device, m=[note])
        self.pull("syncPull")
        self.ask("accounts", LIST)

    def pull(self, name: str) -> None:
        """Pulls until there is no more."""
        while True:
            page = self.ask(name, PULL, d=self.device, c=self.cursor)["syncPull"]
            self.cursor = page["cursor"]
            self.account = next((op["id"] for op in page["ops"] if op.get("entity") == "account"), self.account)
            if page["complete"] and not page["more"]:
                return

    def ask(self, name: str, query: str, good: Any = lambda data: True, **variables: Any) -> Any:
        """Returns data; anything else is a failure."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        body = {"query": query, "variables": variables}
        with self.client.post("/graphql", json=body, headers=headers, name=name, catch_response=True) as answer:
            told = json.loads(answer.text or "{}")
            if answer.status_code != 200 or "errors" in told or not good(told["data"]):
                answer.failure(f"{answer.status_code} {(answer.text or '')[:300]}")
            return told.get("data")

    def listen(self) -> None:
        """Holds a socket, and notes each word of it."""
        url = self.host.replace("http", "ws") + "/graphql"
        line = websocket.create_connection(url, subprotocols=["graphql-transport-ws"], timeout=60)
        line.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}}))
        payload = {"query": POKE, "variables": {"d": self.device}}
        line.recv()
        line.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        while not self.closed:
            try:
                frame = json.loads(line.recv() or "{}")
            except websocket.WebSocketTimeoutException:
                continue
            except (websocket.WebSocketException, OSError) as error:
                self._note("socket", error)
                return
            if frame.get("type") == "ping":
                line.send(json.dumps({"type": "pong"}))
            elif frame.get("type") == "next" and "errors" not in frame["payload"]:
                self._note("poke", None)
            else:
                self._note("poke", RuntimeError(str(frame)[:300]))
        line.close()

    def _note(self, name: str, error: Exception | None) -> None:
        events.request.fire(
            request_type="WS", name=name, response_time=0, response_length=0, exception=error, context={}
        )


def _applied(data: Any) -> bool:
    return all(one["status"] == "APPLIED" for one in data["syncPush"]["results"])
