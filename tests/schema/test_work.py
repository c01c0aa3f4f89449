"""Leads, activities, order lines and what is opened through the gateway."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.crm.models import Account, Activity, Lead, OrderLine
from backend.identity.models import User
from backend.kit import clock
from backend.kit.ids import new_id
from tests.factories.world import World
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

CREATE_LEAD = """mutation ($i: CreateLeadInput!) { createLead(input: $i) {
  lead { id company status owner { username } } } }"""
CONVERT = "mutation ($l: UUID!) { convertLead(leadId: $l) { account { id name phone } } }"
MOVE = "mutation ($l: UUID!, $s: String!, $r: String!) { moveLead(leadId: $l, status: $s, reason: $r) { lead { status } } }"
ACTIVITY = (
    "mutation ($i: CreateActivityInput!) { createActivity(input: $i) { activity { id status account { name } } } }"
)
COMPLETE = "mutation ($a: UUID!) { completeActivity(activityId: $a) { activity { status } } }"


def lead(ask: Ask, field: World, **more: Any) -> str:
    """Takes a lead down as Ana and returns its id."""
    made = ask(field.ana)(CREATE_LEAD, i={"company": "New Bar", "phone": "515 555 0100", **more})
    return str(made["createLead"]["lead"]["id"])


def test_a_lead_becomes_an_account_once(field: World, ask: Ask) -> None:
    one = lead(ask, field)
    account = ask(field.ana)(CONVERT, l=one)["convertLead"]["account"]
    assert (account["name"], account["phone"]) == ("New Bar", "515 555 0100")
    refusal = ask(field.ana).refused(CONVERT, l=one)
    assert (refusal["code"], refusal["fields"]) == ("LEAD_STATUS", {"status": "is qualified"})
    assert Account.objects.count() == 1
    [seen] = ask(field.ana)("{ leads { nodes { status convertedAccount { name } } } }")["leads"]["nodes"]
    assert seen == {"status": "qualified", "convertedAccount": {"name": "New Bar"}}


def test_leads_are_their_owners_and_those_above(field: World, ask: Ask) -> None:
    one = lead(ask, field)
    companies = "{ leads { nodes { company } } }"
    assert len(ask(field.ben)(companies)["leads"]["nodes"]) == 1
    for stranger in (field.cy, field.bea, field.pat, field.zoe):
        assert ask(stranger)(companies)["leads"]["nodes"] == []
        assert ask(stranger).refused(CONVERT, l=one)["code"] == "LEAD_NOT_FOUND"


@pytest.mark.parametrize(
    ("status", "reason", "code", "named"),
    [
        ("qualified", "", "CONVERT_INSTEAD", "status"),
        ("disqualified", " ", "REASON_REQUIRED", "reason"),
        ("new", "", "LEAD_STATUS", "status"),
        ("sleeping", "", "NOT_A_CHOICE", "status"),
    ],
)
def test_a_lead_goes_no_other_way(field: World, ask: Ask, status: str, reason: str, code: str, named: str) -> None:
    refusal = ask(field.ana).refused(MOVE, l=lead(ask, field), s=status, r=reason)
    assert (refusal["code"], list(refusal["fields"])) == (code, [named])
    assert Lead.objects.get().status == "new"


def test_a_task_is_seen_where_its_account_is_seen_and_done_once(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    given = {"kind": "task", "subject": "Bring samples", "accountId": str(account.pk)}
    task = ask(field.ana)(ACTIVITY, i=given)["createActivity"]["activity"]
    assert (task["status"], task["account"]) == ("open", {"name": "Hilltop"})
    subjects = "{ activities(filter: {open: true}) { nodes { subject owner { username } } } }"
    assert len(ask(field.ben)(subjects)["activities"]["nodes"]) == 1
    for stranger in (field.cy, field.zoe):
        assert ask(stranger)(subjects)["activities"]["nodes"] == []
        assert ask(stranger).refused(COMPLETE, a=task["id"])["code"] == "ACTIVITY_NOT_FOUND"
        assert ask(stranger).refused(ACTIVITY, i=given)["code"] == "ACCOUNT_NOT_FOUND"
    assert ask(field.ana)(COMPLETE, a=task["id"])["completeActivity"]["activity"] == {"status": "done"}
    assert ask(field.ana).refused(COMPLETE, a=task["id"])["code"] == "ACTIVITY_ENDED"


def test_what_an_account_bought_is_for_who_sees_it(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    for number in range(3):
        OrderLine.objects.create(
            org=field.org,
            account=account,
            product=field.product,
            sku="P1",
            order_no="INV-1",
            line_no=number,
            ordered_on=clock.now().date(),
            quantity=12,
            amount="150.00",
        )
    lines = """query ($a: UUID!, $c: String) { orderLines(accountId: $a, first: 2, after: $c) {
      nodes { lineNo amount product { name } } pageInfo { endCursor hasNextPage } } }"""
    ana = ask(field.ana)
    first = ana(lines, a=str(account.pk))["orderLines"]
    assert ana.queries == 2
    assert [one["lineNo"] for one in first["nodes"]] == [2, 1]
    rest = ana(lines, a=str(account.pk), c=first["pageInfo"]["endCursor"])["orderLines"]
    assert ([one["lineNo"] for one in rest["nodes"]], rest["pageInfo"]["hasNextPage"]) == ([0], False)
    assert ana.refused(lines, a=str(account.pk), c="WyIyMDI2LTAxLTAxIiwgIngiXQ==")["code"] == "BAD_CURSOR"
    assert ask(field.cy).refused(lines, a=str(account.pk))["code"] == "ACCOUNT_NOT_FOUND"


def test_opening_an_account_a_contact_and_a_deal(field: World, ask: Ask) -> None:
    ana, same = ask(field.ana), str(new_id())
    make = "mutation ($i: CreateAccountInput!) { createAccount(input: $i) { account { id name } } }"
    account = ana(make, i={"id": same, "name": "New bar"})["createAccount"]["account"]
    assert account == {"id": same, "name": "New bar"}
    assert ana.refused(make, i={"id": same, "name": "New bar"})["code"] == "ID_TAKEN"
    assert ask(field.cy)("{ accounts { nodes { name } } }")["accounts"]["nodes"] == []
    person = "mutation ($i: CreateContactInput!) { createContact(input: $i) { contact { fullName role } } }"
    given = {"accountId": same, "fullName": "Maria de la Vega", "role": "buyer"}
    assert ana(person, i=given)["createContact"]["contact"] == {"fullName": "Maria de la Vega", "role": "buyer"}
    assert ask(field.cy).refused(person, i=given)["code"] == "ACCOUNT_NOT_FOUND"
    deal = """mutation ($i: CreateOpportunityInput!) { createOpportunity(input: $i) {
      opportunity { amount stage { name } owner { username } } } }"""
    wanted = {"name": "First order", "stageId": str(field.stages["new"].pk), "accountId": same, "amount": "99.5"}
    opened = ana(deal, i=wanted)["createOpportunity"]["opportunity"]
    assert opened == {"amount": "99.50", "stage": {"name": "new"}, "owner": {"username": "ana"}}
    assert ana.refused(deal, i={**wanted, "amount": "much"})["fields"] == {"amount": "not a number"}


@pytest.mark.parametrize("count", [1, 3])
def test_lists_of_work_take_as_many_queries_for_three_as_for_one(field: World, ask: Ask, count: int) -> None:
    account = field.account("Hilltop", field.north)
    for number in range(count):
        lead(ask, field, company=f"Bar {number}")
        Activity.objects.create(org=field.org, account=account, owner=field.ana, kind="note", subject="x")
    ana = ask(field.ana)
    ana("{ leads { nodes { company owner { username } convertedAccount { name } } } }")
    assert ana.queries == 1
    ana("{ activities { nodes { subject owner { username } account { name } } } }")
    assert ana.queries == 1
    for number in range(count):
        OrderLine.objects.create(
            org=field.org,
            account=account,
            product=field.product,
            sku="P1",
            order_no="INV-1",
            line_no=number,
            ordered_on=clock.now().date(),
            quantity=1,
            amount="12.50",
        )
    data = ana(f'{{ orderLines(accountId: "{account.pk}") {{ nodes {{ sku product {{ name }} }} }} }}')
    assert (ana.queries, len(data["orderLines"]["nodes"])) == (2, count)
