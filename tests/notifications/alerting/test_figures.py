"""Leads that are given, quotas that are reached, and who is first: told to whom they concern, and once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.crm import actions as crm
from backend.crm.models import Lead, LeadStatus
from backend.field.models import Visit
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.alerting.models import AlertEpisode, AlertRule
from backend.notifications.delivery.stale import withdraw_over
from backend.notifications.models import Notification
from backend.orders import actions as orders
from backend.orders.lines import read
from backend.orders.models import Order
from backend.territories.models import UserTerritory
from tests.factories.world import World, acting, person
from tests.notifications.alerting.rig import drain, foretold, make, noted, sweep, told
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

SET = """mutation($input: SetQuotasInput!) { setQuotas(input: $input) {
  quotas { id target currency percent reached user { username } } } }"""
DROP = "mutation($id: UUID!) { dropQuota(quotaId: $id) { quotas { id } } }"
QUOTAS = "query($on: Date) { quotas(on: $on) { nodes { measure target reached percent user { username } } } }"
ASSIGN = """mutation($lead: UUID!, $to: UUID!, $base: Int) { assignLead(leadId: $lead, userId: $to, baseVersion: $base) {
  lead { version owner { username } } } }"""
CREATE_LEAD = "mutation($input: CreateLeadInput!) { createLead(input: $input) { lead { id owner { username } } } }"


@pytest.fixture
def eva(field: World) -> User:
    """A second rep of Ben's, in the north as Ana is."""
    eva = person(field.org, "eva", Role.REP, field.ben)
    UserTerritory.objects.create(org=field.org, user=eva, territory=field.north, valid_from=clock.now())
    return eva


def ask(person: User) -> Client:
    return Client(person)


def visited(field: World, who: User, at: datetime, times: int = 1) -> None:
    """The rep completes so many visits at an instant."""
    account = field.account("Shop", field.north)
    for _ in range(times):
        Visit.objects.create(
            org=field.org, account=account, rep=who, state="completed", planned_start=at - timedelta(hours=1), planned_end=at,
            started_at=at, ended_at=at,
        )  # fmt: skip


def taken_back(rule: AlertRule) -> set[str]:
    """Returns who had the alert of the rule taken back."""
    rows = Notification.objects.filter(rule=rule.key).exclude(withdrawn_at=None)
    return set(rows.values_list("user__full_name", flat=True))


def ordered(field: World, by: User, quantity: int) -> Order:
    line = {"id": str(new_id()), "productId": str(field.product.pk), "quantity": str(quantity)}
    shop = field.account("Shop", field.north)
    return orders.submit_order(actor=acting(by), order_id=new_id(), account=shop, visit=None, lines=read([line]))


def month(**more: Any) -> dict[str, Any]:
    today = clock.now().date()
    days = {"firstDay": f"{today - timedelta(days=10)}", "lastDay": f"{today + timedelta(days=20)}"}
    return {"measure": "ordered", "target": "1000", **days, **more}


def test_a_lead_that_ben_gives_to_ana_is_told_to_her_until_she_begins_with_it(field: World, eva: User) -> None:
    rule = make(field.dee, "lead.assigned")
    now = clock.now()
    with clock.moved_to(now + timedelta(minutes=5)):
        made = ask(field.ben)(CREATE_LEAD, input={"company": "Joe's", "ownerId": str(field.ana.pk)})["createLead"]
        assert made["lead"]["owner"] == {"username": "ana"}
        lead = Lead.objects.get(pk=made["lead"]["id"])
        drain()
        assert told(rule) == [("Ana", "New lead: Joe's", "Ben gave you the lead Joe's.")]
        crm.move_lead(actor=acting(field.ana), lead=lead, status=LeadStatus.WORKING)
        sweep(rule)
        assert (withdraw_over(), taken_back(rule)) == (1, {"Ana"})
    with clock.moved_to(now + timedelta(hours=1)):
        for _ in range(2):  # whose it is already, nothing happens
            ask(field.ben)(ASSIGN, lead=str(lead.pk), to=str(eva.pk))
            drain()
        assert [who for who, _, _ in told(rule)] == ["Ana", "Eva"]
        assert len(noted(rule)) == len(foretold(rule, now)) == 2


def test_only_who_leads_gives_leads_and_only_to_people_beneath(field: World) -> None:
    lead = crm.create_lead(actor=acting(field.ana), lead_id=new_id(), company="Joe's")
    given = {"lead": str(lead.pk), "to": str(field.ana.pk)}
    assert ask(field.ana).refused(ASSIGN, **given)["code"] == "MANAGERS_ONLY"
    assert ask(field.ben).refused(ASSIGN, **given | {"to": str(field.cy.pk)})["code"] == "USER_NOT_FOUND"
    assert ask(field.bea).refused(ASSIGN, **given | {"to": str(field.cy.pk)})["code"] == "LEAD_NOT_FOUND"
    assert ask(field.dee).refused(ASSIGN, **given | {"to": str(field.pat.pk)})["code"] == "LEAD_OWNER"
    assert ask(field.dee).refused(ASSIGN, **given | {"to": str(field.cy.pk), "base": 9})["code"] == "EDITED_MEANWHILE"
    assert (
        ask(field.ana).refused(CREATE_LEAD, input={"company": "X", "ownerId": given["to"]})["code"] == "MANAGERS_ONLY"
    )
    crm.move_lead(actor=acting(field.ana), lead=lead, status=LeadStatus.DISQUALIFIED, reason="gone")
    assert ask(field.dee).refused(ASSIGN, **given | {"to": str(field.cy.pk)})["code"] == "LEAD_STATUS"
    assert Lead.objects.get().owner == field.ana


def test_ben_finds_the_people_he_leads(field: World, eva: User) -> None:
    asked = "query($role: String) { people(role: $role) { nodes { username } } }"

    def found(who: User, **more: str) -> list[str]:
        return [one["username"] for one in ask(who)(asked, **more)["people"]["nodes"]]

    assert (found(field.ben), found(field.ben, role="rep")) == (["ana", "ben", "eva"], ["ana", "eva"])
    assert (found(field.ana), found(field.bea), found(field.pat)) == (["ana"], ["bea", "cy"], ["pat"])


def test_ana_reaches_her_quota_and_is_told_once_whatever_is_called_off_later(field: World, eva: User) -> None:
    ben = ask(field.ben)
    set_now = ben(SET, input=month(userIds=[str(field.ana.pk), str(eva.pk)]))["setQuotas"]["quotas"]
    assert [(one["user"]["username"], one["target"], one["currency"], one["percent"]) for one in set_now] == [
        ("ana", "1000.00", "USD", 0),
        ("eva", "1000.00", "USD", 0),
    ]
    whole, part = make(field.dee, "quota.reached"), make(field.ben, "quota.reached", branch=field.ben, percent=80)
    now = clock.now()
    for hour, quantity in enumerate((60, 10, 20, 5), start=1):  # at 12.50: 750, 875, 1125, 1187.50
        with clock.moved_to(now + timedelta(hours=hour)):
            order = ordered(field, field.ana, quantity)
            drain()
            if quantity == 20:
                assert ben(QUOTAS)["quotas"]["nodes"][-1] == {
                    "measure": "ordered", "target": "1000.00", "reached": "1125.00", "percent": 112,
                    "user": {"username": "ana"},
                }  # fmt: skip
                orders.cancel_order(actor=acting(field.ben), order=order, reason="no")
    days = f"{month()['firstDay']} to {month()['lastDay']}"
    said = f"taken orders of 1,125 USD; {{}} quota is 1,000 USD, {days}."
    assert told(whole) == [
        ("Ana", "100 % of your quota", f"You have {said.format('your')}"),
        ("Ben", "Ana: 100 % of quota", f"Ana has {said.format('the')}"),
    ]
    assert [title for _, title, _ in told(part)] == ["80 % of your quota", "Ana: 80 % of quota"]
    with clock.moved_to(now + timedelta(hours=9)):
        assert sweep(whole) == 0
        assert (withdraw_over(), taken_back(whole)) == (0, set())  # it happened
        assert {at for _, _, at in foretold(whole, now)} == {at for _, _, at in noted(whole)}
        ordered(field, field.ana, 60)  # beyond the line again: it was crossed already
        drain()
        assert len(told(whole)) == 2
        ben(SET, input=month(userIds=[str(field.ana.pk)], target="1500"))  # a new line is a new crossing
        sweep(whole)
        assert len(told(whole)) == 4


def test_won_deals_count_by_what_they_were_worth_and_visits_by_number(field: World) -> None:
    ben, today = ask(field.ben), clock.now().date()
    for measure, target in (("won", "5000"), ("visits", "4")):
        ben(SET, input=month(userIds=[str(field.ana.pk)], measure=measure, target=target))
    deals = [field.deal(field.account(f"A{n}", field.north)) for n in range(3)]  # 1200 each
    for deal, stage in zip(deals, ("won", "won", "lost"), strict=True):
        crm.move_stage(actor=acting(field.ana), opportunity=deal, stage=field.stages[stage], reason="why")
    crm.edit_opportunity(
        actor=acting(field.ana), opportunity=deals[0], changes={"amount": 9}
    )  # what it was won at counts
    visited(field, field.ana, clock.now(), 3)
    visited(field, field.cy, clock.now())
    visited(field, field.ana, clock.now() - timedelta(days=12))
    with clock.moved_to(clock.now() + timedelta(minutes=1)):
        figures = ben(QUOTAS, on=f"{today}")["quotas"]["nodes"]
        assert {(one["measure"], one["reached"], one["percent"]) for one in figures} == {
            ("won", "2400.00", 48),
            ("visits", "3", 75),
        }
        crm.move_stage(actor=acting(field.ana), opportunity=deals[1], stage=field.stages["offer"], reason="")
    with clock.moved_to(clock.now() + timedelta(minutes=2)):
        assert "1200.00" in {one["reached"] for one in ask(field.ana)(QUOTAS)["quotas"]["nodes"]}
    assert ben(QUOTAS, on=f"{today + timedelta(days=40)}")["quotas"]["nodes"] == []


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"measure": "smiles"}, "BAD_VALUE"),
    ({"target": "0"}, "QUOTA_TARGET"),
    ({"target": "many"}, "NOT_A_NUMBER"),
    ({"measure": "visits", "target": "2.5"}, "QUOTA_TARGET"),
    ({"measure": "visits", "currency": "USD"}, "QUOTA_TARGET"),
    ({"currency": "dollars"}, "QUOTA_TARGET"),
    ({"lastDay": "2020-01-01"}, "QUOTA_DAYS"),
    ({"userIds": []}, "OUT_OF_RANGE"),
]


def test_quotas_are_set_by_who_leads_and_seen_by_who_sees_the_person(field: World) -> None:
    ben, anas = ask(field.ben), {"userIds": [str(field.ana.pk)]}
    for wrong, code in REFUSED:
        assert ben.refused(SET, input=month(**anas | wrong))["code"] == code
    assert ask(field.ana).refused(SET, input=month(**anas))["code"] == "MANAGERS_ONLY"
    assert ask(field.bea).refused(SET, input=month(**anas))["code"] == "USER_NOT_FOUND"
    assert ben.refused(SET, input=month(userIds=[str(field.ben.pk)]))["code"] == "NOT_YOUR_OWN"
    assert ask(field.dee).refused(SET, input=month(userIds=[str(field.pat.pk)]))["code"] == "QUOTA_PERSON"
    [quota] = ben(SET, input=month(**anas))["setQuotas"]["quotas"]
    assert len(ask(field.ana)(QUOTAS)["quotas"]["nodes"]) == 1
    for other in (field.cy, field.bea, field.zoe):
        assert ask(other)(QUOTAS)["quotas"]["nodes"] == []
        assert ask(other).refused(DROP, id=quota["id"])["code"] in ("QUOTA_NOT_FOUND", "MANAGERS_ONLY")
    ben(DROP, id=quota["id"])
    assert ask(field.ana)(QUOTAS)["quotas"]["nodes"] == []


def test_who_is_first_is_told_and_who_is_overtaken_hears_not_by_whom(field: World, eva: User) -> None:
    monday = clock.now() - timedelta(days=clock.now().weekday())
    tuesday = monday.replace(hour=12) + timedelta(days=8)
    with clock.moved_to(tuesday - timedelta(days=2)):
        rule = make(field.dee, "leaderboard", period="week", after_days=1, margin=20)
    steps = [
        (field.ana, 2),
        (eva, 2),
        (eva, 1),
        (field.ana, 2),
        (field.cy, 9),
    ]  # 2:0, 2:2, 2:3, 4:3; Cy is of another team
    for hour, (who, times) in enumerate(steps):
        with clock.moved_to(tuesday + timedelta(hours=hour)):
            visited(field, who, clock.now(), times)
            sweep(rule)
    week = f"since {(tuesday - timedelta(days=1)).date()}."
    assert [(who, title) for who, title, _ in told(rule)] == [
        ("Ana", "You are first of your team"),
        ("Ana", "You are first of your team"),
        ("Ana", "You were overtaken"),
        ("Eva", "You are first of your team"),
        ("Eva", "You were overtaken"),
    ]
    assert {body for _, title, body in told(rule) if title == "You were overtaken"} == {
        f"Somebody of your team has made more visits than you {week}"
    }
    with clock.moved_to(tuesday + timedelta(days=7)):
        sweep(rule)  # the week is over, and nobody is first of it any more
        assert not AlertEpisode.objects.filter(rule=rule, closed_at=None).exists()
        assert noted(rule) == foretold(rule, tuesday - timedelta(days=2))
