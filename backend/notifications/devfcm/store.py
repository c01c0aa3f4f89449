"""What the server accepted, in arrival order, kept in one file of JSON lines."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from backend.kit import clock


@dataclass(frozen=True, slots=True)
class Accepted:
    """One arrival; `at` is ISO 8601 in UTC, `ttl` as FCM writes it ("86400s")."""

    n: int
    at: str
    kind: str
    address: str
    nid: str
    title: str
    body: str
    data: dict[str, str]
    category: str
    priority: str
    ttl: str


class Store:
    """Arrivals; a restart on the same file finds them again."""

    def __init__(self, path: Path) -> None:
        """Reads `path` if it is there; raises OSError when it can be neither read nor written."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._arrivals: list[Accepted] = []
        if path.exists():
            self._load()
        self._file = path.open("a", encoding="utf-8")

    def add(self, *, kind: str, address: str, message: dict[str, Any]) -> Accepted:
        """Keeps one accepted FCM v1 message."""
        android = message.get("android") or {}
        shown = message.get("notification") or {}
        data = dict(message.get("data") or {})
        arrival = Accepted(
            n=len(self._arrivals) + 1,
            at=clock.now().isoformat(timespec="milliseconds"),
            kind=kind,
            address=address,
            nid=str((android.get("notification") or {}).get("tag") or data.get("nid", "")),
            title=str(shown.get("title", "")),
            body=str(shown.get("body", "")),
            data=data,
            category=str(android.get("collapse_key", "")),
            priority=str(android.get("priority", "")),
            ttl=str(android.get("ttl", "")),
        )
        self._file.write(json.dumps(asdict(arrival)) + "\n")
        self._file.flush()
        self._arrivals.append(arrival)
        return arrival

    def arrivals(self) -> list[Accepted]:
        """Returns every acceptance, repeats included."""
        return list(self._arrivals)

    def alerts(self, address: str | None = None) -> list[dict[str, Any]]:
        """Returns what a phone would show: one entry per address and nid, with how often it was accepted."""
        seen: dict[tuple[str, str], dict[str, Any]] = {}
        for arrival in self._arrivals:
            if address is not None and arrival.address != address:
                continue
            key = (arrival.address, arrival.nid or str(arrival.n))
            before = seen.get(key)
            seen[key] = {
                **asdict(arrival),
                "n": before["n"] if before else arrival.n,
                "first_at": before["first_at"] if before else arrival.at,
                "times_accepted": (before["times_accepted"] if before else 0) + 1,
            }
        return list(seen.values())

    def clear(self) -> None:
        """Forgets all."""
        self._arrivals.clear()
        self._file.truncate(0)

    def close(self) -> None:
        """Gives the file back."""
        self._file.close()

    def _load(self) -> None:
        whole = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # the process was killed while writing it: the sender never heard it was accepted
                self._arrivals.append(Accepted(**json.loads(line)))
                whole += len(line)
        with self._path.open("r+b") as file:
            file.truncate(whole)
