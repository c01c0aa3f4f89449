"""The swift way without a thread: who asks, and the row, by a line of the event loop's own."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from psycopg import OperationalError
from pytest_django import Settings

from backend.clients.actions import add_build
from backend.clients.manifest import digest
from backend.crm.models import Account
from backend.identity.models import Device, Role, User
from backend.identity.tokens import ACCESS_LIFE, access_token_for, end_tokens, open_session
from backend.kit import clock, lines
from backend.schema import trusted
from backend.schema.api import schema
from backend.schema.compiled import whole
from backend.schema.context import Context
from backend.schema.frames import encoded
from backend.schema.swift import swift
from backend.schema.trusted import take_name
from backend.territories.models import AccountTerritory
from tests.factories.world import World
from tests.here import on_this_connection

P = ParamSpec("P")
T = TypeVar("T")

pytestmark = pytest.mark.django_db(transaction=True)

ONE = "query One($id: UUID!) { account(id: $id) { name tier contacts { fullName } } }"


class Asker:
    """Somebody who asks for a store, several times in one event loop."""

    def __init__(self, store: Account) -> None:
        self.store = store
        self.visits = 0

    async def ordinarily(self, bearer: str) -> None:
        """Asks as everybody does at first."""
        context = Context(run=on_this_connection)
        await context.identify(bearer)
        await schema.execute(ONE, {"id": str(self.store.pk)}, context_value=context)

    async def asks(self, bearer: str, **given: Any) -> str | None:
        """Returns the JSON of the data, or None where the ordinary way is to answer."""
        asked = {"query": ONE, "variables": {"id": str(self.store.pk)}, **given}
        take_name(asked)
        data = await swift(Context(run=self._visit), bearer, asked)
        return None if data is None else encoded(data).decode()

    async def known(self, *bearers: str) -> None:
        """Has the operation and the tokens known."""
        for bearer in bearers:
            await self.ordinarily(bearer)
            for _ in range(3):
                await self.asks(bearer)

    async def by_line(self, bearer: str, **given: Any) -> str | None:
        """Asks; returns the answer where no thread was visited for it."""
        before = self.visits
        said = await self.asks(bearer, **given)
        return said if self.visits == before else None

    async def _visit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.visits += 1
        return await on_this_connection(function, *args, **kwargs)


@pytest.fixture
def asker(field: World) -> Iterator[Asker]:
    """Returns who asks for a store of Ana's, while event loops may have lines."""
    whole.forget()
    trusted.forget()
    store = field.account("Hy-Vee", field.north)
    field.contact(store)
    lines.allow(2)
    yield Asker(store)
    lines.allow(0)
    whole.forget()
    trusted.forget()


def told(story: Callable[[], Any]) -> None:
    """Tells a story in an event loop."""

    async def whole_story() -> None:
        try:
            await story()
        finally:
            lines.hang_up()

    async_to_sync(whole_story)()


def bearer_of(device: Device) -> str:
    """Returns what a device says who it is."""
    return f"Bearer {open_session(device).access_token}"


def test_no_thread_is_visited_for_what_was_asked_before(field: World, asker: Asker) -> None:
    ana, cy = bearer_of(field.phone(field.ana)), bearer_of(field.phone(field.cy))

    async def story() -> None:
        await asker.known(ana, cy)
        first = await asker.asks(ana)
        assert first is not None
        assert await asker.by_line(ana) == first
        await sync_to_async(Account.objects.filter(pk=asker.store.pk).update)(name="Casey's")
        assert "Casey's" in str(await asker.by_line(ana))
        assert await asker.asks(cy) is None  # whose it is not

    told(story)


def test_who_leads_may_ask_with_a_script(field: World, asker: Asker) -> None:
    script = f"Bearer {access_token_for(field.ben.username)}"

    async def story() -> None:
        await asker.known(script)
        assert "Hy-Vee" in str(await asker.by_line(script))

    told(story)


def _revoked(field: World, device: Device) -> None:
    Device.objects.filter(pk=device.pk).update(revoked_at=clock.now())


def _signed_out(field: World, device: Device) -> None:
    end_tokens(device)


def _dismissed(field: World, device: Device) -> None:
    User.objects.filter(pk=field.ana.pk).update(is_active=False)


def _in_another_org(field: World, device: Device) -> None:
    User.objects.filter(pk=field.ana.pk).update(org=field.other_org)


def _moved(field: World, device: Device) -> None:
    now = clock.now()
    AccountTerritory.objects.filter(account__name="Hy-Vee").update(valid_to=now)


@pytest.mark.parametrize("change", [_revoked, _signed_out, _dismissed, _in_another_org, _moved])
def test_who_may_not_see_it_since_a_moment_is_not_answered(
    field: World, asker: Asker, change: Callable[[World, Device], None]
) -> None:
    device = field.phone(field.ana)
    ana = bearer_of(device)

    async def story() -> None:
        await asker.known(ana)
        assert await asker.by_line(ana)
        await sync_to_async(change)(field, device)
        assert await asker.asks(ana) is None

    told(story)


def test_a_new_token_of_the_same_session_is_known_and_one_of_another_is_not(field: World, asker: Asker) -> None:
    device = field.phone(field.ana)
    script = f"Bearer {access_token_for(field.ana.username)}"
    first, second = bearer_of(device), bearer_of(device)

    async def story() -> None:
        await asker.known(first)
        assert await asker.by_line(second)
        assert await asker.by_line(script) is None  # the same person, and no device
        await sync_to_async(end_tokens)(device)
        after = await sync_to_async(_signed_in_again)(device)
        assert await asker.asks(second) is None
        assert await asker.by_line(after) is None
        assert await asker.by_line(after)
        assert await asker.asks(second) is None

    told(story)


def _signed_in_again(device: Device) -> str:
    device.refresh_from_db()
    return bearer_of(device)


def test_a_token_that_is_over_is_not_answered(field: World, asker: Asker) -> None:
    ana = bearer_of(field.phone(field.ana))

    async def story() -> None:
        await asker.known(ana)
        assert await asker.by_line(ana)
        with clock.moved_to(clock.now() + ACCESS_LIFE + timedelta(seconds=1)):
            assert await asker.asks(ana) is None

    told(story)


def test_who_has_another_role_now_is_asked_for_anew(field: World, asker: Asker) -> None:
    ana = bearer_of(field.phone(field.ana))

    async def story() -> None:
        await asker.known(ana)
        await sync_to_async(User.objects.filter(pk=field.ana.pk).update)(role=Role.PARTNER)
        assert await asker.by_line(ana) is None
        await asker.asks(ana)
        assert await asker.by_line(ana) is None  # of partners nothing is known yet

    told(story)


def test_the_text_of_a_trusted_document_is_not_its_name(field: World, asker: Asker, settings: Settings) -> None:
    add_build(app="handheld", build="1", documents={digest(ONE): ONE})
    ana = bearer_of(field.phone(field.ana))
    named = {"query": None, "documentId": f"sha256:{digest(ONE)}"}

    async def story() -> None:
        await asker.known(ana)
        settings.FREE_DOCUMENTS = frozenset({"admin"})
        await asker.asks(ana, **named)  # the name is looked up
        assert "Hy-Vee" in str(await asker.by_line(ana, **named))
        assert await asker.asks(ana) is None

    told(story)


def test_where_the_database_hangs_up_a_thread_answers(field: World, asker: Asker) -> None:
    ana = bearer_of(field.phone(field.ana))

    async def story() -> None:
        await asker.known(ana)
        found = lines.lines()
        assert found is not None
        await asker.by_line(ana)
        found.close()
        broken = lines.Lines(1, _refused)
        lines._of_loop[next(iter(lines._of_loop))] = broken
        assert "Hy-Vee" in str(await asker.asks(ana))
        assert await asker.by_line(ana) is None

    told(story)


async def _refused() -> lines.Line:
    raise OperationalError("no more connections")
