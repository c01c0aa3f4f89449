"""Ben plans his team's week on a real server and watches it get ready; published, it stands on Ana's phone."""

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from backend.identity.models import User
from backend.kit import clock
from mobile_client_stub.device import Device
from tests.config.serving import Serving
from tests.factories.world import World
from tests.flows.test_sockets import session, socket, subscribe

Phone = Callable[[User], Device]

LONG = 90.0
PROPOSE = """mutation($i: ProposeRunInput!) { proposeWeek(input: $i) { run { id state } } }"""
WATCH = 'subscription { planRunProgress(runId: "%s") { run { state total done figures } } }'
PUBLISH = "mutation($id: UUID!) { publishPlanRun(runId: $id) { parts { visits { id } trouble { code } } } }"


def asked(server: Serving, token: str, document: str, **variables: Any) -> dict[str, Any]:
    """Asks over HTTP and returns data."""
    reply = httpx.post(
        f"{server.base}/graphql",
        json={"query": document, "variables": variables},
        headers={"Authorization": f"Bearer {token}"},
        timeout=LONG,
    ).json()
    assert "errors" not in reply, reply
    return dict(reply["data"])


async def watched(server: Serving, token: str, run_id: str) -> list[dict[str, Any]]:
    """Returns what the subscription tells until it ends by itself."""
    told: list[dict[str, Any]] = []
    async with socket(server, token) as opened:
        await subscribe(opened, WATCH % run_id)
        while (message := json.loads(await asyncio.wait_for(opened.recv(), LONG)))["type"] != "complete":
            if message["type"] == "next":
                told.append(message["payload"]["data"]["planRunProgress"]["run"])
    return told


def test_a_week_is_planned_watched_published_and_pulled(server: Serving, world: World, phone: Phone) -> None:
    User.objects.filter(pk__in=[world.ana.pk, world.ben.pk]).update(start_lat=42.03, start_lng=-93.62)
    long_ago = clock.now() - timedelta(days=60)
    for number in range(12):
        store = world.account(f"Store {number}", world.north, lat=42.03 + 0.01 * number)
        store.created_at = long_ago
        store.save(update_fields=["created_at"])
    ben = session(server, world.ben).access_token
    tomorrow = (clock.now() + timedelta(days=1)).date().isoformat()
    run = asked(
        server,
        ben,
        PROPOSE,
        i={"firstDay": tomorrow, "scope": "TEAM", "repId": str(world.ben.pk), "seconds": 3},
    )["proposeWeek"]["run"]
    told = asyncio.run(watched(server, ben, run["id"]))
    assert told[-1]["state"] == "done"
    assert (told[-1]["done"], told[-1]["total"], told[-1]["figures"]["stops"]) == (1, 1, 12)
    assert [one["done"] for one in told] == sorted(one["done"] for one in told)
    (part,) = asked(server, ben, PUBLISH, id=run["id"])["publishPlanRun"]["parts"]
    assert (len(part["visits"]), part["trouble"]) == (12, None)
    ana = phone(world.ana)
    ana.sync()
    assert {("visit", visit["id"]) for visit in part["visits"]} <= set(ana.store.contents())
