"""Ana renames her deal within a trace, and it goes on until Ben's line has sent him the news; without traces nothing is noted."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection, transaction
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from backend.crm.models import Opportunity
from backend.events import traced
from backend.events.models import TracedWrite
from backend.kit import clock
from backend.schema import live
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.feeds import stream
from backend.schema.feeds.line import OUTLET, Line
from backend.sync.live import Hub, read_after
from backend.telemetry import tracing
from tests.factories import world
from tests.factories.world import World
from tests.here import on_this_connection

NEWS = "subscription { opportunityChanged { id opportunity { name } } }"
PATIENCE = 60.0


@pytest.fixture
def field(transactional_db: None) -> World:
    """The world, committed."""
    return world.build()


class _Out:
    """Ben's way out: a line that takes everything."""

    def __init__(self) -> None:
        self.frames: list[Any] = []
        self.line = Line(self._take, lambda: None)
        self.put, self.when_free = self.line.put, self.line.when_free

    async def _take(self, frame: str) -> None:
        self.frames.append(json.loads(frame))


async def _until(true: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE / 0.005)):
        if true():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("waited in vain")


def _renamed(deal: Opportunity, name: str) -> str:
    """Renames a deal as a request does, and returns the place of that request."""
    with tracing.span("mutation Rename"), transaction.atomic():
        deal.name = name
        deal.save()
        return tracing.carried()


def _told(
    field: World, monkeypatch: pytest.MonkeyPatch, *, by_resolvers: bool, happen: Callable[[], None]
) -> list[str]:
    """Has Ben listen while something happens, and returns the names that he is told: as many as there are deals."""
    hub = Hub(lambda base: on_this_connection(read_after, base))
    monkeypatch.setattr(live, "hub", lambda: hub)
    monkeypatch.setattr(stream, "hub", lambda: hub)
    monkeypatch.setattr(stream, "run_live", on_this_connection)
    out = _Out()

    async def listen() -> None:
        OUTLET.set(out)
        context = Context(run=on_this_connection, caller=world.acting(field.ben), by_resolvers=by_resolvers)
        answers: Any = await schema.subscribe(NEWS, context_value=context)
        assert isinstance(answers, AsyncGenerator), answers
        async for one in answers:
            out.frames.append({"data": one.data})

    async def play() -> None:
        listening = asyncio.create_task(listen())
        try:
            us = stream.feeds()
            await _until(lambda: bool(us._listeners))
            await on_this_connection(happen)
            await _until(lambda: len(out.frames) == 2)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            out.line.close()

    async_to_sync(play)()
    return sorted(one["data"]["opportunityChanged"]["opportunity"]["name"] for one in out.frames)


def _named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [one for one in spans.get_finished_spans() if one.name == name]


@pytest.mark.parametrize("by_resolvers", [False, True])
def test_what_is_told_leads_back_to_the_commit_that_made_it(
    field: World, spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch, by_resolvers: bool
) -> None:
    shop = field.account("Hilltop", field.north)
    first, second = field.deal(shop, name="One"), field.deal(shop, name="Two")
    spans.clear()
    names = _told(
        field,
        monkeypatch,
        by_resolvers=by_resolvers,
        happen=lambda: (_renamed(first, "Uno"), _renamed(second, "Due"), None)[-1],
    )
    assert names == ["Due", "Uno"]
    mutations = _named(spans, "mutation Rename")
    asked = {one.context.span_id for one in mutations}
    commits = {one.context.span_id for one in _named(spans, "COMMIT") if one.parent and one.parent.span_id in asked}
    by_trace = {one.context.trace_id for one in mutations}
    assert len(by_trace) == 2
    batches = _named(spans, "live batch")
    assert {one.context.trace_id for one in batches} <= by_trace, "it is a part of what it tells"
    linked = {link.context.span_id for batch in batches for link in batch.links}
    beneath = {batch.parent.span_id for batch in batches if batch.parent is not None}
    assert linked | beneath == commits
    messages = _named(spans, "live message")
    if not by_resolvers:  # of those that resolvers say, the last ends when Ben asks for another
        assert len(messages) == 2
    assert messages
    for one in messages:
        (link,) = one.links
        assert link.context.span_id in commits
        assert one.parent is not None
        assert one.parent.span_id in {batch.context.span_id for batch in batches}
    if not by_resolvers:
        assert len({one.links[0].context.span_id for one in messages}) == 2, "each its own commit"
    said = " ".join(one.to_json() for one in spans.get_finished_spans())
    assert "Uno" not in said
    assert str(first.pk) not in said


def test_without_traces_no_write_is_noted_and_with_them_reads_are_not(
    field: World, request: pytest.FixtureRequest
) -> None:
    deal = field.deal(field.account("Hilltop", field.north), name="One")
    assert _renamed(deal, "Uno") == ""
    assert not TracedWrite.objects.exists()
    request.getfixturevalue("spans")
    with tracing.span("query"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute("SELECT 1")
    assert not TracedWrite.objects.exists()
    _renamed(deal, "Due")
    assert TracedWrite.objects.count() == 1


def test_what_was_noted_is_forgotten_after_a_while(field: World, spans: InMemorySpanExporter) -> None:
    deal = field.deal(field.account("Hilltop", field.north), name="One")
    _renamed(deal, "Uno")
    traced.forget_old()
    assert TracedWrite.objects.count() == 1
    with clock.moved_to(clock.now() + traced.KEPT + timedelta(minutes=1)):
        traced.forget_old()
    assert not TracedWrite.objects.exists()
