"""What phones hold and send when two accounts become one. These tests really commit."""

from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account, AccountContactRelation, Activity
from backend.field.models import CheckIn, Visit
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts, undo_merge
from backend.merging.models import AccountMerge
from backend.sync.protocol import Status
from backend.territories.models import Territory
from tests.factories.replica import Phone, codes, pulled, same_as_new
from tests.factories.world import World, acting

pytestmark = pytest.mark.usefixtures("transactional_db")


def busy(field: World, name: str, territory: Territory) -> Account:
    """Makes an account with rows beneath it, and rows beneath those."""
    account = field.account(name, territory)
    field.contact(account, f"Buyer of {name}")
    deal = field.deal(account)
    deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.50")
    visit = field.visit(account)
    CheckIn.objects.create(org=field.org, visit=visit, rep=field.ana, at=clock.now(), verdict="inside")
    return account


@pytest.mark.trap(5)
def test_phones_see_the_loser_go_and_its_rows_under_the_winner(field: World, phone: Phone) -> None:
    """Trap 5: rows beneath rows change their root, too, and are told under both."""
    loser, winner = busy(field, "Hilltop 2", field.south), busy(field, "Hilltop", field.north)
    bystander = busy(field, "Lakeside", field.south)
    phones = {name: pulled(phone(getattr(field, name))) for name in ("ana", "ben", "cy", "bea", "dee")}
    merge = merge_accounts(actor=acting(field.dee), loser=loser, winner=winner)
    for name, replica in phones.items():
        assert same_as_new(pulled(replica), field), name
    assert set(phones["ana"].of("account")) == {str(winner.pk)}
    for entity in ("opportunityLine", "stageHistory", "checkIn", "visit", "contact"):
        assert len(phones["ana"].of(entity)) == 2, entity
        assert len(phones["cy"].of(entity)) == 1, entity
    assert set(phones["cy"].of("account")) == {str(bystander.pk)}
    undo_merge(actor=acting(field.dee), merge=merge)
    for name, replica in phones.items():
        assert same_as_new(pulled(replica), field), name
    assert set(phones["cy"].of("account")) == {str(bystander.pk), str(loser.pk)}
    assert len(phones["ana"].of("checkIn")) == 1


def test_what_was_done_offline_at_the_loser_lands_at_the_winner(field: World, phone: Phone) -> None:
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.north)
    Account.objects.filter(pk=loser.pk).update(notes="old", phone="1")
    known = field.contact(winner)
    doubled = AccountContactRelation.objects.create(org=field.org, account=loser, contact=known.contact)
    visit, deal = field.visit(loser), field.deal(loser)
    ana = pulled(phone(field.ana))
    merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
    now, new = clock.now().isoformat(), new_id()
    reply = ana.push(
        ana.mutation("visit.checkIn", visit.pk, args={"checkInId": str(new_id()), "at": now}),
        ana.mutation("visit.complete", visit.pk, args={"reportId": str(new_id()), "outcome": "order", "at": now}),
        ana.mutation(
            "visit.create", new, args={"accountId": str(loser.pk), "plannedStart": now, "plannedEnd": _later()}
        ),
        ana.mutation("account.patch", loser.pk, base={"phone": "1"}, set={"phone": "2"}),
        ana.mutation("activity.create", new_id(), args={"accountId": str(loser.pk), "kind": "note", "subject": "s"}),
        ana.mutation(
            "contact.create", new_id(), args={"accountId": str(loser.pk), "contactId": str(new_id()), "fullName": "Jo"}
        ),
        ana.mutation("contact.patch", doubled.pk, base={"email": ""}, set={"email": "a@b.example"}),
        ana.mutation("opportunity.patch", deal.pk, base={"name": deal.name}, set={"name": "Renamed"}),
    )
    assert codes(reply) == [(Status.APPLIED, None)] * 8
    winner.refresh_from_db()
    assert winner.phone == "2"
    assert Visit.objects.get(pk=new).account_id == winner.pk
    assert Activity.objects.get().account_id == winner.pk
    assert not AccountContactRelation.objects.filter(account=loser, deleted_at=None).exists()
    known.contact.refresh_from_db()
    assert known.contact.email == "a@b.example"
    assert same_as_new(pulled(ana), field)


def _later() -> str:
    return (clock.now() + timedelta(minutes=30)).isoformat()


def test_who_covered_only_the_loser_may_still_bring_the_evidence_of_the_day(field: World, phone: Phone) -> None:
    loser, winner = field.account("Hilltop 2", field.south), field.account("Hilltop", field.north)
    deal = field.deal(loser, owner=field.cy)
    cy, zoe = pulled(phone(field.cy)), pulled(phone(field.zoe))
    merge_accounts(actor=acting(field.dee), loser=loser, winner=winner)
    note = {"accountId": str(loser.pk), "kind": "note", "subject": "was there"}
    reply = cy.push(
        cy.mutation("activity.create", new_id(), args=note),
        cy.mutation("account.patch", loser.pk, base={"notes": ""}, set={"notes": "x"}),
        cy.mutation("opportunity.patch", deal.pk, base={"name": deal.name}, set={"name": "Renamed"}),
    )
    assert [code for _, code in codes(reply)] == [None, "OUT_OF_SCOPE", "OUT_OF_SCOPE"]
    assert Activity.objects.get().account_id == winner.pk
    assert [code for _, code in codes(zoe.push(zoe.mutation("activity.create", new_id(), args=note)))] == [
        "ACCOUNT_NOT_FOUND"
    ]
    assert same_as_new(pulled(cy), field)
    assert cy.of("account") == {}


def test_a_visit_written_while_its_account_is_merged_goes_along(
    field: World, phone: Phone, other: BaseDatabaseWrapper
) -> None:
    """The writer came first and is not committed when the merge begins: the merge waits, and takes the row along."""
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    with other.cursor() as cursor:
        cursor.execute(
            "INSERT INTO crm_activity (id, org_id, version, created_at, updated_at, account_id, owner_id, kind, subject, "
            "body, status) VALUES (%s, %s, 1, now(), now(), %s, %s, 'note', 's', '', 'done')",
            [new_id(), field.org.pk, loser.pk, field.ana.pk],
        )
    thread = _in_thread(lambda: merge_accounts(actor=acting(field.ben), loser=loser, winner=winner))
    thread.join(timeout=0.5)
    assert thread.is_alive(), "the merge did not wait for the writer"
    other.commit()
    thread.join()
    assert Activity.objects.get().account_id == winner.pk
    assert same_as_new(pulled(ana), field)


def test_a_push_that_waits_for_a_merge_lands_at_the_winner(field: World, phone: Phone) -> None:
    """The merge came first and is not committed: the phone saw the loser standing, waits, and is led on."""
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    note = ana.mutation("activity.create", new_id(), args={"accountId": str(loser.pk), "kind": "note", "subject": "s"})
    with transaction.atomic():
        merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
        thread = _in_thread(lambda: ana.push(note))
        thread.join(timeout=0.5)
        assert thread.is_alive(), "the push did not wait for the merge"
    thread.join()
    assert Activity.objects.get().account_id == winner.pk
    assert same_as_new(pulled(ana), field)


def test_an_edit_that_waits_for_a_merge_is_sent_again_and_lands(field: World, phone: Phone) -> None:
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    edit = ana.mutation("account.patch", loser.pk, base={"notes": ""}, set={"notes": "Ring twice"})
    halts: list[object] = []
    with transaction.atomic():
        merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
        thread = _in_thread(lambda: halts.append(ana.push(edit).halt))
        thread.join(timeout=0.5)
        assert thread.is_alive()
    thread.join()
    assert [str(one) for one in halts] == ["BUSY"]
    assert codes(ana.push(edit)) == [(Status.APPLIED, None)]
    winner.refresh_from_db()
    assert winner.notes == "Ring twice"


def test_two_merges_against_one_another_make_one(field: World) -> None:
    one, two = field.account("A", field.north), field.account("B", field.north)
    begin = Event()
    came: list[str] = []

    def merge(loser: Account, winner: Account) -> None:
        begin.wait()
        try:
            merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
            came.append("merged")
        except DomainError as error:
            came.append(error.code)

    threads = [_in_thread(lambda: merge(one, two)), _in_thread(lambda: merge(two, one))]
    begin.set()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["ALREADY_MERGED", "merged"]
    assert AccountMerge.objects.count() == 1
    assert Account.objects.filter(pk__in=[one.pk, two.pk], deleted_at=None).count() == 1


def _in_thread(act: Callable[[], object]) -> Thread:
    def run() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread
