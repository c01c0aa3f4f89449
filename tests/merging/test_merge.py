"""Two records of one customer become one, and nothing that hung on either is lost."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection

from backend.crm import actions as crm
from backend.crm.models import (
    Account,
    AccountContactRelation,
    AccountSales,
    Activity,
    Address,
    ExternalId,
    OrderLine,
    StageHistory,
)
from backend.crm.sales import refresh_sales
from backend.events.models import OutboxEvent
from backend.field.models import Visit, VisitReport
from backend.kit import clock, locks
from backend.kit.errors import Busy, DomainError
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts, undo_merge
from backend.merging.plan import moved_columns
from backend.merging.queries import preview
from backend.territories.actions import place_account, share_account
from backend.territories.coverage import account_for, sees
from backend.territories.models import AccountShare
from tests.factories.world import World, acting
from tests.merging.story import everything, merged, stocked


def test_everything_that_hung_on_the_loser_hangs_on_the_winner(field: World) -> None:
    loser, winner = stocked(field, "Hilltop 2"), stocked(field, "Hilltop")
    history = list(StageHistory.objects.order_by("id").values())
    reports = list(VisitReport.objects.order_by("id").values())
    merge = merged(field, loser, winner)
    assert (loser.merged_into_id, loser.deleted_at) == (winner.pk, merge.merged_at)
    for model, column in moved_columns():
        assert not model._base_manager.filter(**{column: loser.pk}).exists(), model._meta.label
    assert ExternalId.objects.filter(row_id=winner.pk).count() == 2
    assert Visit.objects.filter(account=winner).count() == 2
    assert OrderLine.objects.filter(account=winner).count() == 4
    assert Account.objects.filter(parent=winner).count() == 2
    assert list(StageHistory.objects.order_by("id").values()) == history
    assert list(VisitReport.objects.order_by("id").values()) == reports
    assert OutboxEvent.objects.filter(name="account.merged").count() == 1


def test_every_table_that_names_an_account_is_moved_or_named_as_staying(field: World) -> None:
    """A table of a later room is found by itself; what must not be forgotten is the trigger that follows a merge."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'crm_follow_merge'"
        )
        following = {name for (name,) in cursor.fetchall()}
    hanging = {model._meta.db_table for model, column in moved_columns() if column == "account_id"}
    # Imports hold the lock that a merge wants, and so need none.
    assert hanging - {"crm_orderline"} == following


def test_the_preview_says_what_the_merge_then_does(field: World) -> None:
    loser, winner = stocked(field, "Hilltop 2"), stocked(field, "Hilltop")
    Account.objects.filter(pk=loser.pk).update(phone="555", tier="B", consent={"email": True, "sms": False})
    Account.objects.filter(pk=winner.pk).update(consent={"email": True, "phone": True})
    share_account(actor=acting(field.ben), account=loser, user=field.pat)
    loser.refresh_from_db()
    winner.refresh_from_db()
    before = everything(field)
    seen = preview(actor=acting(field.ben), loser=loser, winner=winner, choices={})
    assert everything(field) == before
    assert seen.counts["Visit"] == seen.counts["Opportunity"] == seen.counts["Address"] == 1
    assert seen.gaining == [field.pat.pk]
    assert [one.field for one in seen.outcomes if one.conflict] == ["name", "tier", "address"]
    merge = merged(field, loser, winner)
    assert merge.outcomes == [one.as_json() for one in seen.outcomes]
    assert [len(ids) for _, _, ids in merge.journal["moves"]] == [len(move.ids) for move in seen.journal.moves]
    assert (winner.phone, winner.tier, winner.name) == ("555", "A", "Hilltop")
    assert winner.consent == {"email": True, "sms": False}


def test_a_manager_chooses_field_by_field(field: World) -> None:
    loser, winner = field.account("Hilltop Inc", field.north), field.account("Hilltop", field.north)
    Account.objects.filter(pk=loser.pk).update(number="C-2", tier="B", notes="Ring twice", tags=["b", "c"], displays=3)
    Account.objects.filter(pk=winner.pk).update(number="C-1", notes="Dog", tags=["a", "b"], displays=1)
    merged(field, loser, winner, name="loser", number="loser", tier="winner")
    assert (winner.name, winner.number, winner.tier) == ("Hilltop Inc", "C-2", "A")
    assert (winner.notes, winner.tags, winner.displays) == ("Dog\n\nRing twice", ["a", "b", "c"], 3)
    assert loser.number is None


@pytest.mark.parametrize(
    ("choices", "field_name"),
    [({"consent": "winner"}, "consent"), ({"colour": "loser"}, "colour"), ({"name": "both"}, "name")],
)
def test_a_choice_that_is_none_is_refused(field: World, choices: dict[str, str], field_name: str) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.north)
    with pytest.raises(DomainError) as error:
        merge_accounts(actor=acting(field.ben), loser=loser, winner=winner, choices=choices)
    assert (error.value.code, list(error.value.fields)) == ("NOT_A_CHOICE", [field_name])


def test_a_person_known_to_both_is_there_once(field: World) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.north)
    both = field.contact(winner, "Maria").contact
    AccountContactRelation.objects.filter(account=winner).update(role="", is_primary=True)
    AccountContactRelation.objects.create(org=field.org, account=loser, contact=both, role="owner")
    other = field.contact(loser, "Jo")
    AccountContactRelation.objects.filter(pk=other.pk).update(is_primary=True)
    merge = merged(field, loser, winner)
    living = AccountContactRelation.objects.filter(account=winner, deleted_at=None).order_by("contact__full_name")
    assert [(one.contact.full_name, one.role, one.is_primary) for one in living] == [
        ("Jo", "buyer", False),
        ("Maria", "owner", True),
    ]
    # The doubled one stays behind, so that a phone's edit of it is led to the one that stood.
    assert [one.contact_id for one in AccountContactRelation.objects.filter(account=loser)] == [both.pk]
    undo_merge(actor=acting(field.ben), merge=merge)
    assert AccountContactRelation.objects.filter(account=loser, deleted_at=None).count() == 2
    assert AccountContactRelation.objects.get(account=winner, deleted_at=None).role == ""


def test_one_address_stays_primary(field: World) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.north)
    merged(field, loser, winner)
    assert list(Address.objects.filter(account=winner).order_by("id").values_list("is_primary", flat=True)) == [
        False,
        True,
    ]
    third = field.account("C", field.north)
    theirs = Address.objects.get(account=third)
    merged(field, third, winner, address="loser")
    assert Address.objects.get(account=winner, is_primary=True).pk == theirs.pk


def test_figures_are_made_anew_from_all_lines(field: World) -> None:
    loser, winner = stocked(field, "Hilltop 2"), stocked(field, "Hilltop")
    refresh_sales(field.org.pk)
    merge = merged(field, loser, winner)
    assert AccountSales.objects.get(account=winner).amount_12m == Decimal("100.00")
    assert AccountSales.objects.get(account=loser).deleted_at is not None
    undo_merge(actor=acting(field.ben), merge=merge)
    assert (
        list(AccountSales.objects.filter(deleted_at=None).values_list("amount_12m", flat=True))
        == [Decimal("50.00")] * 2
    )


@pytest.mark.parametrize(
    ("who", "code"),
    [("ana", "MANAGER_ONLY"), ("pat", "MANAGER_ONLY"), ("cy", "MANAGER_ONLY"), ("bea", "NOT_COVERED")],
)
def test_only_who_answers_for_both_merges(field: World, who: str, code: str) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.south)
    for action in (merge_accounts, preview):
        with pytest.raises(DomainError) as error:
            action(actor=acting(getattr(field, who)), loser=loser, winner=winner, choices={})
        assert error.value.code == code
    merged(field, loser, winner, by=field.dee)


def test_what_cannot_be_merged(field: World) -> None:
    one, two, three = (field.account(name, field.north) for name in "ABC")
    with pytest.raises(DomainError) as error:
        merged(field, one, one)
    assert error.value.code == "SAME_ACCOUNT"
    first = merged(field, one, two)
    for loser, winner in ((one, three), (two, one), (three, one)):
        with pytest.raises(DomainError) as error:
            merged(field, loser, winner)
        assert error.value.code == "ALREADY_MERGED"
    assert merged(field, one, two).pk == first.pk


def test_a_merge_waits_until_an_import_is_done(field: World) -> None:
    one, two = (field.account(name, field.north) for name in "AB")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [int(locks.Lock.IMPORT), locks._second(field.org.pk)])
        with pytest.raises(Busy) as error:
            merged(field, one, two)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert error.value.code == "IMPORT_RUNNING"
    merged(field, one, two)


def test_a_merge_that_is_just_ending_is_no_import(field: World) -> None:
    """It gives its locks back one after another; whoever comes between the first and the last goes on."""
    one, two = (field.account(name, field.north) for name in "AB")
    ending = connection.copy()
    try:
        ending.set_autocommit(False)
        with ending.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock_shared(%s, %s)", [int(locks.Lock.IMPORT), locks._second(field.org.pk)]
            )
        merged(field, one, two)
    finally:
        ending.close()


def test_the_tree_has_no_circle_whichever_of_a_chain_are_merged(field: World) -> None:
    for top, bottom in ((0, 2), (2, 0), (0, 1), (1, 0)):
        chain = [field.account(name, field.north) for name in ("Head", "Branch", "Shop")]
        above = field.account("Above", field.north)
        for child, parent in zip(chain, [above, *chain], strict=False):
            crm.set_parent(actor=acting(field.dee), account=child, parent=parent)
        loser, winner = Account.objects.get(pk=chain[top].pk), Account.objects.get(pk=chain[bottom].pk)
        merge = merged(field, loser, winner)
        for start in Account.objects.filter(pk__in=[one.pk for one in chain], deleted_at=None):
            up, steps = start, 0
            while up.parent is not None:
                up, steps = up.parent, steps + 1
                assert steps < 5, "a circle"
            assert up.pk == above.pk
        undo_merge(actor=acting(field.ben), merge=merge)
        assert [Account.objects.get(pk=one.pk).parent_id for one in chain] == [above.pk, chain[0].pk, chain[1].pk]


def test_who_was_shown_the_loser_sees_the_winner_and_a_share_that_ended_stays_history(field: World) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.north)
    share_account(actor=acting(field.ben), account=loser, user=field.pat)
    ended = share_account(actor=acting(field.ben), account=loser, user=field.cy)
    AccountShare.objects.filter(pk=ended.pk).update(
        valid_from=clock.now() - timedelta(2), valid_to=clock.now() - timedelta(1)
    )
    merged(field, loser, winner)
    assert sees(field.pat.pk, winner.pk)
    assert not sees(field.cy.pk, winner.pk)
    ended.refresh_from_db()
    assert ended.account_id == loser.pk


def test_the_losers_id_leads_on_for_who_sees_the_winner_and_for_nobody_else(field: World) -> None:
    loser, winner = field.account("A", field.south), field.account("B", field.north)
    merged(field, loser, winner, by=field.dee)
    assert account_for(acting(field.ana), loser.pk).pk == winner.pk
    for other in (field.cy, field.zoe):
        with pytest.raises(DomainError) as error:
            account_for(acting(other), loser.pk)
        assert error.value.code == "ACCOUNT_NOT_FOUND"


def test_a_row_written_to_the_loser_by_whoever_lands_at_the_winner(field: World) -> None:
    loser, winner = field.account("A", field.north), field.account("B", field.north)
    merged(field, loser, winner)
    Activity.objects.bulk_create(
        [Activity(id=new_id(), org=field.org, account=loser, owner=field.ana, kind="note", subject="late")]
    )
    assert Activity.objects.get(subject="late").account_id == winner.pk
    stale = Account.objects.get(pk=loser.pk)
    for act in (
        lambda: crm.edit_account(actor=acting(field.ana), account=stale, changes={"notes": "lost?"}),
        lambda: place_account(actor=acting(field.ben), account=stale, territory=field.north),
        lambda: crm.set_parent(actor=acting(field.dee), account=winner, parent=stale),
    ):
        with pytest.raises(Busy) as error:
            act()
        assert error.value.code == "MERGED_MEANWHILE"


def test_no_room_is_forgotten(field: World) -> None:
    labels = {model._meta.label for model, _ in moved_columns()}
    assert labels >= {
        "crm.Account",
        "crm.AccountContactRelation",
        "crm.Activity",
        "crm.Address",
        "crm.Lead",
        "crm.Opportunity",
        "crm.OrderLine",
        "field.Visit",
        "merging.AccountMerge",
        "planning.PlanDrop",
        "planning.PlanStop",
        "territories.AccountShare",
    }
    assert apps.get_model("crm.AccountSales") not in {model for model, _ in moved_columns()}
