"""Dear requests of one person take turns. They wait here, where waiting costs nothing, and not on one another's locks in
threads that everybody shares."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from backend.kit.errors import Busy

AT_ONCE = 2
"""So many are done at a time in one process; of one device the second waits for the first's locks anyway."""

MOST_WAITING = 24
"""A client that syncs its collections side by side asks a dozen things; more than this is none that waits for answers."""


@dataclass(slots=True)
class _Queue:
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    asking: int = 0


# By loop too: what waits in one cannot be woken from another.
_queues: dict[tuple[asyncio.AbstractEventLoop, UUID], _Queue] = {}


@asynccontextmanager
async def turn(user_id: UUID) -> AsyncIterator[None]:
    """Waits for the person's turn; raises Busy when too many of theirs are waiting."""
    key = (asyncio.get_running_loop(), user_id)
    queue = _queues.setdefault(key, _Queue())
    if queue.asking >= AT_ONCE + MOST_WAITING:
        raise Busy("TOO_MANY_AT_ONCE", "Wait for the answers to what you asked.")
    queue.asking += 1
    try:
        async with queue.places:
            yield
    finally:
        queue.asking -= 1
        if not queue.asking:
            del _queues[key]
