"""Server-sent events over a real server: the same feeds, errors and cuts as over a socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
from asgiref.sync import sync_to_async

from backend.identity import actions
from backend.kit import clock
from backend.notifications.models import Notification
from tests.config.serving import Serving
from tests.factories.world import World, acting
from tests.flows.test_live import rename
from tests.flows.test_sockets import PATIENCE, session


class Events:
    """A stream of events, one after another."""

    def __init__(self, reply: httpx.Response) -> None:
        self.reply = reply
        self._lines = reply.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """Returns the next event's name and data; comments are passed over."""
        name, data = "", ""
        while True:
            line = await asyncio.wait_for(anext(self._lines), PATIENCE)
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data:"):
                data = line.removeprefix("data:").strip()
            elif not line and name:
                return name, json.loads(data) if data else None


@asynccontextmanager
async def events(server: Serving, document: str, token: str | None = None) -> AsyncIterator[Events]:
    """Asks for an operation's answers as events."""
    headers = {"Accept": "text/event-stream"} | ({"Authorization": f"Bearer {token}"} if token else {})
    async with (
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("POST", f"{server.base}/graphql", json={"query": document}, headers=headers) as reply,
    ):
        assert (reply.status_code, reply.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield Events(reply)


def test_an_operation_s_answers_come_as_events_and_errors_too(server: Serving) -> None:
    async def story(document: str) -> list[tuple[str, Any]]:
        async with events(server, document) as stream:
            found = [await stream.next()]
            while found[-1][0] != "complete":
                found.append(await stream.next())
            return found

    assert asyncio.run(story("{ __typename }")) == [("next", {"data": {"__typename": "Query"}}), ("complete", None)]
    beats = asyncio.run(story("subscription { heartbeat(everyMs: 1, count: 2) { n } }"))
    assert [data and data["data"]["heartbeat"]["n"] for _, data in beats] == [1, 2, None]
    for document, code in (
        ("{ nothing }", "GRAPHQL_INVALID"),
        ("subscription { visitChanged { id } }", "NOT_SIGNED_IN"),
    ):
        [(name, told), _] = asyncio.run(story(document))
        assert (name, told["errors"][0]["extensions"]["code"]) == ("next", code)


def test_a_deal_is_told_as_an_event_until_its_reader_s_phone_is_lost(server: Serving, world: World) -> None:
    deal = world.deal(world.account("Hilltop", world.north), name="Ours")
    signed = session(server, world.ana)
    asked = "subscription { opportunityChanged { cursor opportunity { name } } }"

    def revoke() -> None:
        actions.revoke_device(actor=acting(world.dee), device_id=signed.device_id, reason="lost")

    async def story() -> tuple[Any, Any, str]:
        async with events(server, asked, signed.access_token) as stream:
            await asyncio.sleep(0.5)
            await sync_to_async(rename)(deal, "Ours 2")
            _, first = await stream.next()
            await sync_to_async(revoke)()
            _, cut = await stream.next()
            return first, cut, (await stream.next())[0]

    first, cut, end = asyncio.run(story())
    assert first["data"]["opportunityChanged"]["opportunity"] == {"name": "Ours 2"}
    assert (cut["errors"][0]["extensions"], end) == (
        {"code": "TOKEN_INVALID", "retry": "AUTH", "fields": {}},
        "complete",
    )


def test_visits_and_what_one_is_told_reach_whom_they_concern(server: Serving, world: World) -> None:
    """Ana's notification is told to her and not to Ben, who sees what it is about."""
    shop = world.account("Hilltop", world.north)
    visit = world.visit(shop)
    asked = "subscription { notificationReceived { gone notification { title } } }"

    def notify() -> None:
        Notification.objects.create(
            org=world.org,
            user=world.ana,
            rule="visit",
            root_id=shop.pk,
            subject_entity="visit",
            subject_id=visit.pk,
            episode="first",
            title="Go there",
            body="Now.",
            occurred_at=clock.now(),
            addressed_at=clock.now(),
            expires_at=clock.now() + timedelta(days=1),
        )
        visit.purpose = "Tasting"
        visit.save()

    async def story() -> tuple[Any, Any]:
        ana, ben = session(server, world.ana).access_token, session(server, world.ben).access_token
        async with (
            events(server, asked, ana) as anas,
            events(server, asked, ben) as bens,
            events(server, "subscription { visitChanged { visit { purpose rep { fullName } } } }", ben) as visits,
        ):
            await asyncio.sleep(0.8)
            await sync_to_async(notify)()
            found = await anas.next(), await visits.next()
            hearing = asyncio.create_task(bens.next())
            await asyncio.wait({hearing}, timeout=0.5)
            assert not hearing.done()
            hearing.cancel()
            await asyncio.wait({hearing})
            return found[0][1]["data"]["notificationReceived"], found[1][1]["data"]["visitChanged"]

    told, changed = asyncio.run(story())
    assert (told["gone"], told["notification"]["title"]) == (None, "Go there")
    assert changed["visit"] == {"purpose": "Tasting", "rep": {"fullName": world.ana.full_name}}
