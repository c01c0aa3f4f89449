"""The tailer of one process tells every listener of every commit since it began to listen."""

import asyncio
from uuid import UUID

import pytest
from django.test import override_settings

from backend.kit.ids import new_id
from backend.sync.live import HERD, Batch, Hub, Seen

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


class Herd:
    """Listeners that can wait, one that cannot, and the log they listen to; the alarm of who waits rings when told."""

    def __init__(self) -> None:
        self.log = Log()
        self.log.gates = []
        self.hub = Hub(self.read)
        self.heard: dict[str, list[bool]] = {}

    async def read(self, base: str | None) -> Batch:
        position = 0 if base is None else int(base)
        return Batch(snapshot=str(len(self.log.changes)), changes=tuple(self.log.changes[position:]) if base else ())

    async def listen(self, name: str, *, patient: bool) -> None:
        """Notes, for each time it is woken, whether it was told to look itself."""
        async with self.hub.subscribe(lambda seen: True, patient=patient) as subscriber:
            self.heard[name] = []
            while True:
                _, look = await subscriber.next()
                self.heard[name].append(look)


async def woken_by(changes: list[Seen], spread: int) -> dict[str, list[bool]]:
    """Returns what a patient and an impatient listener have heard a moment after the changes."""
    herd = Herd()
    listeners = [
        asyncio.create_task(herd.listen("patient", patient=True)),
        asyncio.create_task(herd.listen("not patient", patient=False)),
    ]
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(herd.heard) == 2
    herd.log.changes += changes
    with override_settings(SYNC_POKE_SPREAD=spread):
        await asyncio.sleep(0.3)
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return herd.heard


def some(number: int) -> list[Seen]:
    """Returns so many changes of different roots."""
    return [Seen(org_id=ORG, entity="account", entity_id=new_id(), root=new_id()) for _ in range(number)]


FOR_ALL = Seen(org_id=ORG, entity="~scope", entity_id=ORG, root=ORG)


@pytest.mark.parametrize("changes", [some(HERD + 1), [FOR_ALL]])
def test_many_changes_at_once_wake_who_can_wait_later(changes: list[Seen]) -> None:
    """Within an hour: by then the test is over. Who guards a socket hears at once."""
    assert asyncio.run(woken_by(changes, 3600)) == {"patient": [], "not patient": [False]}
    assert asyncio.run(woken_by(changes, 0)) == {"patient": [True], "not patient": [False]}


def test_a_few_changes_wake_everybody_at_once() -> None:
    assert asyncio.run(woken_by(some(3), 3600)) == {"patient": [False], "not patient": [False]}


def test_what_comes_with_a_word_for_all_is_told_at_once() -> None:
    assert asyncio.run(woken_by([FOR_ALL, *some(1)], 3600))["patient"] == [False]
