"""A scripted other end of the wire: it keeps to docs/sync.md and does what a test tells it to."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from mobile_client_stub.clock import new_id

ANA = {"id": new_id(), "username": "ana", "fullName": "Ana", "role": "rep"}
BEN = {"id": new_id(), "username": "ben", "fullName": "Ben", "role": "manager"}
PEOPLE = {"ana": ANA, "ben": BEN}
NOON = "2026-05-04T12:00:00+00:00"

Verdict = Callable[[dict[str, Any]], dict[str, Any] | None]


def put(entity: str, row: dict[str, Any], root: str) -> dict[str, Any]:
    """Returns a put."""
    return {"op": "put", "entity": entity, "id": row["id"], "root": root, "row": row}


def page(*ops: dict[str, Any], cursor: str | None, complete: bool = True, **more: Any) -> dict[str, Any]:
    """Returns the value of `syncPull`; its lastSeq is filled in by the server unless given."""
    usual = {"more": False, "lastSeq": None, "epoch": "e1", "serverTime": NOON, "reset": None, "counts": None}
    return {"ops": list(ops), "cursor": cursor, "complete": complete} | usual | more


def reset(reason: str) -> dict[str, Any]:
    """Returns a page that says to start over."""
    return page(cursor=None, complete=False, more=True, reset=reason)


def error(code: str, retry: str) -> dict[str, Any]:
    """Returns a GraphQL answer that is one error."""
    return {
        "data": None,
        "errors": [{"message": f"refused: {code}", "extensions": {"code": code, "retry": retry, "fields": {}}}],
    }


@dataclass
class Ledger:
    """What the server knows of one device."""

    last_seq: int = 0
    by_seq: dict[int, tuple[str, dict[str, Any]]] = field(default_factory=dict)


@dataclass
class Scripted:
    """The other end. `pages` maps the cursor that asks to the page that answers; a list is used up in order."""

    pages: dict[str | None, list[dict[str, Any]]] = field(default_factory=dict)
    verdict: Verdict = lambda mutation: None
    access: set[str] = field(default_factory=set)
    refresh: dict[str, str] = field(default_factory=dict)
    devices: dict[str, Ledger] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    extra: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)
    down: bool = False
    _made: int = 0

    def network(self) -> httpx.MockTransport:
        """Returns the network that leads here."""
        return httpx.MockTransport(self._handle)

    def names(self) -> list[str]:
        """Returns the operations called, in order."""
        return [name for name, _ in self.calls]

    def expire(self) -> None:
        """Ends all access tokens."""
        self.access.clear()

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("nothing listens there", request=request)
        body = json.loads(request.content)
        name, variables = body["operationName"], body["variables"]
        self.calls.append((name, variables))
        if scripted := self.answers.get(name):
            return httpx.Response(200, json=scripted.pop(0))
        signed = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if name not in ("SignIn", "RefreshSession") and signed not in self.access:
            return httpx.Response(200, json=error("TOKEN_EXPIRED", "AUTH"))
        handlers = {
            "SignIn": self._sign_in,
            "RefreshSession": self._refresh,
            "SyncPull": self._pull,
            "SyncPush": self._push,
        } | self.extra
        return httpx.Response(200, json={"data": handlers[name](variables)})

    def _session(self, device: str, refresh: str) -> dict[str, Any]:
        self._made += 1
        access = f"access-{self._made}"
        self.access.add(access)
        self.refresh[refresh] = device
        return {"accessToken": access, "accessExpiresAt": NOON, "refreshToken": refresh, "deviceId": device}

    def _sign_in(self, variables: dict[str, Any]) -> dict[str, Any]:
        given = variables["input"]
        device = f"device-of-{given['username']}-{given['device']['installKey']}"
        self.devices.setdefault(device, Ledger())
        session = self._session(device, f"refresh-{device}-0")
        return {"signIn": {"session": session | {"user": PEOPLE[given["username"]]}}}

    def _refresh(self, variables: dict[str, Any]) -> dict[str, Any]:
        token = variables["token"]
        stem, _, number = token.rpartition("-")
        return {"refreshSession": {"session": self._session(self.refresh[token], f"{stem}-{int(number) + 1}")}}

    def _pull(self, variables: dict[str, Any]) -> dict[str, Any]:
        waiting = self.pages[variables["cursor"]]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if answer["lastSeq"] is None:
            answer = answer | {"lastSeq": self.devices[variables["device"]].last_seq}
        return {"syncPull": answer}

    def _push(self, variables: dict[str, Any]) -> dict[str, Any]:
        ledger = self.devices[variables["device"]]
        results: list[dict[str, Any]] = []
        halt = None
        for mutation in variables["mutations"]:
            seq, told = mutation["seq"], json.dumps(mutation, sort_keys=True)
            if seq <= ledger.last_seq:
                before, answer = ledger.by_seq.get(seq, ("", {}))
                if before != told:
                    halt = "DEVICE_FORKED"
                    break
                results.append(answer | {"replayed": True})
            elif seq > ledger.last_seq + 1:
                halt = "SEQ_GAP"
                break
            else:
                judged = self.verdict(mutation) or {}
                usual: dict[str, Any] = {
                    "status": "APPLIED",
                    "code": None,
                    "message": None,
                    "fields": {},
                    "issueId": None,
                    "replayed": False,
                }
                answer = {"seq": seq, "id": mutation["id"]} | usual | judged
                ledger.by_seq[seq] = (told, answer)
                ledger.last_seq = seq
                self.effects.append(mutation["id"])
                results.append(answer)
        return {"syncPush": {"lastSeq": ledger.last_seq, "halt": halt, "message": None, "results": results}}
