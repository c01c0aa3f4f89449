"""What was done to a document is done once, by the rules, and what could not be done is kept and told."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from backend.crm.actions import edit_account
from backend.crm.models import Account, AccountContactRelation, Opportunity, StageHistory
from backend.field.models import CheckIn, Visit, VisitReport
from backend.kit import clock
from backend.kit.errors import Busy
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue, SyncOp
from backend.territories.actions import place_account
from tests.factories.documents import Collection
from tests.factories.world import World, acting

Store = Callable[..., Collection]


@pytest.fixture
def store(field: World) -> Store:
    """Gives a person a collection, on a device of their own."""
    return lambda entity, user=None: Collection(user or field.ana, field.phone(user or field.ana), entity)


def issues(field: World) -> list[tuple[str, str]]:
    """Returns what could not be applied as sent: (entity, code)."""
    return list(SyncIssue.objects.filter(org=field.org).order_by("created_at").values_list("entity", "code"))


def test_edits_of_different_fields_both_stand_and_the_client_is_told(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    edit_account(actor=acting(field.ben), account=account, changes={"phone": "555"})
    ana.edit(account.pk, segment="Bars")
    (told,) = ana.push()
    assert (told["segment"], told["phone"]) == ("Bars", "555")
    assert ana.push() == []
    assert issues(field) == []


def test_an_accepted_edit_is_answered_by_nothing_and_pulled_once(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, segment="Bars")
    assert ana.push() == []
    assert [one["version"] for one in ana.page().documents] == [2]
    ana.edit(account.pk, segment="Shops")
    assert ana.push() == []
    ana.edit(account.pk, segment="Bars")
    assert ana.push() == []
    account.refresh_from_db()
    assert account.segment == "Bars"


def test_the_same_field_is_decided_by_its_policy_and_mine_is_kept(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    edit_account(actor=acting(field.ben), account=account, changes={"name": "Bens", "displays": 3})
    ana.edit(account.pk, name="Anas", displays=2)
    (told,) = ana.push()
    assert (told["name"], told["displays"]) == ("Bens", 5)
    assert issues(field) == [("account", "FIELD_CONFLICT")]


def test_a_reply_that_was_lost_counts_nothing_twice_also_after_another_edit(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, displays=2, journal="Asked for Jo")
    ana.push(lost=True)
    ana.push(lost=True)
    ana.edit(account.pk, displays=3, journal="Asked for Jo\nCame again")
    ana.push(lost=True)
    assert ana.push() == []
    account.refresh_from_db()
    assert (account.displays, account.journal) == (3, "Asked for Jo\nCame again")
    assert issues(field) == []


def test_going_back_and_forth_is_three_edits(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    for displays in (2, 0, 2):
        ana.edit(account.pk, displays=displays)
        ana.push()
    account.refresh_from_db()
    assert account.displays == 2
    assert SyncOp.objects.filter(device=ana.device).count() == 3


def test_a_refused_edit_is_kept_and_the_next_builds_on_what_stands(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, displays=2, name="")
    (told,) = ana.push()
    assert (told["displays"], told["name"]) == (0, "Ames Liquor")
    assert ana.push() == []
    ana.edit(account.pk, displays=1)
    assert ana.push() == []
    account.refresh_from_db()
    assert account.displays == 1
    assert len(issues(field)) == 1


def test_a_refusal_whose_reply_was_lost_is_kept_once(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, name="")
    ana.push(lost=True)
    (told,) = ana.push()
    assert (told["name"], len(issues(field))) == ("Ames Liquor", 1)


def test_a_document_that_does_not_say_what_it_changed_overwrites_nothing(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.edit(account.pk, name="An old copy", kind="business")
    (told,) = ana.push()
    assert told["name"] == "Ames Liquor"
    account.refresh_from_db()
    assert (account.name, issues(field)) == ("Ames Liquor", [])


@pytest.mark.parametrize(
    "poison",
    [
        {"name": "\x00"},
        {"name": "half \ud800"},
        {"serviceMinutes": "many"},
        {"serviceMinutes": 10**30},
        {"visitWindows": {"a": 1}},
        {"tags": [[[]]]},
        {"consent": 3},
        {"notes": "x" * 70_000},
        {"lifecycle": "married"},
        {"tier": "A+"},
        {"version": "one", "name": 5},
    ],
)
def test_a_document_that_cannot_be_kept_blocks_nothing(field: World, store: Store, poison: dict[str, Any]) -> None:
    account, other = field.account("Ames Liquor", field.north), field.account("Other", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, **poison)
    ana.edit(other.pk, segment="Bars")
    told = ana.push()
    assert [(one["id"], one["name"]) for one in told] == [(str(account.pk), "Ames Liquor")]
    assert ana.push() == []
    other.refresh_from_db()
    assert other.segment == "Bars"


@pytest.mark.parametrize("row", ["not a uuid", "", "x" * 300])
def test_a_document_with_an_id_of_no_kind_is_taken_away_and_kept(field: World, store: Store, row: str) -> None:
    ana = store("account")
    ana.pull()
    ana.edit(row, name="Ghost", kind="business")
    (told,) = ana.push()
    assert (told["id"], told["deleted"]) == (row, True)
    assert len(issues(field)) == 1


def test_a_prospect_found_on_the_road_is_made_with_all_that_is_known(field: World, store: Store) -> None:
    ana, contacts = store("account"), store("contact")
    contacts.device = ana.device
    account, relation = new_id(), new_id()
    ana.pull()
    ana.edit(account, name="New bar", kind="business", notes="Ring twice", segment="Bars")
    contacts.edit(relation, accountId=str(account), fullName="Jo Doe", role="owner")
    with pytest.raises(Busy) as caught:
        contacts.push()
    assert caught.value.code == "PARENT_UNKNOWN"
    assert ana.push() == []
    assert contacts.push() == []
    made = Account.objects.get(pk=account)
    assert (made.name, made.notes, made.segment) == ("New bar", "Ring twice", "Bars")
    assert AccountContactRelation.objects.get(pk=relation).contact.full_name == "Jo Doe"


def test_a_child_of_an_account_that_was_refused_does_not_wait(field: World, store: Store) -> None:
    ana, contacts = store("account"), store("contact")
    contacts.device = ana.device
    account = new_id()
    ana.edit(account, name="", kind="business")
    contacts.edit(new_id(), accountId=str(account), fullName="Jo Doe")
    assert [one["deleted"] for one in ana.push()] == [True]
    assert [one["deleted"] for one in contacts.push()] == [True]


def test_a_child_of_nobody_waits_a_minute_and_no_longer(
    field: World, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts = store("contact")
    contacts.edit(new_id(), accountId=str(new_id()), fullName="Jo Doe")
    with pytest.raises(Busy):
        contacts.push()
    later = clock.now() + timedelta(seconds=61)
    monkeypatch.setattr(clock, "now", lambda: later)
    (told,) = contacts.push()
    assert told["deleted"]


def test_a_deal_is_edited_and_moved_as_its_document_is(field: World, store: Store) -> None:
    deal = field.deal(field.account("Ames Liquor", field.north))
    ana = store("opportunity")
    ana.pull()
    assert ana.one(deal.pk)["amount"] == "1200.00"
    ana.edit(deal.pk, amount="1200.0", stageId=str(field.stages["won"].pk), reason="best price")
    assert ana.push() == []
    moved = Opportunity.objects.get(pk=deal.pk)
    assert (moved.stage_id, moved.reason) == (field.stages["won"].pk, "best price")
    assert StageHistory.objects.filter(opportunity=deal).count() == 2
    assert list(SyncOp.objects.values_list("name", flat=True)) == ["opportunity.moveStage"]


def test_a_visit_that_was_completed_offline_has_its_evidence(field: World, store: Store) -> None:
    visit = field.visit(field.account("Ames Liquor", field.north))
    ana = store("visit")
    ana.pull()
    here, told = new_id(), new_id()
    ana.edit(
        visit.pk,
        state="completed",
        checkIn={"id": str(here), "lat": 42.03, "lng": -93.62, "accuracyM": 8, "at": clock.now().isoformat()},
        report={"id": str(told), "outcome": "order", "summary": "12 gin", "answers": {"shelf": "full"}},
    )
    assert ana.push() == []
    assert (CheckIn.objects.get().pk, VisitReport.objects.get().pk) == (here, told)
    ana.pull()
    assert ana.one(visit.pk)["state"] == "completed"
    assert ana.one(visit.pk)["checkIn"]["verdict"] == "inside"
    assert ana.one(visit.pk)["report"]["answers"] == {"shelf": "full"}
    ana.edit(visit.pk, report={**ana.one(visit.pk)["report"], "summary": "24 gin"})
    (stands,) = ana.push()
    assert stands["report"]["summary"] == "12 gin"


def test_what_the_lifecycle_forbids_is_undone_in_the_document(field: World, store: Store) -> None:
    visit = field.visit(field.account("Ames Liquor", field.north))
    ana = store("visit")
    ana.pull()
    for state in ("skipped", "married", 7):
        ana.edit(visit.pk, state=state)
        (stands,) = ana.push()
        assert stands["state"] == "planned"
    ana.edit(visit.pk, state="skipped", reason="closed")
    assert ana.push() == []
    assert Visit.objects.get().state == "skipped"


def test_a_visit_of_ones_own_is_made_and_begun_at_once(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana, row, now = store("visit"), new_id(), clock.now()
    ana.edit(
        row,
        accountId=str(account.pk),
        plannedStart=now.isoformat(),
        plannedEnd=(now + timedelta(minutes=30)).isoformat(),
        purpose="Tasting",
        state="in_progress",
        checkIn={"lat": 42.03, "lng": -93.62, "accuracyM": 8, "at": now.isoformat()},
    )
    assert ana.push() == []
    assert (Visit.objects.get().state, CheckIn.objects.count()) == ("in_progress", 1)


def test_a_visit_made_at_a_store_that_was_taken_away_is_kept_and_then_gone(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    visit = field.visit(account)
    ana = store("visit")
    ana.pull()
    ana.edit(visit.pk, state="in_progress", checkIn={"lat": 42.03, "lng": -93.62, "accuracyM": 8})
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    assert ana.one(visit.pk)["state"] == "in_progress"
    (told,) = ana.push()
    assert told["deleted"]
    assert CheckIn.objects.get().rep_id == field.ana.pk


def test_two_devices_at_once_settle_a_batch_once(field: World, store: Store) -> None:
    account = field.account("Ames Liquor", field.north)
    ana = store("account")
    ana.pull()
    ana.edit(account.pk, displays=1)
    again = Collection(ana.user, ana.device, "account", dict(ana.documents), dict(ana.assumed))
    assert ana.push() == []
    assert again.push() == []
    account.refresh_from_db()
    assert (account.displays, connection.in_atomic_block) == (1, False)
