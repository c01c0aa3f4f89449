"""Access that ends in the middle, pages that must be full, and phones that hear nothing for months."""

from datetime import timedelta
from itertools import pairwise

import pytest

from backend.crm.models import Account
from backend.identity.models import User
from backend.kit import clock
from backend.territories.actions import place_account
from tests.factories.replica import Phone
from tests.factories.world import World, acting

STORES = 12


@pytest.mark.trap(23)
def test_who_is_switched_off_between_two_pages_gets_nothing_more(field: World, phone: Phone) -> None:
    for number in range(STORES):
        field.deal(field.account(f"Store {number}", field.north))
    ana = phone(field.ana)
    first = ana.ask(limit=10)
    ana.take(first)
    User.objects.filter(pk=field.ana.pk).update(is_active=False)
    pages = ana.pull(limit=10)
    assert any(op["op"] == "put" for op in first.ops)
    assert {op["op"] for page in pages for op in page.ops} == {"evict"}
    assert ana.rows == {}


@pytest.mark.trap(23)
def test_a_territory_taken_away_between_two_pages_is_not_sent_to_its_end(field: World, phone: Phone) -> None:
    stores = [field.account(f"Store {number}", field.north) for number in range(STORES)]
    ana = phone(field.ana)
    ana.take(ana.ask(limit=10))
    for store in stores:
        place_account(actor=acting(field.dee), account=store, territory=field.south)
    later = [op for page in ana.pull(limit=10) for op in page.ops]
    theirs = {str(store.pk) for store in stores}
    assert [op for op in later if op["op"] == "put" and op["root"] in theirs] == []
    assert ana.of("account") == {}


@pytest.mark.trap(9)
@pytest.mark.parametrize("first", [True, False], ids=["first sync", "changes"])
def test_a_page_is_full_unless_it_is_the_last_whatever_was_left_out_of_it(
    field: World, phone: Phone, first: bool
) -> None:
    """Most of what was written is Cy's, and none of that takes a place in Ana's pages."""
    ana = phone(field.ana)
    if not first:
        ana.pull()
    for number in range(STORES * 4):
        field.account(f"Store {number}", field.south if number % 4 else field.north)
    pages = ana.pull(limit=5)
    # A first sync ends a page where what comes first, or second, does; nothing else cuts one short.
    full = [page for before, page in pairwise(pages[:-1]) if before.ready == page.ready]
    assert [len([op for op in page.ops if op["op"] == "put"]) for page in full] == [5] * len(full)
    assert len(full) >= len(pages) - 4
    assert len(ana.of("account")) == STORES


@pytest.mark.trap(20)
def test_a_phone_that_had_nothing_to_hear_is_not_thrown_out_by_age(field: World, phone: Phone) -> None:
    """A hundred days of other people's business, one pull in a while."""
    mine, theirs = field.account("Hilltop", field.north), field.account("Valley", field.south)
    ana = phone(field.ana)
    ana.pull()
    begin = clock.now()
    for day in range(0, 100, 20):
        with clock.moved_to(begin + timedelta(days=day)):
            Account.objects.filter(pk=theirs.pk).update(notes=f"day {day}")
            assert [page.ops for page in ana.pull()] == [[]]
    with clock.moved_to(begin + timedelta(days=100)):
        Account.objects.filter(pk=mine.pk).update(notes="at last")
        ana.pull()
    assert ana.resets == []
    assert ana.of("account")[str(mine.pk)]["notes"] == "at last"
