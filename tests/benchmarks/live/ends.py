"""`make bench ARGS=ends`: how long somebody goes on hearing after they may not: their phone revoked, or they moved elsewhere.

Each of them has a socket to one web process and hears of a deal that changes all the time. Told are milliseconds from the
commit to the last row that still came (0: none came after it), and to the word that it is over: the socket closed, or the
rows told as gone. ARGS="ends 20" takes 20 people for each."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.own_database import own_database

PEOPLE = 50
PACE = 0.1
EVERY = 0.02
QUIET = 2.0
DEALS = "subscription { opportunityChanged { gone resync opportunity { id notes } } }"


@dataclass
class Ear:
    """One socket. `shown`: when rows came; `over`: when it heard that it is over."""

    shown: list[float] = field(default_factory=list)
    over: float | None = None
    at: float = 0.0

    async def listen(self, socket: Any) -> None:
        """Notes what comes until the socket is closed."""
        from websockets.exceptions import ConnectionClosed

        try:
            async for text in socket:
                now, message = time.monotonic(), json.loads(text)
                told = (message.get("payload") or {}).get("data", {}).get("opportunityChanged")
                if told and told["opportunity"]:
                    self.shown.append(now)
                elif told and self.at and self.over is None:
                    self.over = now
        except ConnectionClosed:
            pass
        self.over = self.over or time.monotonic()

    def lags(self) -> tuple[float, float]:
        """Returns milliseconds to the last row after the commit, and to the word that it is over."""
        if self.over is None:
            raise SystemExit("somebody was never told that it is over")
        last = max((one for one in self.shown if one > self.at), default=self.at)
        return (last - self.at) * 1000, (self.over - self.at) * 1000


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints the table. `arguments`: how many people for each."""
    count = int(arguments[0]) if arguments else PEOPLE
    with own_database() as (folder, database):
        _measure(count, folder, database, console)


def _measure(count: int, folder: Path, database: str, console: Console) -> None:
    import django
    from django.core.management import call_command
    from django.db import transaction

    django.setup()
    call_command("migrate", verbosity=0)
    from backend.identity import actions
    from backend.territories.actions import assign_user, release_user
    from tests.benchmarks.gateway.report import load
    from tests.benchmarks.live.people import people
    from tests.benchmarks.rivals import serving
    from tests.factories.world import acting

    started, crowd = load(), people(2 * count)
    dee = acting(crowd.world.dee)

    def revoke(number: int) -> None:
        actions.revoke_device(actor=dee, device_id=crowd.devices[number].pk, reason="lost")

    def move(number: int) -> None:
        user = crowd.users[number]
        with transaction.atomic():
            release_user(actor=dee, user=user, territory=crowd.world.north)
            assign_user(actor=dee, user=user, territory=crowd.world.south)

    server = serving.fieldbeat(database, folder)
    try:
        people_of = crowd.listeners()
        rows = {
            "phone revoked": _play(server.port, people_of[:count], crowd.shared[0], revoke, 0),
            "moved elsewhere": _play(server.port, people_of[count:], crowd.shared[0], move, count),
        }
    finally:
        server.stop()
    table = Table(title=f"{count} people each; load {started} to {load()}", title_justify="left", box=None)
    for column in ("", "last row, p50 / p99 / worst ms", "told that it is over, p50 / p99 / worst ms"):
        table.add_column(column, justify="right" if column else "left")
    for name, lags in rows.items():
        table.add_row(name, *(_of([one[part] for one in lags]) for part in (0, 1)))
    console.print(table)


def _of(values: list[float]) -> str:
    from tests.benchmarks.live.measuring import quantile

    return f"{quantile(values, 0.5):.0f} / {quantile(values, 0.99):.0f} / {max(values):.0f}"


def _play(
    port: int, people: list[dict[str, str]], deal: str, end: Callable[[int], None], first: int
) -> list[tuple[float, float]]:
    ears = [Ear() for _ in people]
    asyncio.run(_story(port, people, ears, deal, end, first))
    return [ear.lags() for ear in ears]


async def _story(
    port: int, people: list[dict[str, str]], ears: list[Ear], deal: str, end: Callable[[int], None], first: int
) -> None:
    from asgiref.sync import sync_to_async
    from websockets.asyncio.client import connect

    from backend.crm.models import Opportunity

    def change(number: int) -> None:
        Opportunity.objects.filter(pk=deal).update(notes=f"{number}")

    def ended(number: int, ear: Ear) -> None:
        end(number)
        ear.at = time.monotonic()

    async def busy() -> None:
        number = 0
        while True:
            number += 1
            await sync_to_async(change)(number)
            await asyncio.sleep(EVERY)

    async with AsyncExitStack() as stack:
        listening = []
        for person, ear in zip(people, ears, strict=True):
            protocols: Any = ["graphql-transport-ws"]
            socket = await stack.enter_async_context(
                connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocols, proxy=None)
            )
            payload = {"Authorization": person["authorization"]}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": DEALS}}))
            listening.append(asyncio.create_task(ear.listen(socket)))
        writing = asyncio.create_task(busy())
        while not all(ear.shown for ear in ears):  # noqa: ASYNC110 - each socket notes for itself
            await asyncio.sleep(PACE)
        for number, ear in enumerate(ears):
            await sync_to_async(ended)(first + number, ear)
            await asyncio.sleep(PACE)
        await asyncio.sleep(QUIET)
        for task in (writing, *listening):
            task.cancel()
        await asyncio.gather(writing, *listening, return_exceptions=True)
