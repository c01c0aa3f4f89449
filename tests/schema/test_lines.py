"""A reader that does not keep up is told so and costs no more than its line; one that reads nothing is left."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit.ids import new_id
from backend.schema.feeds import line as lines
from backend.schema.feeds.kinds import OPPORTUNITY, Where
from backend.schema.feeds.line import MOST_FRAMES, Line
from backend.schema.feeds.listener import MOST_WAITING, Listener
from backend.schema.feeds.reading import Reader
from backend.schema.feeds.sights import Sight
from backend.schema.feeds.told import Resync, Told

T = TypeVar("T")
ANA = Actor(user_id=new_id(), org_id=new_id(), role=Role.REP, username="ana", timezone="UTC")


class Reading:
    """The other end: takes a frame whenever it is let."""

    def __init__(self) -> None:
        self.took: list[str] = []
        self.may = asyncio.Event()
        self.stalled = asyncio.Event()
        self.line = Line(self.take, self.stall)

    async def take(self, frame: str) -> None:
        """Waits for leave, and takes one."""
        await self.may.wait()
        self.took.append(frame)

    def stall(self) -> None:
        """Notes that the line was given up."""
        self.stalled.set()


class Texts:
    """An outlet whose events are counted by the line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.put, self.when_free = line.put, line.when_free


def play(story: Callable[[Reading], Awaitable[T]]) -> T:
    """Plays a story with one reader."""

    async def with_reader() -> T:
        reading = Reading()
        try:
            return await asyncio.wait_for(story(reading), 10)
        finally:
            reading.line.close()

    return asyncio.run(with_reader())


def listener(outlet: Texts | None) -> Listener:
    """Returns Ana's subscription to deals."""
    return Listener(OPPORTUNITY, Reader(ANA, Where(), None), Sight(ANA), outlet, lambda: "here")


def test_a_line_takes_no_more_events_than_it_may_hold_and_goes_on_when_they_are_read() -> None:
    async def story(reading: Reading) -> None:
        await asyncio.sleep(0)
        taken = sum(reading.line.put(str(number)) for number in range(MOST_FRAMES * 2))
        assert taken == MOST_FRAMES
        reading.may.set()
        await reading.line.flushed()
        assert reading.took == [str(number) for number in range(taken)]
        assert reading.line.put("again")

    play(story)


def test_large_frames_fill_a_line_sooner() -> None:
    async def story(reading: Reading) -> None:
        taken = sum(reading.line.put("x" * 200_000) for _ in range(20))
        assert taken == 6

    play(story)


def test_what_must_not_be_lost_waits_for_its_place() -> None:
    async def story(reading: Reading) -> None:
        reading.line.put("event")
        await asyncio.sleep(0.01)  # it is on its way now
        while reading.line.put("event"):
            pass
        saying = asyncio.create_task(reading.line.say("the end"))
        await asyncio.sleep(0.01)
        assert not saying.done()
        reading.may.set()
        await saying
        await reading.line.flushed()
        assert reading.took[-1] == "the end"

    play(story)


def test_a_line_that_takes_nothing_is_given_up_and_a_slow_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "STALL_SECONDS", 0.05)

    async def story(reading: Reading) -> None:
        reading.line.put("first")
        await reading.stalled.wait()
        assert reading.took == []

    async def slow(reading: Reading) -> None:
        reading.may.set()
        reading.line.put("first")
        await reading.line.flushed()
        await asyncio.sleep(0.2)
        assert not reading.stalled.is_set()

    play(story)
    play(slow)


def test_who_lost_events_is_told_once_to_read_anew_and_then_what_comes_after() -> None:
    async def story(reading: Reading) -> None:
        ana = listener(Texts(reading.line))
        for number in range(MOST_FRAMES + 50):
            ana.tell(Told("c", new_id()), f"event {number}")
        reading.may.set()
        told = await asyncio.wait_for(ana.next(), 5)
        assert told == Told("here", resync=Resync.SLOW)
        assert reading.took == [f"event {number}" for number in range(MOST_FRAMES)]
        # What is told while its resolvers answer comes after that answer.
        ana.tell(Told("c", new_id()), "while it is answered")
        assert reading.took[-1] == f"event {MOST_FRAMES - 1}"
        assert (await ana.next()).resync is None

    play(story)


def test_what_waits_for_resolvers_is_bounded_too() -> None:
    async def story(reading: Reading) -> None:
        ana = listener(None)
        for _ in range(MOST_WAITING + 10):
            ana.tell(Told("c", new_id()), None)
        assert [(await ana.next()).resync for _ in range(1)] == [Resync.SLOW]
        assert len(ana.waiting) == 9

    play(story)
