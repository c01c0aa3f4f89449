"""What the person did and the server has not yet answered: stable ids, gapless numbers, kept through every reset."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mobile_client_stub.clock import Clock, iso, new_id
from mobile_client_stub.errors import NotNow
from mobile_client_stub.store import Store
from mobile_client_stub.wire import MUTATION_BYTES, PROTOCOL, PUSH_BYTES, PUSH_LIMIT, Answer, Row

JOURNAL = 500
"""How many settled mutations are kept, to be sent again should the server be restored from a backup."""

_COLUMNS = "seq, id, name, entity_id, body, client_time, depends_on, label, state, answer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mutation and where it stands.

    `state`: pending (not answered), answered (its effect is not in a pull yet), done, stranded (never to be sent)."""

    seq: int
    id: str
    name: str
    entity_id: str | None
    base: dict[str, Any]
    set: dict[str, Any]
    args: dict[str, Any]
    client_time: str
    depends_on: list[str]
    label: str
    state: str
    answer: dict[str, Any] | None = field(default=None)
    protocol: int = 1
    """The version it was made in: an outbox may outlive an update of this program. Version 1 did not write it down."""

    def wire(self) -> Row:
        """Returns it as `SyncMutationInput`: the same on every retry."""
        return {
            "seq": self.seq,
            "id": self.id,
            "name": self.name,
            "entityId": self.entity_id,
            "base": self.base,
            "set": self.set,
            "args": self.args,
            "clientTime": self.client_time,
            "dependsOn": self.depends_on,
            "protocol": self.protocol,
        }


class Outbox:
    """The mutations of one phone, in the order in which they were made."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(
        self,
        name: str,
        entity_id: str,
        *,
        label: str,
        base: Mapping[str, Any] | None = None,
        changes: Mapping[str, Any] | None = None,
        args: Mapping[str, Any] | None = None,
        after: Sequence[str] = (),
    ) -> Entry:
        """Adds a mutation under the next number; it depends on `after` and on whatever made the rows it names.

        Inside `store.writing()` several become one group: all are kept or none. Raises NotNow when it is too large."""
        said = {"base": dict(base or {}), "set": dict(changes or {}), "args": dict(args or {})}
        body = said | {"protocol": PROTOCOL}
        if len(json.dumps(body, ensure_ascii=False).encode(errors="replace")) > MUTATION_BYTES - 1024:
            raise NotNow("MUTATION_TOO_LARGE", "That is more than one message can carry (64 KiB); make it shorter.")
        with self._store.writing() as db:
            waits_for = [*after, *_makers(db, {entity_id, *_named(said["args"])})]
            values = [self._next_seq(db), new_id(), name, entity_id, json.dumps(body), iso(self._clock())]
            db.execute(
                f"INSERT INTO outbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'pending', NULL)",  # noqa: S608
                [*values, json.dumps(list(dict.fromkeys(waits_for))), label],
            )
            return self._entries("id = ?", values[1])[0]

    def _next_seq(self, db: sqlite3.Connection) -> int:
        (highest,) = db.execute("SELECT max(seq) FROM outbox").fetchone()
        return max(int(highest or 0), int(self._store.recall("sent_seq") or 0)) + 1

    def batch(self) -> list[Entry]:
        """Returns what to push next: at most 100 mutations and 512 KiB, oldest first."""
        chosen: list[Entry] = []
        size = 0
        for entry in self._entries("state = 'pending' ORDER BY seq LIMIT ?", PUSH_LIMIT):
            size += len(json.dumps(entry.wire()).encode())
            if chosen and size > PUSH_BYTES:
                break
            chosen.append(entry)
        return chosen

    def settle(self, answers: Sequence[Answer]) -> list[Entry]:
        """Keeps the answers; what was answered is never sent again. Returns the entries settled now."""
        with self._store.writing() as db:
            settled = [one for one in answers if self._settle(db, one)]
            sent = [int(self._store.recall("sent_seq") or 0), *(one.seq for one in settled)]
            self._store.remember(sent_seq=max(sent))
            db.execute("DELETE FROM outbox WHERE state = 'done' AND n <= (SELECT max(n) FROM outbox) - ?", [JOURNAL])
            ids = {one.id for one in settled}
            return [entry for entry in self._entries("state IN ('answered', 'done')") if entry.id in ids]

    def _settle(self, db: sqlite3.Connection, one: Answer) -> bool:
        # A pull may have brought the effect before this answer came; then there is nothing left to wait for.
        held = int(self._store.recall("held_seq") or 0)
        answer = {"status": one.status, "code": one.code, "message": one.message, "fields": one.fields}
        changed = db.execute(
            "UPDATE outbox SET state = ?, answer = ? WHERE id = ? AND state = 'pending'",
            ["done" if one.seq <= held else "answered", json.dumps(answer), one.id],
        )
        return changed.rowcount == 1

    def fill_gap(self, last_seq: int) -> None:
        """The server has answered up to `last_seq` only: sends again what it forgot, and closes holes in the numbers.

        Numbers above `last_seq` are unused there, so a mutation may take another one; its id never changes."""
        with self._store.writing() as db:
            db.execute(
                "UPDATE outbox SET state = 'pending', answer = NULL WHERE state IN ('answered', 'done') AND seq > ?",
                [last_seq],
            )
            rows = db.execute("SELECT n FROM outbox WHERE state = 'pending' AND seq > ? ORDER BY n", [last_seq])
            _number(db, [n for (n,) in rows.fetchall()], first=last_seq + 1)
            self._store.remember(sent_seq=last_seq)

    def requeue(self) -> None:
        """This device's numbers were used by a copy of it: gives everything unanswered new numbers from 1, same ids.

        What was answered keeps its effect on the screen until the next complete pull, which must be a whole one."""
        with self._store.writing() as db:
            db.execute("UPDATE outbox SET seq = 0 WHERE state <> 'pending'")
            rows = db.execute("SELECT n FROM outbox WHERE state = 'pending' ORDER BY n")
            _number(db, [n for (n,) in rows.fetchall()], first=1)
            self._store.remember(sent_seq=None, held_seq=None)

    def entries(self) -> list[Entry]:
        """Returns all that is not done, oldest first."""
        return self._entries("state <> 'done' ORDER BY n")

    def unsent(self) -> int:
        """Returns how many mutations wait for their answer."""
        return len(self._entries("state = 'pending'"))

    def journal(self) -> list[Entry]:
        """Returns the settled ones still remembered, oldest first."""
        return self._entries("state IN ('answered', 'done') ORDER BY n")

    def unseen(self) -> list[Entry]:
        """Returns those whose effect the replicated rows do not show yet, in order."""
        held = int(self._store.recall("held_seq") or 0)
        return self._entries("state IN ('pending', 'answered') AND (seq = 0 OR seq > ?) ORDER BY n", held)

    def _entries(self, where: str, *values: Any) -> list[Entry]:
        with self._store.reading() as db:
            found = db.execute(f"SELECT {_COLUMNS} FROM outbox WHERE {where}", values).fetchall()  # noqa: S608
        return [_entry(columns) for columns in found]


def _entry(columns: Sequence[Any]) -> Entry:
    seq, entry_id, name, entity_id, body, client_time, depends_on, label, state, answer = columns
    return Entry(
        seq=seq,
        id=entry_id,
        name=name,
        entity_id=entity_id,
        **json.loads(body),
        client_time=client_time,
        depends_on=json.loads(depends_on),
        label=label,
        state=state,
        answer=json.loads(answer) if answer else None,
    )


def _number(db: sqlite3.Connection, rows: list[int], *, first: int) -> None:
    # Twice, because a number may be taken by a row that is yet to give it up.
    db.executemany("UPDATE outbox SET seq = -n WHERE n = ?", ([n] for n in rows))
    db.executemany("UPDATE outbox SET seq = ? WHERE n = ?", ([seq, n] for seq, n in enumerate(rows, first)))


def _named(args: Mapping[str, Any]) -> set[str]:
    return {value for key, value in args.items() if key.endswith("Id") and isinstance(value, str)}


def _makers(db: sqlite3.Connection, ids: set[str]) -> list[str]:
    marks = ", ".join("?" * len(ids))
    found = db.execute(
        f"SELECT id FROM outbox WHERE state IN ('pending', 'answered') AND name LIKE '%.create' "  # noqa: S608
        f"AND entity_id IN ({marks}) ORDER BY n",
        sorted(ids),
    )
    return [maker for (maker,) in found.fetchall()]
