"""Replies lost at the worst moment: after a page told the phone to drop a store, and after a first sync began anew."""

from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection

from backend.kit.ids import new_id
from backend.sync import changes, epoch
from backend.sync.cursor import Bearer, Cursor, Page, seal
from backend.sync.protocol import ResetReason
from backend.territories.actions import place_account
from tests.factories.replica import Phone, same_as_new
from tests.factories.world import World, acting


@pytest.mark.trap(7)
def test_a_store_lost_in_a_page_whose_reply_was_lost_leaves_the_phone(field: World, phone: Phone) -> None:
    """The word to drop it was in the lost reply; asking for that page again must not leave it out."""
    stores = [field.account(f"Store {number}", field.north) for number in range(10)]
    ana = phone(field.ana)
    while not any(op["op"] == "put" and op["root"] == str(stores[0].pk) for op in ana.staged):
        ana.take(ana.ask(limit=9))
    place_account(actor=acting(field.dee), account=stores[0], territory=field.south)
    ana.ask(limit=9)
    ana.pull(limit=9)
    assert str(stores[0].pk) not in ana.of("account")
    assert same_as_new(ana, field)


def test_a_store_that_entered_and_left_between_pages_lost_on_the_way_leaves_too(field: World, phone: Phone) -> None:
    """The same for a phone that had synced before, and for a store it was about to be given."""
    coming = [field.account(f"Coming {number}", field.south) for number in range(4)]
    ana = phone(field.ana)
    ana.pull()
    for store in coming:
        place_account(actor=acting(field.dee), account=store, territory=field.north)
    ana.take(ana.ask(limit=3))
    for store in coming[:2]:
        place_account(actor=acting(field.dee), account=store, territory=field.south)
    ana.ask(limit=3)
    ana.ask(limit=3)
    ana.pull(limit=3)
    assert len(ana.of("account")) == 2
    assert same_as_new(ana, field)


@pytest.mark.trap(6)
def test_what_was_deleted_under_a_store_that_went_and_came_back_unseen_is_gone(field: World, phone: Phone) -> None:
    """The store enters again whole, and what the phone kept of it must not show through."""
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana = phone(field.ana)
    ana.pull()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.ask()
    visit.delete()
    place_account(actor=acting(field.dee), account=account, territory=field.north)
    ana.pull()
    assert ana.of("visit") == {}
    assert same_as_new(ana, field)


def test_a_cursor_from_before_a_first_sync_that_never_arrived_is_good(field: World, phone: Phone) -> None:
    """Beginning anew forgets nothing of what the phone held: a store gone since is told to leave."""
    account = field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.pull()
    before = ana.cursor
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.cursor = None
    ana.ask()
    ana.cursor = before
    ana.pull()
    assert ana.resets == []
    assert ana.of("account") == {}
    assert same_as_new(ana, field)


def test_a_page_whose_target_lies_in_the_future_starts_again(field: World, phone: Phone) -> None:
    """A backup was restored in the middle of a first sync, and nobody renewed the epoch."""
    ana = phone(field.ana)
    ana.take(ana.ask(limit=2))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1000")
        future = cursor.fetchone()[0]
    page = Page(
        next_gen=1, phase="enter", base="", target=f"{future}:{future}:", rank=-1, after=str(UUID(int=0)), seq=0
    )
    bearer = Bearer(field.org.pk, field.ana.pk, ana.device.pk, ana.protocol)
    from_later = Cursor(epoch=epoch.current(), gen=0, base="", page=page)
    ana.page_cursor = seal(from_later, bearer, secret=settings.SECRET_KEY)
    assert ana.ask().reset is ResetReason.EPOCH_CHANGED
    assert changes.from_the_future(f"{future}:{future}:")


def test_a_row_with_the_lowest_id_there_is_arrives(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    nil = UUID(int=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_activity (id, org_id, version, created_at, updated_at, account_id, owner_id, kind, subject, "
            "body, status) VALUES (%s, %s, 1, now(), now(), %s, %s, 'note', 'Nil', '', 'done')",
            [nil, field.org.pk, account.pk, field.ana.pk],
        )
    ana = phone(field.ana)
    ana.pull()
    assert set(ana.of("activity")) == {str(nil)}


def test_a_mutation_is_covered_only_once_its_root_is_here(field: World, phone: Phone) -> None:
    """A prospect made while pages are on their way is not in this pull: its number must wait for the next."""
    for number in range(6):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.take(ana.ask(limit=5))
    new = new_id()
    ana.push(ana.mutation("account.create", new, args={"name": "New bar"}))
    page = ana.ask(limit=5)
    while not page.complete:
        ana.take(page)
        page = ana.ask(limit=5)
    ana.take(page)
    assert str(new) not in ana.of("account")
    assert (page.more, page.last_seq) == (True, 0)
    last = ana.pull()[-1]
    assert str(new) in ana.of("account")
    assert last.last_seq == 1
