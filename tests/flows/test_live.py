"""Live feeds over a real server: what is told, to whom, from where on, and that nobody hears what is not theirs."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from websockets.asyncio.client import ClientConnection

from backend.identity.models import User
from backend.kit import clock
from backend.planning.models import VisitPlan
from backend.territories.actions import place_account
from backend.territories.models import AccountShare, UserTerritory
from tests.config.serving import Serving, until
from tests.factories.world import World, acting
from tests.flows.test_sockets import PATIENCE, said, session, socket, subscribe

DEALS = "cursor id gone resync opportunity { name amount account { name } }"
QUIET = 0.6
"""How long nothing is waited for: what is told comes within a tenth of it."""


def told(message: dict[str, Any]) -> dict[str, Any]:
    """Returns the event of a message; fails on errors."""
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    [event] = message["payload"]["data"].values()
    return dict(event)


async def heard(opened: ClientConnection) -> dict[str, Any]:
    """Returns the next event."""
    return told(await said(opened))


async def silence(opened: ClientConnection) -> None:
    """Fails when anything is told."""
    try:
        message = await asyncio.wait_for(opened.recv(), QUIET)
    except TimeoutError:
        return
    raise AssertionError(message)


async def watching(opened: ClientConnection, since: str | None = None, more: str = "", name: str = "1") -> None:
    """Subscribes to deals, and waits until that is heard."""
    arguments = ", ".join(one for one in (more, f'since: "{since}"' if since else "") if one)
    asked = f"({arguments})" if arguments else ""
    await subscribe(opened, f"subscription {{ opportunityChanged{asked} {{ {DEALS} }} }}", name)
    await asyncio.sleep(0.4)


def ask(server: Serving, token: str, document: str) -> dict[str, Any]:
    """Asks over HTTP."""
    headers = {"Authorization": f"Bearer {token}"}
    reply = httpx.post(f"{server.base}/graphql", json={"query": document}, headers=headers, timeout=PATIENCE)
    return dict(reply.json()["data"])


def rename(row: Any, name: str) -> None:
    """Changes a row."""
    row.name = name
    row.save()


def test_each_change_is_told_once_across_lines_lost_and_servers_killed(server: Serving, world: World) -> None:
    shop = world.account("Hilltop", world.north)
    deals = [world.deal(shop, name=f"Deal {number}") for number in range(3)]
    signed = session(server, world.ana)

    def change(number: int, *rows: Any) -> None:
        for row in rows:
            rename(row, f"Deal {number}")

    async def first() -> tuple[list[str | None], str]:
        async with socket(server, signed.access_token) as opened:
            await watching(opened)
            await sync_to_async(change)(10, deals[0], deals[1])
            events = [await heard(opened), await heard(opened)]
            return [one["opportunity"]["name"] for one in events], events[0]["cursor"]

    async def again(cursor: str, count: int) -> list[tuple[str, str]]:
        async with socket(server, signed.access_token) as opened:
            await watching(opened, cursor)
            events = [await heard(opened) for _ in range(count)]
            await silence(opened)
            return [(one["id"], one["opportunity"]["name"]) for one in events]

    names, behind_first = asyncio.run(first())
    assert names == ["Deal 10", "Deal 10"]
    killed = server.all_of("web")
    for process in killed:
        process.kill()
    assert killed
    change(20, deals[2])
    until(server.ready, "the web process that takes its place")
    # Behind the first event of the two: the second and the third deal are new, the first is not.
    found = asyncio.run(again(behind_first, 2))
    assert sorted(found) == sorted([(str(deals[1].pk), "Deal 10"), (str(deals[2].pk), "Deal 20")])


def test_what_left_or_entered_what_somebody_sees_is_told_and_what_was_deleted(server: Serving, world: World) -> None:
    mine, theirs = world.account("Hilltop", world.north), world.account("Valley", world.south)
    deal, secret = world.deal(mine, name="Ours"), world.deal(theirs, owner=world.cy, name="Theirs")
    anas, cys = session(server, world.ana), session(server, world.cy)

    def delete() -> None:
        secret.deleted_at = clock.now()
        secret.save()

    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        async with socket(server, anas.access_token) as ana, socket(server, cys.access_token) as cy:
            await watching(ana)
            await watching(cy)
            place = sync_to_async(place_account)
            await place(actor=acting(world.dee), account=mine, territory=world.south)
            gone, entered = await heard(ana), await heard(cy)
            await sync_to_async(rename)(deal, "Ours no more")
            changed = await heard(cy)
            await sync_to_async(delete)()
            deleted = await heard(cy)
            await silence(ana)
            return [gone], [entered, changed, deleted]

    [gone], [entered, changed, deleted] = asyncio.run(story())
    assert (gone["id"], gone["gone"], gone["opportunity"]) == (str(deal.pk), "NOT_VISIBLE", None)
    assert (entered["opportunity"]["name"], changed["opportunity"]["name"]) == ("Ours", "Ours no more")
    assert (deleted["id"], deleted["gone"]) == (str(secret.pk), "DELETED")


def test_who_is_taken_out_of_a_territory_hears_no_more_of_it(server: Serving, world: World) -> None:
    """Ben takes Ana out of the north: her deals are told as gone, and their next change reaches Ben alone."""
    shop = world.account("Hilltop", world.north)
    deal = world.deal(shop, name="Ours")
    anas, bens, cys = (session(server, one) for one in (world.ana, world.ben, world.cy))
    other_rep = UserTerritory(org=world.org, territory=world.north, valid_from=clock.now() - timedelta(days=1))

    def take_out() -> None:
        # Somebody else of Ben's works there from now on.
        other_rep.user = User.objects.create(
            username=f"eve{world.ana.username}", org=world.org, role="rep", manager=world.ben, full_name="Eve"
        )
        other_rep.save()
        UserTerritory.objects.filter(user=world.ana).update(valid_to=clock.now())
        rename(deal, "Not hers")

    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        async with (
            socket(server, anas.access_token) as ana,
            socket(server, bens.access_token) as ben,
            socket(server, cys.access_token) as cy,
        ):
            for one in (ana, ben, cy):
                await watching(one)
            await sync_to_async(take_out)()
            found = await heard(ana), await heard(ben)
            await silence(ana)
            await silence(cy)
            return found

    to_ana, to_ben = asyncio.run(story())
    assert (to_ana["gone"], to_ana["id"], to_ana["opportunity"]) == ("NOT_VISIBLE", str(deal.pk), None)
    assert to_ben["opportunity"]["name"] == "Not hers"


def test_one_text_for_many_is_never_anothers(server: Serving, world: World) -> None:
    """Ana, Ben, Pat and Cy ask the same; Pat's role may read no amount, and Cy sees nothing of it."""
    shop = world.account("Hilltop", world.north)
    AccountShare.objects.create(
        org=world.org, account=shop, user=world.pat, shared_by=world.ben, valid_from=clock.now() - timedelta(days=1)
    )
    deal = world.deal(shop)
    people = [session(server, one).access_token for one in (world.ana, world.ben, world.pat, world.cy, world.zoe)]

    async def story() -> list[Any]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(token)) for token in people]
            await asyncio.sleep(1.5)
            await sync_to_async(rename)(deal, "Winter order")
        return [task.result() for task in tasks]

    async def one(token: str) -> Any:
        async with socket(server, token) as opened:
            await subscribe(
                opened, "subscription { opportunityChanged { opportunity { name amount account { name } } } }"
            )
            try:
                return told(await asyncio.wait_for(said(opened), 4.0))["opportunity"]
            except TimeoutError:
                return "nothing"

    whole = {"name": "Winter order", "amount": "1200.00", "account": {"name": "Hilltop"}}
    assert asyncio.run(story()) == [whole, whole, {**whole, "amount": None}, "nothing", "nothing"]


def test_a_feed_of_one_stage_and_one_territory_tells_what_no_longer_matches_once(server: Serving, world: World) -> None:
    north, south = world.account("Hilltop", world.north), world.account("Valley", world.south)
    deal, elsewhere = world.deal(north, name="Here"), world.deal(south, owner=world.cy, name="There")
    token = session(server, world.dee).access_token

    def stage(name: str) -> None:
        deal.stage = world.stages[name]
        deal.save()

    async def story() -> list[tuple[Any, Any]]:
        async with socket(server, token) as opened:
            asked = f'territory: "{world.north.pk}", filter: {{ stageId: "{world.stages["new"].pk}" }}'
            await watching(opened, more=asked)
            await sync_to_async(rename)(deal, "Here 2")
            events = [await heard(opened)]
            for name in ("offer", "won"):
                await sync_to_async(stage)(name)
                await asyncio.sleep(0.2)
            events.append(await heard(opened))
            await silence(opened)
            await sync_to_async(stage)("new")
            events.append(await heard(opened))
            await sync_to_async(rename)(elsewhere, "There 2")
            events.append(await heard(opened))
            return [(one["gone"], one["opportunity"] and one["opportunity"]["name"]) for one in events]

    assert asyncio.run(story()) == [(None, "Here 2"), ("NOT_MATCHING", None), (None, "Here 2"), ("NOT_MATCHING", None)]


def test_who_comes_back_after_their_coverage_changed_is_told_to_read_anew(server: Serving, world: World) -> None:
    """Ana's cursor is from before Ben took her out; Cy's coverage did not change, and a cursor of another org is none."""
    world.deal(world.account("Hilltop", world.north))
    people = [session(server, one).access_token for one in (world.ana, world.cy, world.zoe)]
    cursor = str(ask(server, people[0], "{ liveCursor }")["liveCursor"])
    UserTerritory.objects.filter(user=world.ana).update(valid_to=clock.now())

    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        ana, cy, zoe = people
        async with socket(server, ana) as anas, socket(server, cy) as cys, socket(server, zoe) as zoes:
            for one in (anas, cys, zoes):
                await subscribe(one, f'subscription {{ opportunityChanged(since: "{cursor}") {{ resync cursor }} }}')
            found = await heard(anas), await said(zoes)
            await silence(cys)
            return found

    resync, refused = asyncio.run(story())
    assert resync["resync"] == "SCOPE"
    assert refused["payload"][0]["extensions"]["code"] == "BAD_CURSOR"


def test_a_proposed_day_is_told_to_its_rep_and_who_leads_them(server: Serving, world: World) -> None:
    now = clock.now()
    bens, cys = session(server, world.ben), session(server, world.cy)

    def propose() -> None:
        VisitPlan.objects.create(
            org=world.org,
            rep=world.ana,
            day=now.date(),
            seed=1,
            leave_at=now,
            back_at=now,
            figures={},
            created_by=world.ben,
            created_at=now,
        )

    async def story() -> dict[str, Any]:
        async with socket(server, bens.access_token) as ben, socket(server, cys.access_token) as cy:
            for one in (ben, cy):
                await subscribe(one, "subscription { planChanged { gone plan { status rep { fullName } } } }")
            await asyncio.sleep(0.6)
            await sync_to_async(propose)()
            found = await heard(ben)
            await silence(cy)
            return found

    assert asyncio.run(story())["plan"] == {"status": "proposed", "rep": {"fullName": world.ana.full_name}}
