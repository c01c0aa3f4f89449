"""From a commit to whoever listens in this process, without a broker.

A tailer reads the change log every few milliseconds, by snapshot, so that no commit is missed whatever order they come
in; it wakes subscribers in memory. Each process has its own. It runs only while somebody listens.

When much changes at once (a bulk write, a change of scope for the whole org), the listeners that can wait are woken over a
minute, each at a moment of its own: thousands of phones that pull in the same second help nobody."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection

from backend.kit.logs import logger
from backend.telemetry import metrics

POLL_SECONDS = 0.02
FAULT_SECONDS = 1.0
BATCH = 5_000
HERD = 1_000
"""More changes than these at once wake those who can wait one after another."""
SCOPE_ENTITIES = frozenset({"~scope", "user", "territory"})

_log = logger("live")


@dataclass(frozen=True, slots=True)
class Seen:
    """A committed change as the log has it."""

    org_id: UUID
    entity: str
    entity_id: UUID
    root: UUID

    @property
    def for_all(self) -> bool:
        """Says that it stands for a change of many people's scope (see capture.MASS)."""
        return self.entity == "~scope" and self.root == self.org_id


@dataclass(frozen=True, slots=True)
class Batch:
    """What was committed between two looks at the log, the pg_snapshots `base` and `snapshot`; `overflow`: so much that the
    rest is not told, look yourself."""

    snapshot: str
    changes: tuple[Seen, ...]
    overflow: bool = False
    base: str = ""


class Listener(Protocol):
    """Whoever is offered all that is committed."""

    def offer(self, batch: Batch) -> None:
        """Takes from the batch what it wants; does not wait."""

    def leave(self) -> None:
        """Forgets what it was still to be told."""


def read_after(base: str | None) -> Batch:
    """Returns what was committed after a snapshot; with None, nothing but where the log stands now."""
    with connection.cursor() as cursor:
        if base is None:
            cursor.execute("SELECT pg_current_snapshot()::text")
            return Batch(snapshot=str(cursor.fetchone()[0]), changes=())
        # One statement, so that the new position and the rows come from the same snapshot.
        cursor.execute(
            "SELECT now.s::text, c.org_id, c.entity, c.entity_id, c.root "
            "FROM (SELECT pg_current_snapshot() AS s) now LEFT JOIN LATERAL ("
            "  SELECT org_id, entity, entity_id, root FROM sync_log"
            "  WHERE xid >= pg_snapshot_xmin(%(base)s::pg_snapshot)"
            "    AND NOT pg_visible_in_snapshot(xid, %(base)s::pg_snapshot) LIMIT %(limit)s) c ON TRUE",
            {"base": base, "limit": BATCH + 1},
        )
        rows = cursor.fetchall()
    seen = tuple(Seen(*row[1:]) for row in rows if row[1] is not None)
    return Batch(snapshot=rows[0][0], changes=seen[:BATCH], overflow=len(seen) > BATCH)


@dataclass(eq=False, slots=True)
class Subscriber:
    """One listener. What it has not taken yet is kept as a set, so a slow one costs no more than its own scope.

    `patient`: it is told up to SYNC_POKE_SPREAD seconds later of what concerns many at once."""

    wants: Callable[[Seen], bool]
    patient: bool = False
    waiting: dict[Seen, None] = field(default_factory=dict)
    overflow: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    alarm: asyncio.TimerHandle | None = None

    def offer(self, batch: Batch) -> None:
        """Takes from the batch what this listener wants."""
        wanted = [change for change in batch.changes if self.wants(change)]
        if self.patient and (batch.overflow or (wanted and len(batch.changes) > HERD)):
            self._later()
            return
        if self.patient and any(change.for_all for change in wanted):
            self._later()
            wanted = [change for change in wanted if not change.for_all]
        self.waiting.update(dict.fromkeys(wanted))
        if len(self.waiting) > BATCH:
            self.waiting.clear()
            self.overflow = True
            metrics.RESYNCS.add()
        self.overflow = self.overflow or batch.overflow
        if self.waiting or self.overflow:
            self.bell.set()

    def _later(self) -> None:
        if self.alarm is None:
            spread = random.uniform(0, settings.SYNC_POKE_SPREAD)  # noqa: S311 - it spreads load and keeps no secret
            self.alarm = asyncio.get_running_loop().call_later(spread, self._ring)

    def _ring(self) -> None:
        self.alarm = None
        self.overflow = True
        self.bell.set()

    def leave(self) -> None:
        """Forgets what it was still to be told."""
        if self.alarm is not None:
            self.alarm.cancel()

    async def next(self) -> tuple[list[Seen], bool]:
        """Waits, and returns the changes since the last call and whether there were too many to tell."""
        await self.bell.wait()
        self.bell.clear()
        changes, overflow = list(self.waiting), self.overflow
        self.waiting.clear()
        self.overflow = False
        return changes, overflow


class Hub:
    """The tailer of one process and its listeners."""

    def __init__(self, read: Callable[[str | None], Awaitable[Batch]]) -> None:
        self._read = read
        self._subscribers: set[Listener] = set()
        self._tailer: asyncio.Task[None] | None = None
        self._position: str | None = None

    @property
    def position(self) -> str | None:
        """Returns the snapshot up to which the log was read and offered; None while nobody listens."""
        return self._position

    @asynccontextmanager
    async def subscribe(self, wants: Callable[[Seen], bool], *, patient: bool = False) -> AsyncIterator[Subscriber]:
        """Listens from this moment: every commit after entering the block is told (see Subscriber)."""
        subscriber = Subscriber(wants, patient)
        await self.attach(subscriber)
        try:
            yield subscriber
        finally:
            self.detach(subscriber)

    async def attach(self, listener: Listener) -> str:
        """Has a listener offered every batch from now on; returns the snapshot after which the first of them begins."""
        if self._position is None:
            await self._begin()
        self._subscribers.add(listener)
        if self._tailer is None or self._tailer.done():
            self._tailer = asyncio.create_task(self._tail())
        assert self._position is not None
        return self._position

    def detach(self, listener: Listener) -> None:
        """Offers a listener nothing any more."""
        self._subscribers.discard(listener)
        listener.leave()

    async def _begin(self) -> None:
        start = (await self._read(None)).snapshot
        # Another may have begun meanwhile, from an earlier position that is owed to it.
        if self._position is None:
            self._position = start

    async def _tail(self) -> None:
        while self._subscribers:
            began = time.perf_counter()
            try:
                batch = await self._read(self._position)
            except Exception as error:  # noqa: BLE001 - the position stays: what was missed is told when it works again
                _log.error("tailer_failed", error=type(error).__name__)
                metrics.TAILER_FAULTS.add()
                await asyncio.sleep(FAULT_SECONDS)
                continue
            batch = replace(batch, base=self._position or batch.snapshot)
            self._position = batch.snapshot
            if batch.changes or batch.overflow:
                for subscriber in list(self._subscribers):
                    subscriber.offer(batch)
            metrics.TAILER_SECONDS.add(time.perf_counter() - began)
            await asyncio.sleep(POLL_SECONDS)
        self._position = None
