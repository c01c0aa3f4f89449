"""Everybody listens to everything at once while all that is planted happens, in the test's own transaction: the log's rows are
those that its triggers wrote, and only when they are told is the test's to say."""

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

import pytest
from asgiref.sync import async_to_sync
from django.db import connection

from backend.identity.models import Device, User
from backend.schema import live
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.feeds import stream
from backend.schema.feeds.line import OUTLET
from backend.schema.feeds.listener import Listener
from backend.schema.frames import encoded
from backend.schema.operations import plan_runs
from backend.sync.live import Batch, Hub, Seen
from tests.factories.world import acting
from tests.here import on_this_connection
from tests.schema.leaks.asking import Question, whole

P = ParamSpec("P")
T = TypeVar("T")

FEEDS = frozenset({"opportunityChanged", "visitChanged", "planChanged", "notificationReceived"})
"""What tells of rows; the others begin with an event."""

TURNS = 30
"""So many turns of the event loop in which nothing is under way: nothing is to come."""

PATIENCE = 120.0
"""Seconds; a busy machine takes a few."""


@dataclass(eq=False)
class Hearing:
    """One who listens to one thing. `by_resolvers`: told by resolvers alone, not by text."""

    user: User | None
    device: Device | None
    question: Question
    by_resolvers: bool = False
    answers: list[dict[str, Any]] = field(default_factory=list)
    ended: bool = False

    def put(self, payload: str) -> bool:
        """Takes an answer as text."""
        self.answers.append(json.loads(payload))
        return True

    def when_free(self, call: Callable[[], None]) -> None:
        """Is never full."""
        raise AssertionError(call)

    async def listen(self, run: Any) -> None:
        """Listens until cancelled, or until there is nothing more."""
        OUTLET.set(self)
        caller = None if self.user is None else acting(self.user, self.device)
        context = Context(run=run, caller=caller, by_resolvers=self.by_resolvers)
        document = self.question.document(whole(self.question.field), "subscription")
        told: Any = await schema.subscribe(document, variable_values=self.question.arguments, context_value=context)
        if isinstance(told, AsyncGenerator):
            async for one in told:
                self._note(one)
        else:
            self._note(told)
        self.ended = True

    def _note(self, result: Any) -> None:
        errors = [dict(one.formatted) for one in result.errors or []]
        self.answers.append({"data": json.loads(encoded(result.data)), **({"errors": errors} if errors else {})})

    @property
    def settled(self) -> bool:
        """Says whether it has begun, as far as can be told from what it heard."""
        return self.ended or bool(self.answers)


class Happening:
    """Tells the log to all who listen, once all do; `before`: what is done in that moment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch
        self._told, self._new = set[Seen](), tuple[Seen, ...]()
        self._under_way = 0

    async def _run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self._under_way += 1
        try:
            return await on_this_connection(function, *args, **kwargs)
        finally:
            self._under_way -= 1

    async def _read(self, base: str | None) -> Batch:
        new, self._new = (() if base is None else self._new), (self._new if base is None else ())
        return Batch(snapshot="10:20:", changes=new)

    def hear(self, hearings: list[Hearing], changes: list[Seen], before: Callable[[], None] = lambda: None) -> None:
        """Has them all listen to the changes."""
        async_to_sync(self._hear)(hearings, changes, before)

    async def _hear(self, hearings: list[Hearing], changes: list[Seen], before: Callable[[], None]) -> None:
        hub = Hub(self._read)
        for module in (live, stream, plan_runs):
            self._patch.setattr(module, "hub", lambda: hub)
        self._patch.setattr(stream, "run_live", self._run)
        tasks = [asyncio.create_task(one.listen(self._run)) for one in hearings]
        try:
            us = stream.feeds()

            def listeners() -> list[Listener]:
                return [one for kinds in us._listeners.values() for some in kinds.values() for one in some]

            feeds = [one for one in hearings if one.question.name in FEEDS]

            def all_listen() -> bool:
                rest = [one for one in hearings if one.question.name not in FEEDS]
                return all(one.settled for one in rest) and len(listeners()) >= sum(not one.ended for one in feeds)

            await self._until(all_listen, tasks)
            await on_this_connection(before)
            self._new = tuple(changes)
            await self._until(lambda: not self._new, tasks)

            def all_told() -> bool:
                busy = us._batches or us._worker is not None or any(one.waiting or one.busy for one in listeners())
                return not (busy or self._under_way)

            await self._until(all_told, tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _until(self, true: Callable[[], bool], tasks: list["asyncio.Task[None]"]) -> None:
        turns, deadline = 0, time.monotonic() + PATIENCE
        while turns < TURNS:
            assert time.monotonic() < deadline, "they do not come to rest"
            for task in tasks:
                if task.done():
                    task.result()
            turns = turns + 1 if true() else 0
            await asyncio.sleep(0 if turns else 0.005)


def logged() -> list[Seen]:
    """Returns all changes that this transaction made, as the log has them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT org_id, entity, entity_id, root FROM sync_log WHERE xid = pg_current_xact_id()")
        return [Seen(*row) for row in cursor.fetchall()]


def rows_told(hearings: list[Hearing]) -> dict[str, set[str]]:
    """Returns the ids of rows that were told as they stand, by feed."""
    found = defaultdict[str, set[str]](set)
    for one in hearings:
        for answer in one.answers:
            told = (answer["data"] or {}).get(one.question.name) or {}
            if told.get("id") and told["gone"] is None:
                found[one.question.name].add(told["id"])
    return dict(found)
