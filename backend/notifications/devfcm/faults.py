"""Faults that a test or a curious developer asks the server for."""

from dataclasses import asdict, dataclass
from typing import Any

SENDING = ("429", "503", "500", "404", "403", "401", "400", "cut", "slow")
KINDS = (*SENDING, "oauth_down")

_ANSWERS = {
    "429": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "503": (503, "UNAVAILABLE", "UNAVAILABLE"),
    "500": (500, "INTERNAL", "INTERNAL"),
    "404": (404, "NOT_FOUND", "UNREGISTERED"),
    "403": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "401": (401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"),
    "400": (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"),
}


class FaultRefusedError(Exception):
    """The request for a fault cannot be understood; the message says which field."""


@dataclass(slots=True)
class Fault:
    """What will go wrong, how many more times, and (if set) only for one address."""

    kind: str
    times: int = 1
    retry_after: int | None = None
    seconds: float = 30.0
    address: str | None = None


class Faults:
    """A queue: the first fault that fits a request is the one it meets."""

    def __init__(self) -> None:
        self._queue: list[Fault] = []

    def add(self, asked: object) -> list[Fault]:
        """Takes a JSON list of {kind, times, retry_after, seconds, address}; raises FaultRefusedError and then adds none."""
        if not isinstance(asked, list):
            raise FaultRefusedError("a list of faults is expected")
        fresh = [_read(item) for item in asked]
        self._queue += fresh
        return fresh

    def take(self, *, address: str | None) -> Fault | None:
        """Uses up one fault for a message to `address`, or for the token endpoint when that is None."""
        for fault in self._queue:
            fits = (
                fault.kind == "oauth_down"
                if address is None
                else fault.kind != "oauth_down" and fault.address in (None, address)
            )
            if fits:
                fault.times -= 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None

    def clear(self) -> None:
        """Forgets what was still to go wrong."""
        self._queue.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """Returns what is still to go wrong."""
        return [asdict(fault) for fault in self._queue]


def answer(kind: str, message: str) -> tuple[int, dict[str, Any]]:
    """Returns the status and the body that FCM v1 gives for one of the numbered faults."""
    status, code, fcm_code = _ANSWERS[kind]
    detail = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": fcm_code}
    return status, {"error": {"code": status, "message": message, "status": code, "details": [detail]}}


def _read(item: object) -> Fault:
    if not isinstance(item, dict):
        raise FaultRefusedError("each fault is an object")
    unknown = set(item) - {"kind", "times", "retry_after", "seconds", "address"}
    if unknown:
        raise FaultRefusedError(f"unknown field {sorted(unknown)[0]}")
    kind = str(item.get("kind", ""))
    if kind not in KINDS:
        raise FaultRefusedError(f"kind must be one of {', '.join(KINDS)}")
    times, retry_after, seconds = item.get("times", 1), item.get("retry_after"), item.get("seconds", 30)
    if not isinstance(times, int) or times < 1:
        raise FaultRefusedError("times must be a whole number from 1")
    if retry_after is not None and (not isinstance(retry_after, int) or retry_after < 0):
        raise FaultRefusedError("retry_after must be a whole number of seconds")
    if not isinstance(seconds, int | float) or seconds < 0:
        raise FaultRefusedError("seconds must be a number from 0")
    address = item.get("address")
    if address is not None and not isinstance(address, str):
        raise FaultRefusedError("address must be text")
    return Fault(kind, times, retry_after, float(seconds), address)
