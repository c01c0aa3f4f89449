"""The replica in one SQLite file: rows, staged pages, position, session. A crash leaves the old state or the new one."""

import json
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mobile_client_stub.clock import new_id
from mobile_client_stub.errors import StubError
from mobile_client_stub.wire import Page, Row, Session

LAYOUT = 1
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rows (entity TEXT NOT NULL, id TEXT NOT NULL, root TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (entity, id));
CREATE INDEX rows_by_root ON rows (root);
CREATE INDEX rows_by_account ON rows (entity, json_extract(json, '$.accountId'));
CREATE TABLE staged (n INTEGER PRIMARY KEY, op TEXT NOT NULL);
CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    entity_id TEXT,
    body TEXT NOT NULL,
    client_time TEXT NOT NULL,
    depends_on TEXT NOT NULL,
    label TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'answered', 'done', 'stranded')),
    answer TEXT
);
CREATE UNIQUE INDEX outbox_seq_once ON outbox (seq) WHERE seq > 0;
"""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the replica stands. `held_seq`: the last own mutation whose effect is in the rows."""

    cursor: str | None
    staged_cursor: str | None
    staged: int
    held_seq: int
    epoch: str | None
    counts: dict[str, int] | None


class Overtaken(Exception):
    """Another process pulled meanwhile: read the position again."""


class Store:
    """One phone's file. Threads and processes may share it: every write is one immediate transaction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Tokens lie in it, so nobody else may read it, from the first byte on.
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StubError(
                f"This phone cannot be kept in {path.parent}: {error.strerror}; use another --home."
            ) from error
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._lay_out()

    def _lay_out(self) -> None:
        with self.writing() as db:
            (layout,) = db.execute("PRAGMA user_version").fetchone()
            if layout == 0:
                for statement in SCHEMA.split(";\n"):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {LAYOUT}")
            elif layout != LAYOUT:
                raise StubError(f"{self.path} was made by another version of this program; use another --home.")

    def close(self) -> None:
        """Closes the file; nothing is pending, as every write was committed."""
        with self._lock:
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a block inside a block belongs to the outer one."""
        with self._transaction("BEGIN IMMEDIATE") as db:
            yield db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Everything read inside is of one instant."""
        with self._transaction("BEGIN") as db:
            yield db

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._depth == 0:
                self._db.execute(begin)
            self._depth += 1
            try:
                yield self._db
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    def recall(self, key: str) -> Any:
        """Returns a remembered value, or None."""
        with self._lock:
            found = self._db.execute("SELECT value FROM meta WHERE key = ?", [key]).fetchone()
        return json.loads(found[0]) if found else None

    def remember(self, **values: Any) -> None:
        """Keeps JSON values under their names; None forgets."""
        with self.writing() as db:
            for key, value in values.items():
                if value is None:
                    db.execute("DELETE FROM meta WHERE key = ?", [key])
                else:
                    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [key, json.dumps(value)])

    def session(self) -> Session | None:
        """Returns who is signed in, or None."""
        kept = self.recall("session")
        return Session(**kept) if kept else None

    def keep_session(self, session: Session | None) -> None:
        """Keeps the tokens, or forgets them."""
        self.remember(session=asdict(session) if session else None)

    def position(self) -> Position:
        """Returns where the replica stands, as of one instant."""
        with self.reading() as db:
            (staged,) = db.execute("SELECT count(*) FROM staged").fetchone()
            return Position(
                cursor=self.recall("cursor"),
                staged_cursor=self.recall("staged_cursor"),
                staged=int(staged),
                held_seq=int(self.recall("held_seq") or 0),
                epoch=self.recall("epoch"),
                counts=self.recall("counts"),
            )

    def stage(self, asked_with: str | None, page: Page) -> bool:
        """Stages a page got for the cursor `asked_with`; when it completes a pull, swaps all staged pages in.

        Returns whether it did. Raises Overtaken when that cursor is no longer where the replica stands."""
        with self.writing() as db:
            before = self.position()
            if asked_with != (before.staged_cursor or before.cursor):
                raise Overtaken
            db.executemany("INSERT INTO staged (op) VALUES (?)", ([json.dumps(op)] for op in page.ops))
            if page.counts is not None:
                self.remember(counts=page.counts)
            if not page.complete:
                self.remember(staged_cursor=page.cursor)
                if page.ready is not None:
                    self._show_early(db, before, page.ready)
                return False
            self._swap_in(db, before, page)
            return True

    def _show_early(self, db: sqlite3.Connection, before: Position, ready: int) -> None:
        """Shows an empty phone what it needs for the coming days while the rest is on its way.

        The pages stay staged: what is shown now is replaced by what stands there when the pull is complete."""
        shown = self.recall("shown_early")
        (held,) = db.execute("SELECT EXISTS (SELECT 1 FROM rows)").fetchone()
        if before.cursor is not None or (held and shown is None) or (shown is not None and shown >= ready):
            return
        self._apply_staged(db, anew=True)
        self.remember(shown_early=ready)

    def _apply_staged(self, db: sqlite3.Connection, *, anew: bool) -> None:
        if anew:
            db.execute("DELETE FROM rows")
        for (text,) in db.execute("SELECT op FROM staged ORDER BY n").fetchall():
            _apply(db, json.loads(text))

    def _swap_in(self, db: sqlite3.Connection, before: Position, page: Page) -> None:
        self._apply_staged(db, anew=before.cursor is None)
        db.execute("DELETE FROM staged")
        if before.epoch is not None and before.epoch != page.epoch:
            # The server was restored from a backup: what it forgot is sent again.
            db.execute(
                "UPDATE outbox SET state = 'pending', answer = NULL WHERE state IN ('answered', 'done') AND seq > ?",
                [page.last_seq],
            )
        db.execute("UPDATE outbox SET state = 'done' WHERE state = 'answered' AND seq <= ?", [page.last_seq])
        self.remember(
            cursor=page.cursor, staged_cursor=None, held_seq=page.last_seq, epoch=page.epoch, counts=None,
            last_sync=page.server_time, shown_early=None,
        )  # fmt: skip

    def forget_staged(self) -> None:
        """Throws the staged pages away; the rows and the last complete cursor stay."""
        with self.writing() as db:
            db.execute("DELETE FROM staged")
            self.remember(staged_cursor=None, counts=None)

    def start_over(self) -> None:
        """Gives the cursor up, so that the next pull is whole. The rows are replaced in the transaction that ends it:
        until then the person goes on seeing the old ones. The outbox stays."""
        with self.writing():
            self.forget_staged()
            self.remember(cursor=None)

    def install_key(self, username: str) -> str:
        """Returns the key of this installation for a person: the same each time, until it is revoked or given up."""
        with self.writing():
            keys = self.recall("install_keys") or {}
            key = keys.setdefault(username.casefold(), new_id())
            self.remember(install_keys=keys)
            return str(key)

    def wipe(self) -> None:
        """This device was revoked: deletes all that was replicated, the session and the installation's keys.

        Unsent work stays to be read, and is never sent."""
        with self.writing() as db:
            db.execute("DELETE FROM rows")
            db.execute("UPDATE outbox SET state = 'stranded' WHERE state = 'pending'")
            db.execute("UPDATE outbox SET seq = 0")
            self.start_over()
            self.remember(
                shown_early=None,
                session=None,
                install_keys=None,
                device_id=None,
                held_seq=None,
                sent_seq=None,
                epoch=None,
                last_sync=None,
            )

    def hand_over(self, username: str) -> None:
        """Another person takes this phone: nothing of the one before stays, not even the key to their device."""
        with self.writing() as db:
            key = self.install_key(username)
            self.wipe()
            db.execute("DELETE FROM outbox")
            self.remember(install_keys={username.casefold(): key})

    def rows(self, entity: str) -> list[Row]:
        """Returns all replicated rows of an entity."""
        return self._select("SELECT json FROM rows WHERE entity = ?", entity)

    def rows_of_account(self, entity: str, account_id: str) -> list[Row]:
        """Returns the replicated rows of an entity that name the account."""
        return self._select(
            "SELECT json FROM rows WHERE entity = ? AND json_extract(json, '$.accountId') = ?", entity, account_id
        )

    def row(self, entity: str, row_id: str) -> Row | None:
        """Returns one replicated row, or None."""
        found = self._select("SELECT json FROM rows WHERE entity = ? AND id = ?", entity, row_id)
        return found[0] if found else None

    def sizes(self) -> dict[str, int]:
        """Returns how many rows of each entity are held."""
        with self._lock:
            return dict(
                self._db.execute("SELECT entity, count(*) FROM rows GROUP BY entity ORDER BY entity").fetchall()
            )

    def contents(self) -> dict[tuple[str, str], Row]:
        """Returns every replicated row by (entity, id), for comparing two phones."""
        with self._lock:
            found = self._db.execute("SELECT entity, id, json FROM rows").fetchall()
        return {(entity, row_id): json.loads(text) for entity, row_id, text in found}

    def _select(self, sql: str, *values: str) -> list[Row]:
        with self._lock:
            return [json.loads(text) for (text,) in self._db.execute(sql, values).fetchall()]


def _apply(db: sqlite3.Connection, op: Row) -> None:
    match op["op"]:
        case "put":
            values = [op["entity"], op["id"], op["root"], json.dumps(op["row"])]
            db.execute("INSERT OR REPLACE INTO rows (entity, id, root, json) VALUES (?, ?, ?, ?)", values)
        case "del":
            db.execute("DELETE FROM rows WHERE entity = ? AND id = ?", [op["entity"], op["id"]])
        case "evict":
            db.execute("DELETE FROM rows WHERE root = ?", [op["root"]])
        case unknown:
            raise StubError(f"This program is too old: it does not know the operation {unknown}.")
