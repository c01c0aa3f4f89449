"""A line that says every request twice, at once or later, of which the phone hears one answer: whichever, it comes to its end."""

from collections.abc import Callable
from random import Random
from threading import Thread

import pytest
from django.db import connections

from backend.crm.models import Account
from backend.field.models import Visit
from backend.kit import clock
from backend.sync.models import Stream
from backend.sync.protocol import EvictReason, PullPage, ResetReason
from backend.territories.actions import place_account
from backend.territories.models import Territory
from tests.factories.replica import Phone, Replica, fresh
from tests.factories.world import World, acting

PATIENCE = 200
Heard = Callable[[PullPage, PullPage], PullPage]

FIRST: Heard = lambda one, _: one  # noqa: E731
SECOND: Heard = lambda _, two: two  # noqa: E731


def either(seed: int) -> Heard:
    """Hears the first or the second, as it comes."""
    chance = Random(seed)
    return lambda one, two: chance.choice([one, two])


def said_twice(phone: Replica, heard: Heard, *, limit: int = 3, between: Callable[[], object] = lambda: None) -> int:
    """Pulls to the end over such a line; `between` happens between a request and its echo. Returns how many answers."""
    for number in range(1, PATIENCE):
        one = phone.ask(limit=limit)
        between()
        page = heard(one, phone.ask(limit=limit))
        phone.take(page)
        if page.complete and not page.more:
            return number
    raise AssertionError("the pull does not end")


def place(field: World, store: Account, territory: Territory) -> None:
    """Puts a store into a territory."""
    place_account(actor=acting(field.dee), account=store, territory=territory)


HEARD = pytest.mark.parametrize("heard", [FIRST, SECOND, either(1)], ids=["first", "second", "either"])


@pytest.mark.trap(28)
@HEARD
def test_a_first_sync_and_every_pull_after_it_end(field: World, phone: Phone, heard: Heard) -> None:
    """Stores enter and leave, more of them than one page holds: no page is made worthless by its own echo."""
    mine = [field.account(f"Store {number}", field.north) for number in range(6)]
    theirs = [field.account(f"Far {number}", field.south) for number in range(6)]
    ana = phone(field.ana)
    said_twice(ana, heard)
    for store in mine[:3]:
        place(field, store, field.south)
    for store in theirs:
        place(field, store, field.north)
    said_twice(ana, heard)
    assert ana.resets == []
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


@pytest.mark.trap(28)
def test_what_was_given_is_not_given_again_for_ever(field: World, phone: Phone) -> None:
    """One page each: nothing is superseded, but a store that came with either answer has come."""
    store = field.account("Valley", field.south)
    ana = phone(field.ana)
    said_twice(ana, FIRST, limit=500)
    place(field, store, field.north)
    said_twice(ana, FIRST, limit=500)
    place(field, field.account("Far", field.south), field.north)
    page = ana.ask()
    assert str(store.pk) not in {op["root"] for op in page.ops}
    assert not [op for op in page.ops if op.get("reason") == EvictReason.REFRESH]


@pytest.mark.trap(28)
@HEARD
@pytest.mark.parametrize("first", [True, False], ids=["first sync", "later pull"])
def test_stores_that_move_between_a_request_and_its_echo(field: World, phone: Phone, heard: Heard, first: bool) -> None:
    """While they move, pages may be superseded; once they stand still the pull ends, and nothing was missed."""
    stores = [field.account(f"Store {number}", field.north) for number in range(5)]
    far = [field.account(f"Far {number}", field.south) for number in range(5)]
    ana = phone(field.ana)
    if not first:
        ana.pull()
    moves = [(stores[number], field.south) for number in range(5)] + [(far[number], field.north) for number in range(5)]

    def move() -> None:
        if moves:
            place(field, *moves.pop())

    while moves:
        said_twice(ana, heard, between=move)
    said_twice(ana, heard)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
    assert len(ana.of("account")) == 5


@pytest.mark.trap(28)
def test_the_echo_of_the_very_first_request_undoes_nothing_however_late(field: World, phone: Phone) -> None:
    for number in range(6):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    echo = Replica(field.ana, ana.device)
    while ana.cursor is None:
        ana.take(ana.ask(limit=4))
        echo.ask(limit=4)
    field.account("New", field.north)
    ana.pull()
    ana.pull()
    echo.ask()
    field.account("Newer", field.north)
    ana.pull()
    assert ana.resets == []
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


@pytest.mark.trap(28)
def test_the_echo_of_a_page_that_took_a_store_away(field: World, phone: Phone) -> None:
    """It fits no more, for the word to drop the store was in the other answer; what is pulled instead has it."""
    stores = [field.account(f"Store {number}", field.north) for number in range(10)]
    ana = phone(field.ana)
    ana.take(ana.ask(limit=9))
    place(field, stores[0], field.south)
    said_twice(ana, SECOND, limit=9)
    assert ana.resets == [ResetReason.PAGES_SUPERSEDED]
    assert str(stores[0].pk) not in ana.of("account")
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_a_phone_that_begins_anew_is_told_todays_route_first(field: World, phone: Phone) -> None:
    """What is known of what it holds stays; what it needs first is asked again."""
    plain, routed = field.account("Plain", field.north), field.account("Routed", field.north)
    ana = phone(field.ana)
    ana.pull()
    Visit.objects.filter(pk=field.visit(routed).pk).update(planned_start=clock.now())
    ana.cursor = None
    for _ in range(2):
        page = ana.ask()
        roots = {op["root"] for op in page.ops}
        assert (page.ready, str(routed.pk) in roots, str(plain.pk) in roots) == (0, True, False)
    ana.pull()
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_a_route_that_changes_while_pages_are_on_their_way(field: World, phone: Phone) -> None:
    """What is needed first is asked again by an echo; pages in the old order would pass over what comes first now."""
    stores = [field.account(f"Store {number}", field.north) for number in range(6)]
    ana = phone(field.ana)
    page = ana.ask(limit=500)
    while page.ready != 0:
        ana.take(page)
        page = ana.ask(limit=500)
    ana.take(page)
    field.visit(stores[3])
    Replica(field.ana, ana.device).ask()
    ana.pull(limit=4)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
    assert len(ana.of("account")) == 6


def test_a_phone_that_begins_anew_leaves_the_cursor_of_its_twin_alone(field: World, phone: Phone) -> None:
    """A store that left meanwhile is told to the one that held it."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    twin = Replica(field.ana, ana.device)
    place(field, account, field.south)
    twin.ask()
    ana.pull()
    assert (ana.resets, ana.of("account")) == ([], {})


def test_two_that_begin_at_the_same_moment(field: World, phone: Phone) -> None:
    """Really side by side: the second waits for the first, looks again, and gives the same generation."""
    for number in range(5):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    pages: list[PullPage] = []

    def ask() -> None:
        try:
            pages.append(ana.ask(limit=4))
        finally:
            connections.close_all()

    threads = [Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(pages) == 3
    for page in pages:
        ana.crash()
        ana.cursor = None
        ana.take(page)
        ana.pull(limit=4)
        assert ana.resets == []
    assert Stream.objects.get(device=ana.device).last_gen == 1
