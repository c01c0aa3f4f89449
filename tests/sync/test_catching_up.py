"""Rows are touched faster than pages are taken: the pull ends all the same, and what it brought is one instant."""

import pytest
from django.db import transaction

from backend.crm.models import Account
from backend.sync import limits
from tests.factories.replica import Phone, Replica, fresh
from tests.factories.world import World

LIMIT = 3
PATIENCE = 100


def lengths_of_a_pull_while_others_write(ana: Replica, stores: list[Account], *, limit: int = LIMIT) -> list[int]:
    """Takes pages, between any two of which every store is written; returns how many operations each had."""
    lengths: list[int] = []
    for turn in range(PATIENCE):
        page = ana.ask(limit=limit)
        ana.take(page)
        lengths.append(len(page.lines))
        if page.complete:
            return lengths
        write(stores, f"turn {turn}")
    raise AssertionError("the pull does not end")


def write(stores: list[Account], notes: str) -> None:
    """Writes the same note at each store, in one transaction."""
    with transaction.atomic():
        Account.objects.filter(pk__in=[store.pk for store in stores]).update(notes=notes)


@pytest.mark.trap(29)
@pytest.mark.parametrize("first", [True, False], ids=["first sync", "later pull"])
def test_a_pull_ends_though_everything_is_written_between_any_two_pages(
    field: World, phone: Phone, first: bool
) -> None:
    stores = [field.account(f"Store {number}", field.north) for number in range(20)]
    ana = phone(field.ana)
    if not first:
        ana.pull()
        write(stores, "before")
    lengths = lengths_of_a_pull_while_others_write(ana, stores)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
    assert len({row["notes"] for row in ana.of("account").values()}) == 1, "half of a transaction is shown"
    longest = 0
    for length in lengths:
        assert length <= max(LIMIT, 2 * longest), "no page is more than twice as long as one that has come"
        longest = max(longest, length)


@pytest.mark.trap(29)
def test_a_page_is_of_the_usual_length_while_rounds_become_shorter(field: World, phone: Phone) -> None:
    """Much was written once: that is many pages, and no reason to make one longer."""
    stores = [field.account(f"Store {number}", field.north) for number in range(20)]
    ana = phone(field.ana)
    for _ in range(3):
        ana.take(ana.ask(limit=LIMIT))
    write(stores, "once")
    pages = ana.pull(limit=LIMIT)
    assert len(pages) > 2 * 20 / LIMIT
    assert max(len(page.lines) for page in pages) <= LIMIT


def test_a_phone_whose_line_is_too_bad_for_a_long_page_asks_for_less(field: World, phone: Phone) -> None:
    """The length of a long page is a multiple of what was asked for."""
    stores = [field.account(f"Store {number}", field.north) for number in range(20)]
    ana = phone(field.ana)
    for turn in range(60):
        if len(ana.ask(limit=LIMIT).lines) > 4 * LIMIT:
            break
        ana.take(ana.ask(limit=LIMIT))
        write(stores, f"turn {turn}")
    long = ana.ask(limit=LIMIT)
    assert (len(long.lines) > 4 * LIMIT, long.complete) == (True, False)
    assert len(ana.ask(limit=1).lines) <= len(long.lines) / LIMIT
    ana.pull(limit=1)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


@pytest.mark.trap(29)
def test_a_long_page_may_hold_more_characters_too(field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were its characters counted as before, its rows would be of no use."""
    monkeypatch.setattr(limits, "PAGE_BYTES", 4_000)
    stores = [field.account(f"Store {number}", field.north) for number in range(20)]
    ana = phone(field.ana)
    lengths_of_a_pull_while_others_write(ana, stores, limit=500)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
