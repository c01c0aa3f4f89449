"""One subscription to a feed: what it is told, by text where that can be, else by its resolvers, in one order and bounded."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from backend.schema.feeds.kinds import Kind
from backend.schema.feeds.line import MESSAGE, Outlet
from backend.schema.feeds.reading import Reader
from backend.schema.feeds.sights import Sight
from backend.schema.feeds.told import Resync, Told
from backend.schema.feeds.traced import message
from backend.telemetry import metrics, tracing

MOST_WAITING = 500
"""So many events wait for one subscription; who has more waiting is told to read anew."""

MOST_REMEMBERED = 2_000


@dataclass(eq=False, slots=True)
class Listener:
    """`position`: gives the cursor of where the feed is. `held`: what is told while it still catches up; None when it does
    not. `waiting`: what its resolvers are to say, with the spans of that; `saying`: the span of what they say now. `lost`: it did
    not keep up, and is told nothing until it has been told so."""

    kind: Kind
    reader: Reader
    sight: Sight
    outlet: Outlet | None
    position: Callable[[], str]
    held: list[tuple[Told, str | None]] | None = None
    waiting: deque[tuple[Told, tracing.Open]] = field(default_factory=deque)
    saying: tracing.Open = tracing.NOTHING
    busy: bool = False
    lost: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    gone: set[UUID] = field(default_factory=set)

    def tell(self, told: Told, payload: str | None) -> None:
        """Tells an event, now or as soon as it has caught up; `payload`: its text, None when only resolvers can say it."""
        if self.held is None:
            self.tell_now(told, payload)
        elif len(self.held) < MOST_WAITING:
            self.held.append((told, payload))
        else:
            self.held = [(Told(self.position(), resync=Resync.TOO_MANY), None)]

    def tell_now(self, told: Told, payload: str | None) -> None:
        """Tells an event that comes before all that is held."""
        if self.lost:
            return
        if payload is not None and self.outlet is not None and not (self.waiting or self.busy):
            if not self._put(self.outlet, payload, told):
                self._lose()
        elif len(self.waiting) < MOST_WAITING:
            self.waiting.append((told, message(self.kind.entity, told.id) if tracing.on() else tracing.NOTHING))
            self.bell.set()
        else:
            self._lose()

    def _put(self, outlet: Outlet, payload: str, told: Told) -> bool:
        if not tracing.on():
            return outlet.put(payload)
        before = MESSAGE.set(message(self.kind.entity, told.id))
        try:
            return outlet.put(payload)
        finally:
            MESSAGE.reset(before)

    def say(self, told: Told) -> None:
        """Tells an event that shows no row."""
        self.tell(told, self._bare(told))

    def remember_gone(self, row: UUID) -> None:
        """Notes that it was told of a row that it does not match."""
        if len(self.gone) >= MOST_REMEMBERED:
            self.gone.clear()
        self.gone.add(row)

    def caught_up(self) -> None:
        """Tells what was held, and holds nothing from now on."""
        held, self.held = self.held or [], None
        for told, payload in held:
            self.tell_now(told, payload)

    async def next(self) -> Told:
        """Waits for the next event that its resolvers are to say; the one before it has been sent by now."""
        self.busy = False
        self.saying.end()
        while not self.waiting:
            self.bell.clear()
            await self.bell.wait()
        self.busy = True
        told, self.saying = self.waiting.popleft()
        return told

    def _lose(self) -> None:
        metrics.RESYNCS.add()
        self.lost = True
        self.waiting.clear()
        if self.outlet is None:
            self._found()
        else:
            self.outlet.when_free(self._found)

    def _found(self) -> None:
        self.lost = False
        told = Told(self.position(), resync=Resync.SLOW)
        self.tell_now(told, self._bare(told))

    def _bare(self, told: Told) -> str | None:
        return None if self.reader.shape is None else self.reader.shape.payload(told, None)
