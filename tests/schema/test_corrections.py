"""What is put right through the gateway: by whom, on which version, and with the same refusals as from a phone."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.crm.models import AccountContactRelation, Activity, Address, Lead, Opportunity, OpportunityLine
from backend.field.lifecycle import VisitState
from backend.field.models import Visit
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.actions import share_account
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

ADD_ADDRESS = """mutation ($a: UUID!, $f: AddressFields!, $i: UUID) { addAddress(accountId: $a, address: $f, id: $i) {
  address { id city lat quality isPrimary version } } }"""
EDIT_ADDRESS = """mutation ($i: UUID!, $c: AddressFields!, $v: Int) {
  editAddress(addressId: $i, changes: $c, baseVersion: $v) { address { city lat quality version } } }"""
REMOVE_ADDRESS = "mutation ($i: UUID!, $v: Int) { removeAddress(addressId: $i, baseVersion: $v) { address { id } } }"
EDIT_DEAL = """mutation ($i: UUID!, $c: OpportunityChanges!, $v: Int) {
  editOpportunity(opportunityId: $i, changes: $c, baseVersion: $v) { opportunity { name amount closeDate version } } }"""
ADD_LINE = """mutation ($i: AddOpportunityLineInput!) { addOpportunityLine(input: $i) {
  line { id quantity unitPrice version product { name } } } }"""
EDIT_LINE = """mutation ($i: UUID!, $c: OpportunityLineChanges!, $v: Int) {
  editOpportunityLine(lineId: $i, changes: $c, baseVersion: $v) { line { quantity unitPrice version } } }"""
REMOVE_LINE = "mutation ($i: UUID!, $v: Int) { removeOpportunityLine(lineId: $i, baseVersion: $v) { line { id } } }"
EDIT_CONTACT = """mutation ($i: UUID!, $c: ContactChanges!, $v: Int) {
  editContact(id: $i, changes: $c, baseVersion: $v) { contact { fullName role email version } } }"""
REMOVE_CONTACT = "mutation ($i: UUID!, $v: Int) { removeContact(id: $i, baseVersion: $v) { contact { id } } }"
EDIT_ACTIVITY = """mutation ($i: UUID!, $c: ActivityChanges!, $v: Int) {
  editActivity(activityId: $i, changes: $c, baseVersion: $v) { activity { subject body dueAt version } } }"""
CANCEL_ACTIVITY = "mutation ($i: UUID!) { cancelActivity(activityId: $i) { activity { status } } }"
EDIT_LEAD = """mutation ($i: UUID!, $c: LeadChanges!, $v: Int) {
  editLead(leadId: $i, changes: $c, baseVersion: $v) { lead { company phone version } } }"""
EDIT_VISIT = """mutation ($i: UUID!, $c: VisitChanges!, $v: Int) {
  editVisit(visitId: $i, changes: $c, baseVersion: $v) { visit { purpose plannedStart version } } }"""
SET_OUT = "mutation ($i: UUID!) { setOut(visitId: $i) { visit { state } } }"
EDIT_ACCOUNT = """mutation ($i: UUID!, $c: AccountChanges!, $v: Int) {
  editAccount(id: $i, changes: $c, baseVersion: $v) { account { notes version } } }"""
STRANGERS = ("cy", "bea", "pat", "zoe")


def test_ana_puts_an_address_right_and_takes_the_old_one_off(field: World, ask: Ask) -> None:
    account, ana, same = field.account("Hilltop", field.north), ask(field.ana), str(new_id())
    old = Address.objects.get()
    given = {"city": "Ames", "lat": 42.05, "lng": -93.6}
    made = ana(ADD_ADDRESS, a=str(account.pk), f=given, i=same)["addAddress"]["address"]
    assert made == {"id": same, "city": "Ames", "lat": 42.05, "quality": "source", "isPrimary": False, "version": 1}
    assert ana.refused(ADD_ADDRESS, a=str(account.pk), f=given, i=same)["code"] == "ID_TAKEN"
    shown = ana("query ($a: UUID!) { account(id: $a) { addresses { id } address { id } } }", a=str(account.pk))[
        "account"
    ]
    assert shown == {"addresses": [{"id": str(old.pk)}, {"id": same}], "address": {"id": str(old.pk)}}
    edited = ana(EDIT_ADDRESS, i=same, c={"city": "Nevada", "lat": None, "lng": None}, v=1)["editAddress"]["address"]
    assert edited == {"city": "Nevada", "lat": None, "quality": "none", "version": 2}
    refusal = ana.refused(EDIT_ADDRESS, i=same, c={"city": "Story"}, v=1)
    assert (refusal["code"], refusal["retry"], refusal["fields"]) == (
        "EDITED_MEANWHILE",
        "NEVER",
        {"baseVersion": "is 2"},
    )
    assert ana.refused(EDIT_ADDRESS, i=same, c={"lat": 42.0})["code"] == "POINT_SHAPE"
    assert ana.refused(REMOVE_ADDRESS, i=str(old.pk), v=7)["code"] == "EDITED_MEANWHILE"
    ana(REMOVE_ADDRESS, i=str(old.pk), v=1)
    assert [(str(one.pk), one.is_primary) for one in Address.objects.filter(deleted_at=None)] == [(same, True)]
    assert ana.refused(REMOVE_ADDRESS, i=str(old.pk))["code"] == "ADDRESS_NOT_FOUND"


def test_a_partner_whom_an_account_was_shown_does_not_move_it(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    share_account(actor=acting(field.ana), account=account, user=field.pat)
    person, address = field.contact(account), Address.objects.get()
    pat = ask(field.pat)
    assert pat.refused(ADD_ADDRESS, a=str(account.pk), f={"city": "X"})["code"] == "PARTNER_READ_ONLY"
    assert pat.refused(EDIT_ADDRESS, i=str(address.pk), c={"city": "X"})["code"] == "PARTNER_READ_ONLY"
    assert pat.refused(REMOVE_ADDRESS, i=str(address.pk))["code"] == "PARTNER_READ_ONLY"
    assert pat.refused(REMOVE_CONTACT, i=str(person.pk))["code"] == "PARTNER_READ_ONLY"
    assert Address.objects.get().deleted_at is None


def test_what_a_deal_is_about_is_added_changed_and_taken_out(field: World, ask: Ask) -> None:
    deal, ana = field.deal(field.account("Hilltop", field.north)), ask(field.ana)
    given = {"opportunityId": str(deal.pk), "productId": str(field.product.pk), "quantity": "3"}
    line = ana(ADD_LINE, i=given)["addOpportunityLine"]["line"]
    one = line.pop("id")
    assert line == {"quantity": "3.00", "unitPrice": "12.50", "version": 1, "product": {"name": "Gin"}}
    assert ana.refused(ADD_LINE, i={**given, "id": one})["code"] == "ID_TAKEN"
    assert ana.refused(ADD_LINE, i={**given, "quantity": "0"})["fields"] == {"quantity": "out of range"}
    assert ana.refused(ADD_LINE, i={**given, "productId": str(new_id())})["code"] == "PRODUCT_NOT_FOUND"
    changed = ana(EDIT_LINE, i=one, c={"quantity": "6"}, v=1)["editOpportunityLine"]["line"]
    assert changed == {"quantity": "6.00", "unitPrice": "12.50", "version": 2}
    assert ask(field.ben).refused(EDIT_LINE, i=one, c={"unitPrice": "9"}, v=1)["code"] == "EDITED_MEANWHILE"
    assert ana.refused(EDIT_LINE, i=one, c={"unitPrice": None})["fields"] == {"unitPrice": "required"}
    assert ask(field.ben).refused(REMOVE_LINE, i=one, v=1)["code"] == "EDITED_MEANWHILE"
    ask(field.ben)(REMOVE_LINE, i=one, v=2)
    assert OpportunityLine.objects.get().deleted_at is not None
    assert ana.refused(EDIT_LINE, i=one, c={"quantity": "1"})["code"] == "LINE_NOT_FOUND"


def test_a_partner_does_not_write_what_they_may_not_read(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    share_account(actor=acting(field.ana), account=account, user=field.pat)
    deal, pat = field.deal(account), ask(field.pat)
    line = deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.50")
    given = {"opportunityId": str(deal.pk), "productId": str(field.product.pk), "quantity": "3"}
    refusal = pat.refused(ADD_LINE, i=given)
    assert (refusal["code"], refusal["retry"], refusal["fields"]) == ("FIELD_HIDDEN", "NEVER", {"quantity": "hidden"})
    assert pat.refused(EDIT_LINE, i=str(line.pk), c={"quantity": "3"})["code"] == "LINE_NOT_FOUND"
    assert pat.refused(REMOVE_LINE, i=str(line.pk))["code"] == "LINE_NOT_FOUND"
    assert pat.refused(EDIT_DEAL, i=str(deal.pk), c={"amount": "1"})["fields"] == {"amount": "hidden"}
    make = "mutation ($i: CreateOpportunityInput!) { createOpportunity(input: $i) { opportunity { id } } }"
    wanted = {"name": "Deal", "stageId": str(field.stages["new"].pk), "accountId": str(account.pk), "amount": "1"}
    assert pat.refused(make, i=wanted)["fields"] == {"amount": "hidden"}
    assert OpportunityLine.objects.get().version == 1


def test_a_deal_a_person_an_activity_and_a_lead_are_edited_on_the_version_that_was_seen(field: World, ask: Ask) -> None:
    account, ana = field.account("Hilltop", field.north), ask(field.ana)
    deal, person = field.deal(account), field.contact(account)
    told = ana(EDIT_DEAL, i=str(deal.pk), c={"amount": "99.5", "closeDate": "2026-12-01"}, v=1)["editOpportunity"]
    assert told["opportunity"] == {"name": "Spring order", "amount": "99.50", "closeDate": "2026-12-01", "version": 2}
    assert ana.refused(EDIT_DEAL, i=str(deal.pk), c={"name": "x"}, v=1)["code"] == "EDITED_MEANWHILE"
    told = ana(EDIT_CONTACT, i=str(person.pk), c={"email": "m@example.com", "role": "owner"}, v=2)["editContact"]
    assert told["contact"] == {"fullName": "Maria de la Vega", "role": "owner", "email": "m@example.com", "version": 4}
    for seen in (2, 3):  # the person alone, and their part alone, would not tell
        assert ana.refused(EDIT_CONTACT, i=str(person.pk), c={"phone": "1"}, v=seen)["code"] == "EDITED_MEANWHILE"
        assert ana.refused(REMOVE_CONTACT, i=str(person.pk), v=seen)["code"] == "EDITED_MEANWHILE"
    ana(REMOVE_CONTACT, i=str(person.pk), v=4)
    relation = AccountContactRelation.objects.get()
    assert relation.deleted_at is not None
    assert relation.contact.deleted_at is None
    assert ana.refused(EDIT_CONTACT, i=str(person.pk), c={"phone": "1"})["code"] == "CONTACT_NOT_FOUND"
    task = Activity.objects.create(org=field.org, account=account, owner=field.ana, kind="task", subject="Call")
    told = ana(EDIT_ACTIVITY, i=str(task.pk), c={"subject": "Ring", "dueAt": "2026-12-01T09:00:00Z"}, v=1)
    assert told["editActivity"]["activity"] == {
        "subject": "Ring",
        "body": "",
        "dueAt": "2026-12-01T09:00:00+00:00",
        "version": 2,
    }
    assert ana.refused(EDIT_ACTIVITY, i=str(task.pk), c={"body": "x"}, v=1)["code"] == "EDITED_MEANWHILE"
    assert ana(CANCEL_ACTIVITY, i=str(task.pk))["cancelActivity"]["activity"] == {"status": "cancelled"}
    assert ana.refused(CANCEL_ACTIVITY, i=str(task.pk))["code"] == "ACTIVITY_ENDED"
    lead = Lead.objects.create(org=field.org, owner=field.ana, company="New Bar")
    told = ana(EDIT_LEAD, i=str(lead.pk), c={"phone": "515 555 0100"}, v=1)["editLead"]["lead"]
    assert told == {"company": "New Bar", "phone": "515 555 0100", "version": 2}
    assert ana.refused(EDIT_LEAD, i=str(lead.pk), c={"company": "x"}, v=1)["code"] == "EDITED_MEANWHILE"
    assert ana.refused(EDIT_LEAD, i=str(lead.pk), c={"company": ""})["fields"] == {"company": "required"}
    Lead.objects.filter(pk=lead.pk).update(status="disqualified", reason="closed")
    assert ana.refused(EDIT_LEAD, i=str(lead.pk), c={"company": "x"})["code"] == "LEAD_STATUS"


def test_an_activity_is_changed_by_its_owner_or_by_who_leads(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    task = Activity.objects.create(org=field.org, account=account, owner=field.ben, kind="task", subject="Call")
    refusal = ask(field.ana).refused(EDIT_ACTIVITY, i=str(task.pk), c={"body": "x"})
    assert (refusal["code"], refusal["retry"]) == ("NOT_YOUR_ACTIVITY", "NEVER")
    assert ask(field.ana).refused(CANCEL_ACTIVITY, i=str(task.pk))["code"] == "NOT_YOUR_ACTIVITY"
    assert ask(field.dee)(EDIT_ACTIVITY, i=str(task.pk), c={"body": "x"})["editActivity"]["activity"]["version"] == 2


def test_a_visit_is_moved_until_it_begins(field: World, ask: Ask) -> None:
    visit, ana, ben = field.visit(field.account("Hilltop", field.north)), ask(field.ana), ask(field.ben)
    later = clock.now().replace(microsecond=0) + timedelta(days=1)
    moved = {"plannedStart": later.isoformat(), "plannedEnd": (later + timedelta(minutes=45)).isoformat()}
    told = ana(EDIT_VISIT, i=str(visit.pk), c={**moved, "purpose": "Tasting"}, v=1)["editVisit"]["visit"]
    assert told == {"purpose": "Tasting", "plannedStart": later.isoformat(), "version": 2}
    assert ben.refused(EDIT_VISIT, i=str(visit.pk), c={"purpose": "x"}, v=1)["code"] == "EDITED_MEANWHILE"
    assert ben.refused(EDIT_VISIT, i=str(visit.pk), c={"plannedEnd": moved["plannedStart"]})["code"] == "VISIT_SPAN"
    assert ana.refused(EDIT_VISIT, i=str(visit.pk), c={"plannedStart": None})["code"] == "REQUIRED"
    ben(EDIT_VISIT, i=str(visit.pk), c={"purpose": "Contract"}, v=2)
    assert ben.refused(SET_OUT, i=str(visit.pk))["code"] == "NOT_YOUR_VISIT"
    assert ana(SET_OUT, i=str(visit.pk))["setOut"]["visit"] == {"state": "en_route"}
    Visit.objects.filter(pk=visit.pk).update(state=VisitState.IN_PROGRESS, started_at=clock.now())
    assert ana.refused(EDIT_VISIT, i=str(visit.pk), c={"purpose": "x"})["code"] == "VISIT_STATE"
    assert Visit.objects.get().purpose == "Contract"
    other = field.visit(field.account("Valley", field.north), field.ben)
    assert ana.refused(EDIT_VISIT, i=str(other.pk), c={"purpose": "x"})["code"] == "NOT_YOUR_PLAN"


def test_older_siblings_ask_for_the_version_and_the_stage_too(field: World, ask: Ask) -> None:
    account, ana = field.account("Hilltop", field.north), ask(field.ana)
    assert ana(EDIT_ACCOUNT, i=str(account.pk), c={"notes": "a"}, v=1)["editAccount"]["account"]["version"] == 2
    assert ana.refused(EDIT_ACCOUNT, i=str(account.pk), c={"notes": "b"}, v=1)["code"] == "EDITED_MEANWHILE"
    deal = field.deal(account)
    move = """mutation ($d: UUID!, $s: UUID!, $b: UUID) { moveStage(opportunityId: $d, stageId: $s, baseStageId: $b) {
      opportunity { stage { name } } } }"""
    new, offer = str(field.stages["new"].pk), str(field.stages["offer"].pk)
    assert ana.refused(move, d=str(deal.pk), s=offer, b=offer)["code"] == "STAGE_MOVED_MEANWHILE"
    assert ana(move, d=str(deal.pk), s=offer, b=new)["moveStage"]["opportunity"] == {"stage": {"name": "offer"}}


@pytest.mark.parametrize("who", STRANGERS)
def test_to_strangers_there_is_nothing_to_put_right(field: World, ask: Ask, who: str) -> None:
    account = field.account("Hilltop", field.north)
    deal, person, visit = field.deal(account), field.contact(account), field.visit(account)
    line = deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.50")
    task = Activity.objects.create(org=field.org, account=account, owner=field.ana, kind="task", subject="Call")
    lead = Lead.objects.create(org=field.org, owner=field.ana, company="New Bar")
    address = Address.objects.get()
    stranger, before = ask(getattr(field, who)), _versions()
    wanted: list[tuple[str, str, dict[str, Any]]] = [
        (ADD_ADDRESS, "ACCOUNT", {"a": str(account.pk), "f": {"city": "X"}}),
        (EDIT_ADDRESS, "ADDRESS", {"i": str(address.pk), "c": {"city": "X"}}),
        (REMOVE_ADDRESS, "ADDRESS", {"i": str(address.pk)}),
        (EDIT_DEAL, "OPPORTUNITY", {"i": str(deal.pk), "c": {"name": "X"}}),
        (EDIT_LINE, "LINE", {"i": str(line.pk), "c": {"quantity": "9"}}),
        (REMOVE_LINE, "LINE", {"i": str(line.pk)}),
        (EDIT_CONTACT, "CONTACT", {"i": str(person.pk), "c": {"fullName": "X"}}),
        (REMOVE_CONTACT, "CONTACT", {"i": str(person.pk)}),
        (EDIT_ACTIVITY, "ACTIVITY", {"i": str(task.pk), "c": {"body": "X"}}),
        (CANCEL_ACTIVITY, "ACTIVITY", {"i": str(task.pk)}),
        (EDIT_LEAD, "LEAD", {"i": str(lead.pk), "c": {"company": "X"}}),
        (EDIT_VISIT, "VISIT", {"i": str(visit.pk), "c": {"purpose": "X"}}),
        (SET_OUT, "VISIT", {"i": str(visit.pk)}),
    ]
    for document, what, variables in wanted:
        told = stranger.refused(document, **variables)
        assert told["code"] == f"{what}_NOT_FOUND"
        name = "a" if what == "ACCOUNT" else "i"
        assert told == stranger.refused(document, **{**variables, name: str(new_id())}), "it tells what there is"
    given = {"opportunityId": str(deal.pk), "productId": str(field.product.pk), "quantity": "3"}
    assert stranger.refused(ADD_LINE, i=given)["code"] == "OPPORTUNITY_NOT_FOUND"
    assert _versions() == before


def _versions() -> list[list[int]]:
    models = (Address, Opportunity, OpportunityLine, AccountContactRelation, Activity, Lead, Visit)
    return [sorted(model.objects.values_list("version", flat=True)) for model in models]


@pytest.mark.parametrize("count", [1, 3])
def test_reading_addresses_takes_as_many_queries_for_three_accounts_as_for_one(
    field: World, ask: Ask, count: int
) -> None:
    for number in range(count):
        account = field.account(f"Store {number}", field.north)
        field.contact(account)
    ana = ask(field.ana)
    data = ana("{ accounts { nodes { addresses { city version } contacts { version } } } }")
    assert (ana.queries, len(data["accounts"]["nodes"])) == (1, count)


def test_a_correction_takes_as_many_queries_as_are_named_here(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    deal, person = field.deal(account), field.contact(account)
    line = deal.lines.create(org=field.org, product=field.product, quantity="2", unit_price="12.50")
    ana, counted = ask(field.ana), {}
    for name, document, variables in (
        ("address", EDIT_ADDRESS, {"i": str(Address.objects.get().pk), "c": {"city": "X"}}),
        ("line", EDIT_LINE, {"i": str(line.pk), "c": {"quantity": "9"}}),
        ("contact", EDIT_CONTACT, {"i": str(person.pk), "c": {"phone": "1"}}),
    ):
        ana(document, **variables)
        counted[name] = ana.queries
    assert counted == {"address": 9, "line": 8, "contact": 10}
