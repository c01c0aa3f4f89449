"""The feeds of one process: what the tailer sees is told to whoever listens, each event authorised when it is told.

There is one for each event loop. What was committed comes batch by batch; of a batch each row is read once, for all who may
be told the same (reading), and the text is put on the lines of those who may have it."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from graphql import GraphQLSchema

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.logs import logger
from backend.schema.execution import Run
from backend.schema.feeds.kinds import Kind
from backend.schema.feeds.listener import Listener
from backend.schema.feeds.reading import good_among
from backend.schema.feeds.sights import Sights
from backend.schema.feeds.telling import Teller
from backend.schema.feeds.told import Resync, Told
from backend.schema.feeds.traced import told_within
from backend.sync import epoch
from backend.sync.feed_cursor import FeedCursor, seal
from backend.sync.live import Batch, Hub, Seen
from backend.sync.traced import Written, written
from backend.telemetry import tracing

MOST_BATCHES = 100

_log = logger("live")


@dataclass(eq=False, slots=True)
class Guard:
    """Somebody with an open line, and how it is cut."""

    actor: Actor
    cut: Callable[[], None]


class Feeds:
    """`run`: how the database is reached."""

    def __init__(self, hub: Hub, run: Run) -> None:
        self.sights = Sights(run)
        self._hub = hub
        self._run = run
        self._listeners: dict[UUID, dict[Kind, set[Listener]]] = defaultdict(lambda: defaultdict(set))
        self._guards: dict[UUID, set[Guard]] = defaultdict(set)
        self._schema: GraphQLSchema | None = None
        self._holders = 0
        self._batches: deque[Batch] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._position = ""
        self._epoch = ""

    @property
    def position(self) -> str:
        """Returns the snapshot up to which everything was told, or is being told to those who listened before."""
        if self._batches or self._worker is not None:
            return self._position
        return self._hub.position or self._position

    def cursor(self, org_id: UUID, base: str, target: str = "", after: str = "") -> str:
        """Returns a cursor from which somebody of the org may go on."""
        said = FeedCursor(self._epoch, base, clock.now().isoformat(timespec="seconds"), target, after)
        return seal(said, org_id, secret=settings.SECRET_KEY)

    @asynccontextmanager
    async def hold(self) -> AsyncIterator[None]:
        """Has the feeds follow the log for the length of the block."""
        self._holders += 1
        try:
            if self._holders == 1 or not self._position:
                self._epoch = await self._run(epoch.current)
                self._position = await self._hub.attach(self)
            yield
        finally:
            self._holders -= 1
            if not self._holders:
                self._hub.detach(self)
                self._position = ""

    @contextmanager
    def listening(self, listener: Listener, schema: GraphQLSchema) -> Iterator[None]:
        """Tells the listener what comes after `position`, for the length of the block."""
        self._schema = schema
        org_id = listener.reader.actor.org_id
        listeners = self._listeners[org_id][listener.kind]
        listeners.add(listener)
        try:
            yield
        finally:
            listeners.discard(listener)
            if not any(self._listeners[org_id].values()):
                del self._listeners[org_id]

    @asynccontextmanager
    async def guarding(self, actor: Actor, cut: Callable[[], None]) -> AsyncIterator[None]:
        """Calls `cut` as soon as the caller is no longer good: signed out, revoked, let go, or of another role."""
        guard = Guard(actor, cut)
        keys = {actor.user_id, *({actor.device_id} if actor.device_id else ())}
        async with self.hold():
            for key in keys:
                self._guards[key].add(guard)
            try:
                await self._ask({guard})
                yield
            finally:
                for key in keys:
                    self._guards[key].discard(guard)
                    if not self._guards[key]:
                        del self._guards[key]

    def offer(self, batch: Batch) -> None:
        """Takes a batch of the log."""
        self._batches.append(batch)
        if len(self._batches) > MOST_BATCHES:
            first, last = self._batches[0], self._batches[-1]
            self._batches.clear()
            self._batches.append(Batch(snapshot=last.snapshot, changes=(), overflow=True, base=first.base))
        if self._worker is None:
            self._worker = asyncio.create_task(self._work())

    def leave(self) -> None:
        """Nobody listens any more."""
        self._batches.clear()

    async def _work(self) -> None:
        try:
            while self._batches:
                batch = self._batches.popleft()
                # Who joins from now on finds this batch in the log.
                self._position = batch.snapshot
                if tracing.on() and (known := await self._written(batch)).commits:
                    with told_within(batch, known):
                        await self._tell(batch)
                else:
                    await self._tell(batch)
        finally:
            self._worker = None

    async def _written(self, batch: Batch) -> Written:
        if not (batch.base and self._listeners):
            return Written()
        try:
            return await self._run(written, batch.base, batch.snapshot)
        except DatabaseError as error:
            # What is told matters more than its trace.
            _log.warning("traces_not_read", error=type(error).__name__)
            return Written()

    async def _tell(self, batch: Batch) -> None:
        touched = {change.root for change in batch.changes if change.entity in ("~device", "user")}
        keys = list(self._guards) if batch.overflow else touched & self._guards.keys()
        if guards := {guard for key in keys for guard in self._guards[key]}:
            try:
                await self._ask(guards)
            except DatabaseError as error:
                # Whom we cannot ask about we cannot let go on.
                _log.error("guards_not_asked", error=type(error).__name__)
                for guard in guards:
                    guard.cut()
        by_org: dict[UUID, list[Seen]] = defaultdict(list)
        for change in batch.changes:
            by_org[change.org_id].append(change)
        for org_id, kinds in list(self._listeners.items()):
            if not (batch.overflow or by_org.get(org_id)):
                continue
            now = {kind: list(some) for kind, some in kinds.items() if some}
            try:
                await self._tell_org(org_id, now, by_org[org_id], batch)
            except DatabaseError as error:
                # The log goes on; who listens reads anew what could not be read now.
                _log.error("feeds_not_read", error=type(error).__name__)
                self._resync(now, org_id, batch, Resync.MISSED)

    async def _ask(self, guards: set[Guard]) -> None:
        good = await self._run(good_among, [guard.actor for guard in guards])
        for guard in guards:
            if guard.actor not in good:
                guard.cut()

    async def _tell_org(self, org_id: UUID, now: dict[Kind, list[Listener]], changes: list[Seen], batch: Batch) -> None:
        if batch.overflow:
            await self.sights.read_all(org_id)
            self._resync(now, org_id, batch, Resync.TOO_MANY)
            return
        moved = await self.sights.moved(org_id, changes)
        assert self._schema is not None
        for kind, listeners in now.items():
            teller = Teller(self._schema, self._run, kind, org_id, partial(self._in_batch, org_id, batch))
            await teller.tell(listeners, changes, moved)

    def _in_batch(self, org_id: UUID, batch: Batch, after: str | None) -> str:
        """Returns the cursor behind a row of a batch; "" before the first, None behind the last."""
        if after is None:
            return self.cursor(org_id, batch.snapshot)
        return self.cursor(org_id, batch.base, batch.snapshot, after) if after else self.cursor(org_id, batch.base)

    def _resync(self, now: dict[Kind, list[Listener]], org_id: UUID, batch: Batch, why: Resync) -> None:
        told = Told(self.cursor(org_id, batch.snapshot), resync=why)
        for listeners in now.values():
            for listener in listeners:
                listener.say(told)
