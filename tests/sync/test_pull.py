"""What a phone holds after a pull is what its person may see, at one instant."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account, Contact, Opportunity
from backend.kit import clock
from backend.kit.ids import new_id
from backend.sync import epoch
from backend.sync.models import DeviceScope
from backend.sync.protocol import ResetReason
from backend.territories.actions import place_account, share_account, unshare_account
from backend.territories.models import AccountTerritory
from tests.factories.replica import Phone, pulled, same_as_new
from tests.factories.world import World, acting


def test_first_sync_brings_the_reps_scope_and_nothing_else(field: World, phone: Phone) -> None:
    mine, theirs = field.account("Hilltop", field.north), field.account("Valley", field.south)
    field.contact(mine)
    deal = field.deal(mine)
    ana, cy = phone(field.ana), phone(field.cy)
    ana.pull()
    cy.pull()
    assert set(ana.of("account")) == {str(mine.pk)}
    assert set(ana.of("opportunity")) == {str(deal.pk)}
    assert [row["fullName"] for row in ana.of("contact").values()] == ["Maria de la Vega"]
    assert set(cy.of("account")) == {str(theirs.pk)}
    assert cy.of("opportunity") == cy.of("contact") == {}
    assert ana.of("product").keys() == cy.of("product").keys() != set()


def test_manager_sees_the_subtree_admin_all_partner_what_is_shared_stranger_nothing(field: World, phone: Phone) -> None:
    north, south = field.account("Hilltop", field.north), field.account("Valley", field.south)
    share_account(actor=acting(field.dee), account=south, user=field.pat)
    seen = {
        user.username: set(pulled(phone(user)).of("account"))
        for user in (field.ben, field.bea, field.dee, field.pat, field.zoe)
    }
    assert seen == {
        "ben": {str(north.pk)},
        "bea": {str(south.pk)},
        "dee": {str(north.pk), str(south.pk)},
        "pat": {str(south.pk)},
        "zoe": set(),
    }


def test_an_idle_pull_is_one_empty_complete_page(field: World, phone: Phone) -> None:
    field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    [page] = ana.pull()
    assert (page.ops, page.complete, page.more) == ([], True, False)


@pytest.mark.trap(2)
@pytest.mark.parametrize("way", ["save", "update", "bulk", "raw"])
def test_every_way_of_writing_reaches_the_phone(field: World, phone: Phone, way: str) -> None:
    """Trap 2: the ORM's short cuts and plain SQL are seen like everything else."""
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    if way == "save":
        account.name = "Renamed"
        account.save()
    elif way == "update":
        Account.objects.filter(pk=account.pk).update(name="Renamed")
    elif way == "bulk":
        account.name = "Renamed"
        Account.objects.bulk_update([account], ["name"])
    else:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE crm_account SET name = 'Renamed' WHERE id = %s", [account.pk])
    ana.pull()
    row = ana.of("account")[str(account.pk)]
    assert (row["name"], row["version"]) == ("Renamed", 2)


@pytest.mark.trap(2)
def test_a_rolled_back_savepoint_is_not_told(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    with transaction.atomic():
        savepoint = transaction.savepoint()
        Account.objects.filter(pk=account.pk).update(name="Never")
        transaction.savepoint_rollback(savepoint)
    assert [page.ops for page in ana.pull()] == [[]]


@pytest.mark.trap(1)
def test_a_slow_transaction_that_began_first_is_not_missed(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    """Trap 1: the slow writer takes its number first and commits last."""
    slow, quick = field.account("Slow", field.north), field.account("Quick", field.north)
    ana = pulled(phone(field.ana))
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET name = 'Slow 2' WHERE id = %s", [slow.pk])
    Account.objects.filter(pk=quick.pk).update(name="Quick 2")
    ana.pull()
    names = {row["name"] for row in ana.of("account").values()}
    assert names == {"Slow", "Quick 2"}
    other.commit()
    ana.pull()
    assert {row["name"] for row in ana.of("account").values()} == {"Slow 2", "Quick 2"}


def test_a_contacts_change_shows_at_every_account_of_theirs(field: World, phone: Phone) -> None:
    relation = field.contact(field.account("Hilltop", field.north))
    ana = pulled(phone(field.ana))
    Contact.objects.filter(pk=relation.contact_id).update(full_name="Maria V.")
    ana.pull()
    assert [row["fullName"] for row in ana.of("contact").values()] == ["Maria V."]


def test_deleted_softly_or_hard_it_leaves_the_phone(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    soft, hard = field.visit(account), field.visit(account)
    ana = pulled(phone(field.ana))
    soft.deleted_at = clock.now()
    soft.save()
    hard.delete()
    ana.pull()
    assert ana.of("visit") == {}


@pytest.mark.trap(5)
def test_a_deleted_account_leaves_with_everything_beneath_it(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    field.deal(account)
    ana = pulled(phone(field.ana))
    Account.objects.filter(pk=account.pk).update(deleted_at=clock.now())
    ana.pull()
    assert ana.of("account") == ana.of("opportunity") == ana.of("stageHistory") == {}


@pytest.mark.trap(4)
def test_a_store_moved_leaves_one_phone_and_enters_the_other_whole(field: World, phone: Phone) -> None:
    """Trap 4: the rows themselves did not change."""
    account = field.account("Hilltop", field.north)
    field.contact(account)
    field.deal(account)
    ana, cy, ben = pulled(phone(field.ana)), pulled(phone(field.cy)), pulled(phone(field.ben))
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    for replica in (ana, cy, ben):
        replica.pull()
    gone = ("account", "contact", "opportunity", "stageHistory", "address")
    assert [ana.of(entity) for entity in gone] == [{}] * 5 == [ben.of(entity) for entity in gone]
    assert [len(cy.of(entity)) for entity in gone] == [1] * 5


@pytest.mark.trap(5)
def test_a_deal_taken_to_another_account_takes_its_history_along(field: World, phone: Phone) -> None:
    """Trap 5: logged under the old root and the new one, children included."""
    north, south = field.account("Hilltop", field.north), field.account("Valley", field.south)
    deal = field.deal(north)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    Opportunity.objects.filter(pk=deal.pk).update(account=south)
    ana.pull()
    cy.pull()
    assert ana.of("opportunity") == ana.of("stageHistory") == {}
    assert len(cy.of("opportunity")) == len(cy.of("stageHistory")) == 1


def test_an_assignment_that_begins_or_ends_by_the_clock_alone_moves_scope(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", None)
    tomorrow = clock.now() + timedelta(days=1)
    placed = field.place(account, field.north, since=tomorrow)
    AccountTerritory.objects.filter(pk=placed.pk).update(valid_to=tomorrow + timedelta(days=1))
    ana = pulled(phone(field.ana))
    assert ana.of("account") == {}
    with clock.moved_to(tomorrow + timedelta(hours=1)):
        ana.pull()
        assert set(ana.of("account")) == {str(account.pk)}
    with clock.moved_to(tomorrow + timedelta(days=1)):
        ana.pull()
        assert ana.of("account") == {}


@pytest.mark.trap(3)
def test_a_clock_set_back_an_hour_hides_nothing(field: World, phone: Phone) -> None:
    """Trap 3: no position depends on time."""
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    with clock.moved_to(clock.now() - timedelta(hours=1)):
        Account.objects.filter(pk=account.pk).update(name="Renamed")
        ana.pull()
    assert ana.of("account")[str(account.pk)]["name"] == "Renamed"


@pytest.mark.trap(8)
def test_pages_show_nothing_until_the_pull_is_complete(field: World, phone: Phone) -> None:
    """Trap 8: no half of anything."""
    for number in range(12):
        field.deal(field.account(f"Store {number}", field.north))
    ana = phone(field.ana)
    page = ana.ask(limit=7)
    ana.take(page)
    assert (page.complete, ana.rows) == (False, {})
    ana.pull(limit=7)
    assert len(ana.of("account")) == 12
    assert same_as_new(ana, field)


@pytest.mark.trap(25)
def test_what_is_written_between_pages_is_in_the_completed_state(field: World, phone: Phone) -> None:
    """Trap 25: the snapshot races with writes, before and behind the position that was sent."""
    accounts = [field.account(f"Store {number:02}", field.north) for number in range(10)]
    ana = phone(field.ana)
    ana.take(ana.ask(limit=12))
    Account.objects.filter(pk=accounts[0].pk).update(name="First, behind")
    Account.objects.filter(pk=accounts[9].pk).update(deleted_at=clock.now())
    field.deal(accounts[5])
    ana.pull(limit=12)
    assert same_as_new(ana, field)
    assert "First, behind" in {row["name"] for row in ana.of("account").values()}


@pytest.mark.trap(8)
def test_a_transaction_between_pages_is_seen_whole(field: World, phone: Phone) -> None:
    """One half of an order must not show without the other, though its rows stand on both sides of the position."""
    stores = [field.account(f"Store {number:02}", field.north) for number in range(30)]
    ana = pulled(phone(field.ana))
    Account.objects.filter(pk__in=[store.pk for store in stores]).update(notes="round one")
    ana.take(ana.ask(limit=10))
    with transaction.atomic():
        Account.objects.filter(pk=stores[0].pk).update(notes="round two")
        Account.objects.filter(pk=stores[29].pk).update(notes="round two")
    ana.pull(limit=10)
    notes = {row["name"]: row["notes"] for row in ana.of("account").values()}
    assert (notes["Store 00"], notes["Store 29"]) == ("round two", "round two")


@pytest.mark.trap(7)
def test_a_lost_reply_is_replayed(field: World, phone: Phone) -> None:
    """Trap 7: the phone never saw the page in which a store was taken away, nor the one in which it came back."""
    account = field.account("Hilltop", field.north)
    deal = field.deal(account)
    ana = pulled(phone(field.ana))
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.ask()
    Opportunity.objects.filter(pk=deal.pk).update(name="While away")
    place_account(actor=acting(field.dee), account=account, territory=field.north)
    ana.pull()
    assert [row["name"] for row in ana.of("opportunity").values()] == ["While away"]
    assert same_as_new(ana, field)


@pytest.mark.trap(7)
def test_a_root_given_in_a_lost_reply_and_taken_again_is_evicted(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.south)
    ana = pulled(phone(field.ana))
    place_account(actor=acting(field.dee), account=account, territory=field.north)
    lost = ana.ask()
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ops = [op for page in ana.pull() for op in page.ops]
    assert any(op["op"] == "put" and op["entity"] == "account" for op in lost.ops)
    assert {"op": "evict", "root": str(account.pk), "reason": "scope"} in ops


@pytest.mark.trap(6)
def test_scope_lost_between_pages_and_regained_is_whole_again(field: World, phone: Phone) -> None:
    """Trap 6."""
    account = field.account("Hilltop", field.north)
    field.deal(account)
    for number in range(10):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.take(ana.ask(limit=9))
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.take(ana.ask(limit=9))
    place_account(actor=acting(field.dee), account=account, territory=field.north)
    ana.pull(limit=9)
    assert same_as_new(ana, field)
    assert str(account.pk) in ana.of("account")


@pytest.mark.trap(7)
def test_a_phone_that_crashes_between_pages_starts_that_pull_again(field: World, phone: Phone) -> None:
    for number in range(10):
        field.account(f"Store {number}", field.north)
    ana = phone(field.ana)
    ana.take(ana.ask(limit=5))
    ana.crash()
    ana.pull(limit=5)
    assert same_as_new(ana, field)


@pytest.mark.trap(18)
def test_anothers_cursor_does_not_open(field: World, phone: Phone) -> None:
    """Trap 18: not Cy's, not another phone's, not a changed one."""
    field.account("Hilltop", field.north)
    ana, cy, second = pulled(phone(field.ana)), pulled(phone(field.cy)), phone(field.ana)
    assert ana.cursor is not None
    changed = ana.cursor[:-4] + ("AAAA" if ana.cursor[-4:] != "AAAA" else "BBBB")
    for replica, cursor in ((cy, ana.cursor), (second, ana.cursor), (ana, changed), (ana, "nonsense"), (ana, "é")):
        replica.cursor = cursor
        page = replica.ask()
        assert (page.reset, page.ops) == (ResetReason.CURSOR_INVALID, [])


@pytest.mark.trap(22)
def test_a_cursor_older_than_what_the_phone_proved_to_hold_resets(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    old = ana.cursor
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    ana.pull()
    ana.cursor = old
    assert ana.ask().reset is ResetReason.CURSOR_REWOUND


@pytest.mark.trap(19)
def test_after_a_restore_every_phone_starts_again_and_keeps_nothing_old(field: World, phone: Phone) -> None:
    """Trap 19: a new epoch."""
    field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    epoch.renew()
    ana.pull()
    assert ana.resets == [ResetReason.EPOCH_CHANGED]
    assert same_as_new(ana, field)


def test_a_first_sync_asked_twice_gives_everything_twice(field: World, phone: Phone) -> None:
    field.account("Hilltop", field.north)
    ana = phone(field.ana)
    ana.ask()
    ana.pull()
    assert same_as_new(ana, field)


def test_a_share_that_ends_evicts(field: World, phone: Phone) -> None:
    account = field.account("Valley", field.south)
    share_account(actor=acting(field.dee), account=account, user=field.pat)
    pat = pulled(phone(field.pat))
    assert set(pat.of("account")) == {str(account.pk)}
    unshare_account(actor=acting(field.dee), account=account, user=field.pat)
    pat.pull()
    assert pat.of("account") == {}


def test_scope_is_kept_per_root_not_per_row(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    for _ in range(20):
        field.deal(account)
    ana = pulled(phone(field.ana))
    roots = set(DeviceScope.objects.filter(stream__device=ana.device).values_list("root", flat=True))
    assert roots == {field.org.pk, field.ana.pk, field.north.pk, account.pk}


def test_a_row_born_and_dead_between_two_pulls_is_only_a_delete(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    visit = field.visit(account)
    visit_id = visit.pk
    visit.delete()
    [page] = ana.pull()
    assert page.ops == [{"op": "del", "entity": "visit", "id": str(visit_id)}]
    assert new_id() != visit_id
