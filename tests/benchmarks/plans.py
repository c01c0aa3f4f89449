"""`make bench ARGS=plans`: from the wish to the phone. A day of 25 and of 100 windowed stops through GraphQL, published, in the
next pull; the first usable plan of a week and what comes after; a call cycle of 400 accounts. Wall time, on a server as an
operator starts it; the search itself is measured in CPU seconds by `toptw` and `cycle`."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from random import Random
from signal import SIGTERM
from statistics import median
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from rich.table import Table

from tests.benchmarks.own_database import own_database

PROPOSE_DAY = "mutation($i: ProposeDayInput!) { proposeDay(input: $i) { plan { id figures } } }"
ACCEPT = "mutation($id: UUID!) { acceptPlan(planId: $id) { visits { id } } }"
WEEK = "mutation($i: ProposeRunInput!) { proposeWeek(input: $i) { run { id } } }"
CYCLE = "mutation($i: ProposeRunInput!) { proposeCallCycle(input: $i) { run { id } } }"
CANCEL = "mutation($id: UUID!) { cancelPlanRun(runId: $id) { run { state } } }"
WATCH = 'subscription { planRunProgress(runId: "%s") { run { state figures } } }'
SIGN_IN = "mutation ($i: SignInInput!) { signIn(input: $i) { session { accessToken } } }"
AGAIN = 9
"""First plans of a week after the first one."""
CANDIDATES = 2.0
"""Accounts due for each stop that fits: a day has to be chosen, not only ordered."""


def measure(arguments: Sequence[str], console: Console) -> None:
    """Measures all of it, or what is named: day25, day100, week, cycle."""
    with own_database() as (folder, uri):
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _measure(arguments or list(PARTS), console, folder, uri)


def _measure(names: Sequence[str], console: Console, folder: Path, uri: str) -> None:
    from tests.config.serving import Serving

    table = Table("what", "figure")
    serving = Serving.start(folder, DATABASE_URL=uri, FIELDBEAT_DEMO="0")
    try:
        for name in names:
            for what, figure in PARTS[name](serving.base, folder):
                table.add_row(what, figure)
                console.print(f"{what}: {figure}", highlight=False)
    finally:
        serving.process.send_signal(SIGTERM)
        serving.process.wait(60)
    console.print(table)


def _org(tag: str, accounts: int, *, tiers: Sequence[str], service: int, hours: int) -> Any:
    """Makes an org with one rep who works from Monday to Friday, and so many accounts around a town, each open in two windows a
    day."""
    from datetime import time as clock_time

    from django.db import connection

    from backend.crm.models import Account
    from backend.field.models import CallCycle, Visit, WorkingHours
    from backend.identity.models import User
    from backend.kit import clock
    from tests.factories.world import build

    world, chance = build(f"-{tag}"), Random(7)
    User.objects.filter(pk=world.ana.pk).update(start_lat=41.6, start_lng=-93.62)
    WorkingHours.objects.filter(user=world.ana).delete()
    for weekday in range(1, 6):
        end = clock_time(min(23, 7 + hours))
        WorkingHours.objects.create(org=world.org, user=world.ana, weekday=weekday, start=clock_time(7), end=end)
    CallCycle.objects.filter(org=world.org).delete()
    for tier, days in (("A", 7), ("B", 14), ("C", 28)):
        CallCycle.objects.create(org=world.org, tier=tier, interval_days=days)
    now = clock.now()
    for number in range(accounts):
        lat, lng = 41.6 + chance.gauss(0, 0.05), -93.62 + chance.gauss(0, 0.07)
        shop = world.account(f"Shop {number}", world.north, lat=lat, lng=lng)
        first, last = 7 + chance.randrange(4), 13 + chance.randrange(7)
        windows = [
            {"weekday": day, "from": f"{begin:02}:00", "to": f"{end:02}:00"}
            for day in range(1, 8)
            for begin, end in ((first, first + 4), (last, last + 3))
        ]
        tier = tiers[number % len(tiers)]
        Account.objects.filter(pk=shop.pk).update(
            tier=tier, service_minutes=service, visit_windows=windows, created_at=now - timedelta(days=90)
        )
        seen = now - timedelta(days=chance.randrange(1, {"A": 7, "B": 14, "C": 28}[tier] + 10))
        Visit.objects.create(
            org=world.org,
            account=shop,
            rep=world.ana,
            planned_start=seen,
            planned_end=seen + timedelta(minutes=20),
            state="completed",
            ended_at=seen,
        )
    # As in a database that has lived for a minute: the server looks at what its tables hold by itself.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return world


def ask(base: str, token: str, document: str, **variables: Any) -> dict[str, Any]:
    """Returns the data of an answer; raises RuntimeError with its errors."""
    reply = httpx.post(
        f"{base}/graphql",
        json={"query": document, "variables": variables},
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=300,
        trust_env=False,
    ).json()
    if "errors" in reply:
        raise RuntimeError(reply["errors"])
    return dict(reply["data"])


def _of_the_world() -> str:
    from tests.factories.world import PASSWORD

    return PASSWORD


def sign_in(base: str, username: str, password: str | None = None) -> str:
    """Signs in and returns an access token; without a password as somebody of the tests' world."""
    given = {
        "username": username,
        "password": password or _of_the_world(),
        "device": {"installKey": f"the benchmark of {username}"},
    }
    return str(ask(base, "", SIGN_IN, i=given)["signIn"]["session"]["accessToken"])


def _day(stops: int, service: int, hours: int) -> Any:
    def run(base: str, folder: Path) -> list[tuple[str, str]]:
        from backend.kit import clock
        from mobile_client_stub.device import Device
        from tests.factories.world import PASSWORD

        world = _org(f"day{stops}", int(stops * CANDIDATES), tiers="A", service=service, hours=hours)
        with Device(base, folder / f"ana{stops}.sqlite3") as phone:
            phone.sign_in(world.ana.username, PASSWORD)
            phone.sync()
            token = sign_in(base, world.ana.username)
            day = (clock.now() + timedelta(days=2)).date()
            # The first day of work from then on.
            day += timedelta(days=(7 - day.weekday()) % 7 if day.weekday() > 4 else 0)
            began = time.perf_counter()
            plan = ask(base, token, PROPOSE_DAY, i={"day": day.isoformat()})["proposeDay"]["plan"]
            proposed = time.perf_counter()
            visits = ask(base, token, ACCEPT, id=plan["id"])["acceptPlan"]["visits"]
            published = time.perf_counter()
            phone.sync()
            pulled = time.perf_counter()
            held = set(phone.store.contents())
            there = sum(("visit", visit["id"]) in held for visit in visits)
        name = f"day of {plan['figures']['stops']} windowed stops out of {int(stops * CANDIDATES)}"
        parts = (
            f"proposed {proposed - began:.2f}, published {published - proposed:.2f}, pulled {pulled - published:.2f}"
        )
        return [(name, f"{pulled - began:.2f} s ({parts}; {there} of {len(visits)} visits on the phone)")]

    return run


async def progress(base: str, token: str, run_id: str, began: float) -> list[tuple[float, dict[str, Any]]]:
    """Watches a run to its end; returns what was told, with the seconds since `began`."""
    from websockets.asyncio.client import connect

    told: list[tuple[float, dict[str, Any]]] = []
    url = base.replace("http", "ws") + "/graphql"
    async with connect(url, subprotocols=["graphql-transport-ws"]) as opened:  # type: ignore[list-item]
        await opened.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        await opened.recv()
        await opened.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": WATCH % run_id}}))
        while (message := json.loads(await asyncio.wait_for(opened.recv(), 600)))["type"] != "complete":
            if message["type"] == "next":
                told.append((time.perf_counter() - began, message["payload"]["data"]["planRunProgress"]["run"]))
    return told


def _watched(base: str, world: Any, document: str, root: str) -> tuple[str, list[tuple[float, dict[str, Any]]]]:
    token = sign_in(base, world.ana.username)
    began = time.perf_counter()
    run_id = ask(base, token, document, i={"firstDay": _next_monday()})[root]["run"]["id"]
    return run_id, asyncio.run(progress(base, token, run_id, began))


def _line(told: list[tuple[float, dict[str, Any]]]) -> str:
    usable = [(at, run["figures"]) for at, run in told if run["figures"].get("stops")]
    first, last = usable[0], usable[-1]
    return (
        f"first usable after {first[0]:.2f} s ({first[1]['prize']:.0f} points, {first[1]['stops']:.0f} stops), "
        f"{len(usable)} plans seen, the last after {last[0]:.2f} s ({last[1]['prize']:.0f} points, {last[1]['stops']:.0f} stops)"
    )


def _week(base: str, folder: Path) -> list[tuple[str, str]]:
    del folder
    from backend.planning.models import PlanPart

    world = _org("week", 100, tiers="A", service=60, hours=9)
    run_id, told = _watched(base, world, WEEK, "proposeWeek")

    def first_plan(run: str) -> float | None:
        """Returns the milliseconds from the job's begin to its first plan."""
        part = PlanPart.objects.get(run_id=UUID(run))
        if part.first_plan_at is None or part.started_at is None:
            return None
        return (part.first_plan_at - part.started_at).total_seconds() * 1000

    # A fresh server's first plan has everything to read for the first time; those that follow do not.
    later = list[float]()
    token = sign_in(base, world.ana.username)
    for _ in range(AGAIN):
        again = ask(base, token, WEEK, i={"firstDay": _next_monday()})["proposeWeek"]["run"]["id"]
        while (took := first_plan(again)) is None:
            time.sleep(0.05)
        ask(base, token, CANCEL, id=again)
        later.append(took)
        while PlanPart.objects.filter(run_id=UUID(again), finished_at=None).exists():
            time.sleep(0.05)
    figure = f"{first_plan(run_id):.0f} ms the first time, then {median(later):.0f} (of {AGAIN}: {min(later):.0f} to {max(later):.0f})"
    return [
        ("week of 100 accounts, watched over the subscription", _line(told)),
        ("  of that, from the job's begin to the first plan written", figure),
    ]


def _next_monday() -> str:
    from backend.kit import clock

    today = clock.now().date()
    return (today + timedelta(days=7 - today.weekday())).isoformat()


def _cycle(base: str, folder: Path) -> list[tuple[str, str]]:
    del folder
    from backend.planning.models import PlanStop

    world = _org("cycle", 400, tiers="ABBCCC", service=30, hours=9)
    run_id, told = _watched(base, world, CYCLE, "proposeCallCycle")
    stops = PlanStop.objects.filter(plan__part__run_id=UUID(run_id)).order_by("account_id", "planned_start")
    visits: dict[Any, list[Any]] = {}
    weekdays: Counter[str] = Counter()
    interval = {"A": 7, "B": 14, "C": 28}
    for stop in stops.select_related("account", "plan"):
        visits.setdefault((stop.account_id, interval[stop.account.tier]), []).append(stop.plan.day)
        weekdays[f"{stop.plan.day:%a}"] += 1
    pairs = [((later - day).days, every) for (_, every), days in visits.items() for day, later in pairwise(days)]
    close = sum(gap < every / 2 for gap, every in pairs)
    return [
        ("call cycle of 400 accounts, 4 weeks", _line(told)),
        ("  accounts visited, repeat visits, closer than half the interval", f"{len(visits)}, {len(pairs)}, {close}"),
        (
            "  by weekday",
            ", ".join(f"{day} {weekdays[day]}" for day in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")),
        ),
    ]


PARTS: dict[str, Any] = {
    "day25": _day(25, 12, 10),
    "day100": _day(100, 4, 14),
    "week": _week,
    "cycle": _cycle,
}
