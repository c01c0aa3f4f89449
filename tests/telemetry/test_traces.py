"""One trace goes from Ana's phone through gateway, database and worker to the push on Ben's; it says nothing of what they wrote."""

import json
from collections.abc import Sequence

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from backend.config.access import AccessLog
from backend.config.env_watching import Incoming
from backend.config.logs import placed
from backend.config.traces import wanted
from backend.events import outbox
from backend.jobs.port import TRACE, defer
from backend.jobs.worker import _ids
from backend.kit.threads import Threads
from backend.notifications import dispatch
from backend.notifications.transports.fcm.transport import FcmTransport
from backend.planning import tasks
from backend.schema.api import schema
from backend.schema.context import Context
from backend.telemetry import tracing
from backend.telemetry.hops import hop
from tests.factories import world
from tests.here import on_this_connection
from tests.notifications.recording import Recording
from tests.notifications.story import WIRING, Story

MOVE = """mutation MoveDeal($deal: UUID!, $to: UUID!, $why: String!) {
    moveStage(opportunityId: $deal, stageId: $to, reason: $why) { opportunity { id } }
}"""
REASON = "Joe himself said yes"
STRANGE = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"


def _gateway(story: Story) -> ASGIApp:
    """Answers as Ana is answered, with the database on the test's own connection."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked = json.loads((await receive())["body"])
        context = Context(run=on_this_connection, caller=world.acting(story.ana))
        result = await schema.execute(asked["query"], variable_values=asked["variables"], context_value=context)
        assert result.errors is None, result.errors
        await Response(b"{}")(scope, receive, send)

    return answer


def _post(app: ASGIApp, incoming: Incoming = "link", **asked: object) -> None:
    async def post() -> None:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=AccessLog(app, incoming=incoming)), base_url="http://fieldbeat"
        ) as client:
            await client.post("/graphql?secret=1", json=asked, headers={"traceparent": STRANGE})

    async_to_sync(post)()


def _path(spans: Sequence[ReadableSpan], last: str) -> list[str]:
    """Returns the names from the root down to a span."""
    known = {one.context.span_id: one for one in spans}
    found: ReadableSpan | None = next(one for one in spans if one.name == last)
    names: list[str] = []
    while found is not None:
        names.insert(0, found.name)
        found = known.get(found.parent.span_id) if found.parent else None
    return names


@pytest.mark.django_db
def test_a_deal_that_ana_moves_is_one_trace_down_to_the_push_on_bens_phone(
    story: Story, spans: InMemorySpanExporter, provider: FcmTransport
) -> None:
    story.phone(story.ben, "fid-ben")
    _post(_gateway(story), query=MOVE, variables={"deal": str(story.deal.pk), "to": str(story.late.pk), "why": REASON})
    assert outbox.drain(WIRING) > 0
    assert dispatch.drain(transport=provider) > 0

    found = spans.get_finished_spans()
    moved = ["POST /graphql", "mutation MoveDeal"]
    handled = [*moved, "event opportunity.stage_moved", "alert rule opportunity.stage"]
    assert _path(found, "alert decided") == [*handled, "alert decided"]
    assert _path(found, "push send") == [*handled, "push send"]
    (sent,) = (one for one in found if one.name == "push send")
    assert sent.attributes is not None
    assert sent.attributes["fieldbeat.outcome"] == "sent"
    traced = [one for one in found if one.context.trace_id == found[0].context.trace_id]
    statements = [one for one in traced if one.name == "INSERT"]
    assert any("events_outboxevent" in str(one.attributes and one.attributes["db.query.text"]) for one in statements)
    assert {one.name for one in found if one not in traced} == set()


@pytest.mark.django_db
def test_no_span_holds_what_somebody_wrote_or_who_they_are(story: Story, spans: InMemorySpanExporter) -> None:
    story.phone(story.ben, "fid-ben")
    _post(_gateway(story), query=MOVE, variables={"deal": str(story.deal.pk), "to": str(story.late.pk), "why": REASON})
    outbox.drain(WIRING)
    dispatch.drain(transport=Recording())
    told = " ".join(one.to_json() for one in spans.get_finished_spans())
    for secret in (REASON, str(story.deal.pk), str(story.ana.pk), story.ana.username, "Joe", "secret", "fid-ben"):
        assert secret not in told


async def _greet(scope: Scope, receive: Receive, send: Send) -> None:
    await Response(b"{}")(scope, receive, send)


@pytest.mark.parametrize(
    ("incoming", "followed", "linked"), [("link", False, True), ("follow", True, False), ("ignore", False, False)]
)
def test_a_callers_trace_is_linked_and_followed_only_where_the_settings_say_so(
    spans: InMemorySpanExporter, incoming: Incoming, followed: bool, linked: bool
) -> None:
    _post(_greet, incoming)
    (one,) = spans.get_finished_spans()
    theirs = int(STRANGE.split("-")[1], 16)
    assert (one.context.trace_id == theirs) is followed
    assert [link.context.trace_id for link in one.links] == [theirs] * linked
    assert (one.name, one.attributes and one.attributes["http.response.status_code"]) == ("POST /graphql", 200)


def test_a_span_that_breaks_says_how_and_not_what_broke_it(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Joe"), tracing.span("broken"):
        raise ValueError("Joe's number is 555 0100")
    (one,) = spans.get_finished_spans()
    assert one.status.status_code is StatusCode.ERROR
    assert one.attributes == {"error.type": "ValueError"}
    assert (one.status.description, one.events) == (None, ())


def test_what_runs_on_a_thread_is_beneath_what_asked_for_it(spans: InMemorySpanExporter) -> None:
    async def asked() -> tuple[str, str] | None:
        with tracing.span("asks"):
            return await Threads("few", 1).run(hop(tracing.present))

    inside = async_to_sync(asked)()
    thread, asks = spans.get_finished_spans()
    assert (thread.name, thread.parent) == ("database thread", asks.context)
    assert inside == (f"{thread.context.trace_id:032x}", f"{thread.context.span_id:016x}")


@pytest.mark.django_db
def test_a_job_carries_where_it_was_asked_for_beside_its_ids(story: Story, spans: InMemorySpanExporter) -> None:
    with tracing.span("asks"):
        place = tracing.carried()
        defer(tasks.SOLVE_PART, part_id=story.deal.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs ORDER BY id DESC LIMIT 1")
        ((words,),) = cursor.fetchall()
    assert json.loads(words)[TRACE] == place
    assert _ids(json.loads(words)) == {"part_id": story.deal.pk}


def test_a_log_line_names_its_trace(spans: InMemorySpanExporter) -> None:
    with tracing.span("asks"):
        line = placed(None, "info", {"event": "said"})
    (one,) = spans.get_finished_spans()
    assert line == {
        "event": "said",
        "trace_id": f"{one.context.trace_id:032x}",
        "span_id": f"{one.context.span_id:016x}",
    }


@pytest.mark.django_db
def test_without_an_exporter_nothing_is_made_and_nothing_carried(story: Story) -> None:
    with tracing.span("asks") as here:
        assert (here.span, tracing.carried(), tracing.present()) == (None, "", None)
    assert placed(None, "info", {"event": "said"}) == {"event": "said"}


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_the_standard_variables_say_whether_spans_are_sent(environ: dict[str, str], sent: bool) -> None:
    assert wanted(environ) is sent
