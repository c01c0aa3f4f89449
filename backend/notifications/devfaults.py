"""Faults that a test or a curious developer asks a local server for."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

APART = "oauth_down"
"""The one that no message meets: it is for who asks for a bearer."""


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

    def __init__(self, kinds: Collection[str]) -> None:
        """`kinds` are the faults that this server knows."""
        self._kinds = kinds
        self._queue: list[Fault] = []

    def add(self, asked: object) -> list[Fault]:
        """Takes a JSON list of {kind, times, retry_after, seconds, address}; raises FaultRefusedError and then adds none."""
        if not isinstance(asked, list):
            raise FaultRefusedError("a list of faults is expected")
        fresh = [self._read(item) for item in asked]
        self._queue += fresh
        return fresh

    def take(self, *, address: str | None) -> Fault | None:
        """Uses up one fault for a message to `address`, or for the token endpoint when that is None."""
        for fault in self._queue:
            fits = fault.kind == APART if address is None else fault.kind != APART and fault.address in (None, address)
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

    def _read(self, item: object) -> Fault:
        if not isinstance(item, dict):
            raise FaultRefusedError("each fault is an object")
        unknown = set(item) - {"kind", "times", "retry_after", "seconds", "address"}
        if unknown:
            raise FaultRefusedError(f"unknown field {sorted(unknown)[0]}")
        kind = str(item.get("kind", ""))
        if kind not in self._kinds:
            raise FaultRefusedError(f"kind must be one of {', '.join(self._kinds)}")
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
