"""What the CRM refuses, and that the database refuses it too, whoever writes."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from backend.crm import actions
from backend.crm.models import Account, Address, Lead, LeadStatus, Opportunity, StageHistory
from backend.events.models import OutboxEvent
from backend.kit.errors import Conflict, DomainError, Invalid, NotPermitted
from backend.kit.ids import new_id
from tests.factories.world import World, acting


def test_customer_numbers_are_unique_in_an_org_only(field: World) -> None:
    ana = acting(field.ana)
    actions.create_account(actor=ana, account_id=new_id(), values={"name": "One", "number": "C-1"})
    with pytest.raises(Conflict) as error:
        actions.create_account(actor=ana, account_id=new_id(), values={"name": "Two", "number": "C-1"})
    assert (error.value.code, error.value.fields) == ("NUMBER_TAKEN", {"number": "taken"})
    actions.create_account(actor=acting(field.zoe), account_id=new_id(), values={"name": "Other", "number": "C-1"})
    two = actions.create_account(actor=ana, account_id=new_id(), values={"name": "Two"})
    with pytest.raises(Conflict):
        actions.edit_account(actor=ana, account=two, changes={"number": "C-1"})


def test_an_id_is_used_once(field: World) -> None:
    one = new_id()
    actions.create_account(actor=acting(field.ana), account_id=one, values={"name": "One"})
    with pytest.raises(Invalid) as error:
        actions.create_account(actor=acting(field.ana), account_id=one, values={"name": "Again"})
    assert error.value.code == "ID_TAKEN"


def test_the_account_tree_has_no_circle(field: World) -> None:
    head, branch, shop = (field.account(name, field.north) for name in ("Head", "Branch", "Shop"))
    dee = acting(field.dee)
    actions.set_parent(actor=dee, account=branch, parent=head)
    actions.set_parent(actor=dee, account=shop, parent=branch)
    for above in (head, shop, branch):
        with pytest.raises(Invalid) as error:
            actions.set_parent(actor=dee, account=head, parent=above)
        assert error.value.code == "PARENT_CYCLE"
    with pytest.raises(DatabaseError, match="account_not_own_parent"), transaction.atomic():
        Account.objects.filter(pk=head.pk).update(parent=head)


def test_a_parent_of_another_org_does_not_exist(field: World) -> None:
    other = Account.objects.create(org=field.other_org, name="Elsewhere")
    with pytest.raises(DomainError) as error:
        actions.set_parent(actor=acting(field.dee), account=field.account("Shop", field.north), parent=other)
    assert error.value.code == "ACCOUNT_NOT_FOUND"


@pytest.mark.parametrize(
    ("changes", "code", "named"),
    [
        ({"name": "  "}, "REQUIRED", "name"),
        ({"name": "x" * 201}, "TOO_LONG", "name"),
        ({"name": 5}, "NOT_TEXT", "name"),
        ({"name": "a\x00b"}, "NOT_TEXT", "name"),
        ({"name": "a\ud800b"}, "NOT_TEXT", "name"),
        ({"visit_windows": [{"weekday": 1, "from": "09:00+01:00", "to": "10:00"}]}, "WINDOWS_SHAPE", "visitWindows[0]"),
        ({"service_minutes": 0}, "OUT_OF_RANGE", "serviceMinutes"),
        ({"service_minutes": True}, "OUT_OF_RANGE", "serviceMinutes"),
        ({"boost": 101}, "OUT_OF_RANGE", "boost"),
        ({"tags": "terrace"}, "TAGS_SHAPE", "tags"),
        ({"tags": ["x" * 41]}, "TOO_LONG", "tags"),
        ({"tags": [str(n) for n in range(31)]}, "TOO_LONG", "tags"),
        ({"displays": -1}, "OUT_OF_RANGE", "displays"),
        ({"journal": "x" * 50_001}, "TOO_LONG", "journal"),
        ({"tier": "D"}, "NOT_A_CHOICE", "tier"),
        ({"kind": "alien"}, "NOT_A_CHOICE", "kind"),
        ({"lifecycle": "gone"}, "NOT_A_CHOICE", "lifecycle"),
        ({"consent": []}, "CONSENT_SHAPE", "consent"),
        ({"consent": {"fax": True}}, "CONSENT_SHAPE", "consent.fax"),
        ({"consent": {"email": "yes"}}, "CONSENT_SHAPE", "consent.email"),
        ({"visit_windows": {}}, "WINDOWS_SHAPE", "visitWindows"),
        ({"visit_windows": [{"weekday": 1}]}, "WINDOWS_SHAPE", "visitWindows[0]"),
        (
            {"visit_windows": [{"weekday": 8, "from": "09:00", "to": "10:00"}]},
            "OUT_OF_RANGE",
            "visitWindows[0].weekday",
        ),
        ({"visit_windows": [{"weekday": 1, "from": "10:00", "to": "09:00"}]}, "WINDOW_SPAN", "visitWindows[0]"),
    ],
)
def test_a_bad_value_is_refused_with_its_field_and_changes_nothing(
    field: World, changes: dict[str, object], code: str, named: str
) -> None:
    account = field.account("Hilltop", field.north)
    with pytest.raises(Invalid) as error:
        actions.edit_account(actor=acting(field.ana), account=account, changes={"notes": "x", **changes})
    assert (error.value.code, list(error.value.fields)) == (code, [named])
    account.refresh_from_db()
    assert (account.notes, account.version) == ("", 1)


@pytest.mark.parametrize(
    ("who", "changes", "code"),
    [
        ("ana", {"tier": "B"}, "MANAGER_ONLY"),
        ("ana", {"boost": 5, "notes": "x"}, "MANAGER_ONLY"),
        ("ana", {"number": "C-2"}, "MANAGER_ONLY"),
        ("pat", {"notes": "x"}, "PARTNER_READ_ONLY"),
    ],
)
def test_what_steers_others_is_for_who_leads(field: World, who: str, changes: dict[str, object], code: str) -> None:
    account = field.account("Hilltop", field.north)
    ben = acting(field.ben)
    actions.edit_account(actor=acting(field.ana), account=account, changes={"number": "C-1"})
    with pytest.raises(NotPermitted) as error:
        actions.edit_account(actor=acting(getattr(field, who)), account=account, changes=changes)
    assert error.value.code == code
    actions.edit_account(actor=ben, account=account, changes={"tier": "B", "boost": 5, "number": "C-2"})
    account.refresh_from_db()
    assert (account.tier, account.boost, account.number, account.notes) == ("B", 5, "C-2", "")


def test_a_journal_is_only_added_to(field: World) -> None:
    account, ana = field.account("Hilltop", field.north), acting(field.ana)
    actions.edit_account(actor=ana, account=account, changes={"journal": "Monday: fridge broken"})
    actions.edit_account(actor=ana, account=account, changes={"journal": "Monday: fridge broken\nTuesday: mended"})
    with pytest.raises(Invalid) as error:
        actions.edit_account(actor=ana, account=account, changes={"journal": "Tuesday: mended"})
    assert error.value.code == "APPEND_ONLY"


def test_a_closed_account_comes_back_as_a_prospect(field: World) -> None:
    account, ana = field.account("Hilltop", field.north), acting(field.ana)
    actions.edit_account(actor=ana, account=account, changes={"lifecycle": "closed"})
    with pytest.raises(Conflict):
        actions.edit_account(actor=ana, account=account, changes={"lifecycle": "active"})
    actions.edit_account(actor=ana, account=account, changes={"lifecycle": "prospect"})


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"lat": 91.0, "lng": 0.0, "quality": "source"}, "address_possible_point"),
        ({"lat": 42.0, "lng": 181.0, "quality": "source"}, "address_possible_point"),
        ({"lat": 42.0, "lng": None, "quality": "source"}, "address_possible_point"),
        ({"lat": 42.0, "lng": -93.0, "quality": "none"}, "address_point_has_quality"),
        ({"quality": "source"}, "address_point_has_quality"),
        ({"is_primary": True}, "address_one_primary"),
    ],
)
def test_an_impossible_address_does_not_enter(field: World, values: dict[str, object], constraint: str) -> None:
    account = field.account("Hilltop", field.north)
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Address.objects.create(org=field.org, account=account, **{"is_primary": False, **values})


def test_a_deals_way_is_kept_move_by_move(field: World) -> None:
    deal, ana = field.deal(field.account("Hilltop", field.north)), acting(field.ana)
    actions.move_stage(actor=ana, opportunity=deal, stage=field.stages["offer"])
    actions.move_stage(actor=ana, opportunity=deal, stage=field.stages["offer"])
    actions.move_stage(actor=ana, opportunity=deal, stage=field.stages["lost"], reason="price")
    actions.move_stage(actor=ana, opportunity=deal, stage=field.stages["offer"])
    moves = StageHistory.objects.filter(opportunity=deal).order_by("moved_at", "id")
    assert [move.to_stage.name for move in moves] == ["new", "offer", "lost", "offer"]
    assert OutboxEvent.objects.count() == 3
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        moves[0].delete()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        StageHistory.objects.update(reason="rewritten")


def test_winning_and_losing_need_a_reason(field: World) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    for end in ("won", "lost"):
        with pytest.raises(Invalid) as error:
            actions.move_stage(actor=acting(field.ana), opportunity=deal, stage=field.stages[end], reason=" ")
        assert (error.value.code, error.value.fields) == ("REASON_REQUIRED", {"reason": "required"})
    assert Opportunity.objects.get().stage == field.stages["new"]


def test_a_stage_of_another_pipeline_is_refused(field: World) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    other = field.pipeline.__class__.objects.create(org=field.org, name="Service")
    stage = other.stages.create(org=field.org, name="Open", position=0, probability=10)
    with pytest.raises(Invalid) as error:
        actions.move_stage(actor=acting(field.ana), opportunity=deal, stage=stage)
    assert error.value.code == "STAGE_OTHER_PIPELINE"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-1", "1e15", "twelve"])
def test_money_is_a_decent_number(field: World, amount: str) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    with pytest.raises(Invalid) as error:
        actions.edit_opportunity(actor=acting(field.ana), opportunity=deal, changes={"amount": amount})
    assert list(error.value.fields) == ["amount"]
    assert Opportunity.objects.get().amount == Decimal("1200.00")


def test_a_lead_goes_its_way_once(field: World) -> None:
    ana = acting(field.ana)
    lead = actions.create_lead(actor=ana, lead_id=new_id(), company="New bar")
    with pytest.raises(Invalid):
        actions.move_lead(actor=ana, lead=lead, status=LeadStatus.DISQUALIFIED)
    lead = actions.move_lead(actor=ana, lead=lead, status=LeadStatus.WORKING)
    with pytest.raises(Invalid):
        actions.move_lead(actor=ana, lead=lead, status=LeadStatus.QUALIFIED)
    lead = actions.move_lead(actor=ana, lead=lead, status=LeadStatus.DISQUALIFIED, reason="closed down")
    with pytest.raises(Conflict):
        actions.move_lead(actor=ana, lead=lead, status=LeadStatus.WORKING)
    with pytest.raises(DatabaseError, match="lead_disqualified_says_why"), transaction.atomic():
        Lead.objects.update(reason="")


def test_versions_rise_however_a_row_is_written(field: World) -> None:
    account = field.account("Hilltop", field.north)
    account.save()
    Account.objects.filter(pk=account.pk).update(notes="x")
    Account.objects.filter(pk=account.pk).update(version=1)
    account.refresh_from_db()
    assert account.version == 4


def test_a_task_is_done_once(field: World) -> None:
    ana = acting(field.ana)
    task = actions.create_activity(actor=ana, activity_id=new_id(), kind="task", subject="Bring samples")
    assert (task.status, task.done_at) == ("open", None)
    assert actions.complete_activity(actor=ana, activity=task).done_at is not None
    with pytest.raises(Conflict) as error:
        actions.complete_activity(actor=ana, activity=task)
    assert error.value.code == "ACTIVITY_ENDED"
