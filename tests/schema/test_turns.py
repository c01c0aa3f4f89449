"""However much one phone asks at once, others are answered."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit.errors import Busy
from backend.kit.ids import new_id
from backend.schema.context import Context
from backend.schema.turns import AT_ONCE, MOST_WAITING


class Database:
    """Answers nobody until it is let."""

    def __init__(self) -> None:
        self.busy_for: list[UUID] = []
        self.may_answer = asyncio.Event()

    def context(self, user_id: UUID) -> Context:
        """Returns a request of somebody's."""

        async def run(function: Callable[..., Any], /, *args: Any, **more: Any) -> Any:
            self.busy_for.append(user_id)
            await self.may_answer.wait()
            return function(*args, **more)

        actor = Actor(user_id, new_id(), Role.REP, "rep", "UTC", device_id=new_id())
        return Context(run=run, caller=actor)


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_one_persons_requests_take_turns_and_nobody_elses_wait_for_them() -> None:
    ana, cy = new_id(), new_id()

    async def story() -> None:
        database = Database()
        anas = [asyncio.create_task(database.context(ana).run_in_turn(lambda: 1)) for _ in range(9)]
        await _settled()
        assert database.busy_for == [ana] * AT_ONCE
        cys = asyncio.create_task(database.context(cy).run_in_turn(lambda: 2))
        await _settled()
        assert database.busy_for == [*[ana] * AT_ONCE, cy]
        database.may_answer.set()
        assert await cys == 2
        assert await asyncio.gather(*anas) == [1] * 9

    async_to_sync(story)()


def test_who_asks_without_waiting_for_answers_is_sent_away() -> None:
    ana = new_id()

    async def story() -> None:
        database = Database()
        asked = [asyncio.create_task(database.context(ana).run_in_turn(lambda: 1)) for _ in range(40)]
        await _settled()
        database.may_answer.set()
        told = await asyncio.gather(*asked, return_exceptions=True)
        sent_away = [one for one in told if isinstance(one, Busy)]
        assert len(told) - len(sent_away) == AT_ONCE + MOST_WAITING
        assert {one.code for one in sent_away} == {"TOO_MANY_AT_ONCE"}
        assert await database.context(ana).run_in_turn(lambda: 3) == 3

    async_to_sync(story)()


def test_a_request_that_is_given_up_gives_its_place_up() -> None:
    ana = new_id()

    async def story() -> None:
        database = Database()
        first = [asyncio.create_task(database.context(ana).run_in_turn(lambda: 1)) for _ in range(AT_ONCE + 3)]
        await _settled()
        for task in first:
            task.cancel()
        await asyncio.gather(*first, return_exceptions=True)
        database.may_answer.set()
        assert await database.context(ana).run_in_turn(lambda: 4) == 4

    async_to_sync(story)()
