"""The tailer of one process tells every listener of every commit since it began to listen."""

import asyncio
from uuid import UUID

from backend.kit.ids import new_id
from backend.sync.live import Batch, Hub, Seen

ORG = new_id()


class Log:
    """A change log in memory; reading where it stands takes as long as the test wants."""

    def __init__(self) -> None:
        self.changes: list[Seen] = []
        self.gates: list[asyncio.Event] = []

    def commit(self) -> UUID:
        """Writes one change and returns its root."""
        root = new_id()
        self.changes.append(Seen(org_id=ORG, entity="account", entity_id=root, root=root))
        return root

    async def read(self, base: str | None) -> Batch:
        """Reads like `read_after`; the position is the number of changes so far."""
        if base is not None:
            return Batch(snapshot=str(len(self.changes)), changes=tuple(self.changes[int(base) :]))
        self.gates.append(asyncio.Event())
        await self.gates[-1].wait()
        return Batch(snapshot=str(len(self.changes)), changes=())


async def told(hub: Hub, begun: asyncio.Event, heard: list[UUID]) -> None:
    """Listens, and notes what it hears."""
    async with hub.subscribe(lambda seen: True) as subscriber:
        begun.set()
        while True:
            changes, _ = await subscriber.next()
            heard.extend(change.root for change in changes)


async def two_begin_at_once() -> tuple[UUID, list[UUID]]:
    """The second asks where the log stands before the first has an answer, and gets its own later."""
    log = Log()
    hub = Hub(log.read)
    begun, heard = [asyncio.Event(), asyncio.Event()], [[], []]  # type: ignore[var-annotated]
    listeners = [asyncio.create_task(told(hub, begun[number], heard[number])) for number in range(2)]
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(log.gates) == 2
    log.gates[0].set()
    await begun[0].wait()
    root = log.commit()
    log.gates[1].set()
    await begun[1].wait()
    await asyncio.sleep(0.2)
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return root, heard[0]


def test_one_that_begins_later_does_not_make_another_miss_a_commit() -> None:
    root, heard = asyncio.run(two_begin_at_once())
    assert heard == [root]
