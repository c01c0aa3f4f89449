"""Ben makes a rule for his people, looks at what it would have fired, and hears by it; Bea finds none of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from backend.field import actions as field_actions
from backend.field.geofence import Fix
from backend.identity.models import User
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id
from backend.notifications.models import Notification
from tests.factories.world import World, acting
from tests.notifications.alerting.rig import drain
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

KINDS = "{ alertKinds { name events parameters hears { rep managers } } }"
CREATE = """mutation($input: CreateAlertRuleInput!) { createAlertRule(input: $input) { rule {
  id key kind name enabled number branchId current { number parameters severity hears { rep managers named }
    madeBy { username } } } } }"""
EDIT = """mutation($input: EditAlertRuleInput!) { editAlertRule(input: $input) { rule {
  name number current { parameters escalateMinutes } } } }"""
SWITCH = "mutation($id: UUID!, $on: Boolean!) { switchAlertRule(ruleId: $id, enabled: $on) { rule { enabled } } }"
RULES = "{ alertRules(first: 100) { nodes { id key kind enabled branchId current { number } } } }"
RULE = "query($id: UUID!) { alertRule(id: $id) { id } }"
VERSIONS = "query($id: UUID!) { alertRuleVersions(ruleId: $id) { number parameters } }"
EPISODES = "query($id: UUID!) { alertEpisodes(ruleId: $id) { nodes { subjectEntity told quiet closedAt } } }"
PREVIEW = """query($input: AlertPreviewInput!) { alertPreview(input: $input) { fired more stillOpen unheard noted others
  days { fired } people { count user { username } } examples { title body heardBy subjectEntity } } }"""


@pytest.fixture
def ask() -> Ask:
    return Client


def stray(field: World, name: str, by: User) -> None:
    """The rep checks in a kilometre from an account of theirs."""
    account = field.account(name, field.north if by == field.ana else field.south)
    visit = field.visit(account, by)
    fix = Fix(LatLng(42.04, -93.62), 10)
    field_actions.check_in(actor=acting(by), visit=visit, fix=fix)
    field_actions.complete(actor=acting(by), visit=visit, outcome="met")


def outside(field: World, **more: Any) -> dict[str, Any]:
    return {"kind": "check_in.outside", "parameters": {"metres": 200}, "branchId": str(field.ben.pk), **more}


def test_ben_makes_a_rule_looks_at_what_it_would_have_fired_and_hears_by_it(field: World, ask: Ask) -> None:
    for rep in (field.ana, field.cy):
        stray(field, f"Shop of {rep.full_name}", rep)
    ben, bea = ask(field.ben), ask(field.bea)
    would = ben(PREVIEW, input=outside(field))["alertPreview"]
    assert (would["fired"], would["noted"], would["others"], would["more"]) == (1, None, 0, False)
    assert would["people"] == [{"count": 1, "user": {"username": "ben"}}]
    assert would["examples"] == [
        {
            "title": "Check-in elsewhere: Shop of Ana",
            "body": "Ana checked in 1.1 km from Shop of Ana.",
            "heardBy": 1,
            "subjectEntity": "visit",
        }
    ]
    assert sum(day["fired"] for day in would["days"]) == 1

    rule = ben(CREATE, input=outside(field, name="Strays"))["createAlertRule"]["rule"]
    assert (rule["number"], rule["branchId"], rule["enabled"]) == (1, str(field.ben.pk), True)
    assert rule["current"]["parameters"] == {"metres": 200, "unsure": False}
    assert rule["current"]["madeBy"] == {"username": "ben"}
    drain()
    assert not Notification.objects.filter(rule=rule["key"]).exists()  # it was before the rule
    with clock.moved_to(clock.now() + timedelta(hours=1)):
        for rep in (field.ana, field.cy):
            stray(field, f"Second shop of {rep.full_name}", rep)
        drain()
        drain()
        told = Notification.objects.filter(rule=rule["key"])
        assert [(one.user, one.title) for one in told] == [(field.ben, "Check-in elsewhere: Second shop of Ana")]
        seen = ben(PREVIEW, input={"ruleId": rule["id"]})["alertPreview"]
        assert (seen["fired"], seen["noted"]) == (2, 1)
        noted = ben(EPISODES, id=rule["id"])["alertEpisodes"]["nodes"]
        assert [(one["subjectEntity"], one["told"], one["quiet"]) for one in noted] == [("visit", 1, "")]

    assert bea.refused(RULE, id=rule["id"])["code"] == "ALERT_RULE_NOT_FOUND"
    assert bea.refused(PREVIEW, input={"ruleId": rule["id"]})["code"] == "ALERT_RULE_NOT_FOUND"
    assert bea.refused(EDIT, input={"ruleId": rule["id"], "name": "Mine"})["code"] == "ALERT_RULE_NOT_FOUND"
    assert rule["id"] not in [one["id"] for one in bea(RULES)["alertRules"]["nodes"]]
    assert rule["id"] in [one["id"] for one in ask(field.dee)(RULES)["alertRules"]["nodes"]]
    zoe = ask(field.zoe)
    assert zoe.refused(RULE, id=rule["id"])["code"] == "ALERT_RULE_NOT_FOUND"


def test_a_rule_of_nobodys_branch_is_for_bens_own_people_and_of_dee_for_all(field: World, ask: Ask) -> None:
    given = outside(field, name="Strays")
    del given["branchId"]
    for person, branch in ((field.ben, str(field.ben.pk)), (field.dee, None)):
        assert ask(person)(CREATE, input=given)["createAlertRule"]["rule"]["branchId"] == branch


def test_a_rule_is_said_anew_as_its_next_version(field: World, ask: Ask) -> None:
    ben = ask(field.ben)
    rule = ben(CREATE, input=outside(field, name="Strays"))["createAlertRule"]["rule"]
    anew = {"ruleId": rule["id"], "parameters": {"metres": 900}, "escalateMinutes": 30, "baseNumber": 1}
    edited = ben(EDIT, input=anew)["editAlertRule"]["rule"]
    assert edited["number"] == 2
    assert edited["current"] == {"parameters": {"metres": 900, "unsure": False}, "escalateMinutes": 30}
    refused = ben.refused(EDIT, input=anew)
    assert (refused["code"], refused["fields"]) == ("EDITED_MEANWHILE", {"baseNumber": "is 2"})
    assert [one["number"] for one in ben(VERSIONS, id=rule["id"])["alertRuleVersions"]] == [2, 1]
    assert ben(SWITCH, id=rule["id"], on=False)["switchAlertRule"]["rule"] == {"enabled": False}


def test_every_org_has_its_rules_from_the_start_and_only_the_admin_changes_them(field: World, ask: Ask) -> None:
    ben = ask(field.ben)
    standing = {one["key"]: one for one in ben(RULES)["alertRules"]["nodes"]}
    heard = {"opportunity.late_stage", "visit.overdue", "lead.assigned"}
    assert {key for key, one in standing.items() if one["enabled"]} == heard
    assert len(standing) == len(ben(KINDS)["alertKinds"])
    late = standing["opportunity.late_stage"]
    assert ben.refused(SWITCH, id=late["id"], on=False)["code"] == "ADMINS_ONLY"
    assert ask(field.dee)(SWITCH, id=late["id"], on=False)["switchAlertRule"]["rule"] == {"enabled": False}


REFUSED: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"kind": "moon.full"}, "ALERT_KIND", ["kind"]),
    ({"parameters": {"metres": 1}}, "ALERT_PARAMETERS", ["parameters.metres"]),
    ({"parameters": {"metres": 1e300, "moon": 3}}, "ALERT_PARAMETERS", ["parameters.metres", "parameters.moon"]),
    ({"parameters": [3]}, "ALERT_PARAMETERS", ["parameters"]),
    ({"kind": "opportunity.amount", "parameters": {"falls_below": 60_000}}, "ALERT_PARAMETERS",
     ["parameters.falls_below"]),
    ({"kind": "orders.trend", "parameters": {"back": 50}}, "ALERT_PARAMETERS", ["parameters.back"]),
    ({"kind": "account.not_seen", "parameters": {"tiers": []}}, "ALERT_PARAMETERS", ["parameters.tiers"]),
    ({"hears": {"managers": "some"}}, "ALERT_AUDIENCE", ["hears.managers"]),
    ({"hears": {"rep": False}}, "ALERT_AUDIENCE", ["hears"]),
    ({"hears": {"named": [str(new_id())]}}, "USER_NOT_FOUND", ["userId"]),
    ({"branchId": str(new_id())}, "USER_NOT_FOUND", ["userId"]),
    ({"name": "  "}, "ALERT_NAME", ["name"]),
    ({"severity": "shrill"}, "ALERT_SEVERITY", ["severity"]),
    ({"escalateMinutes": 1}, "OUT_OF_RANGE", ["escalateMinutes"]),
]  # fmt: skip


def test_what_is_no_rule_is_refused_with_a_code_and_names_what_is_wrong(field: World, ask: Ask) -> None:
    ben = ask(field.ben)
    for given, code, fields in REFUSED:
        refused = ben.refused(CREATE, input=outside(field, name="Strays") | given)
        assert (refused["code"], sorted(refused["fields"])) == (code, fields)


def test_ben_may_not_name_or_lead_those_of_bea_and_reps_and_partners_make_no_rules(field: World, ask: Ask) -> None:
    ben = ask(field.ben)
    for given in ({"branchId": str(field.cy.pk)}, {"hears": {"named": [str(field.cy.pk)]}}):
        assert ben.refused(CREATE, input=outside(field, name="X") | given)["code"] == "USER_NOT_FOUND"
    for person in (field.ana, field.pat):
        asking = ask(person)
        assert asking.refused(CREATE, input=outside(field, name="X"))["code"] == "MANAGERS_ONLY"
        assert asking.refused(RULES)["code"] == "MANAGERS_ONLY"
        assert asking.refused(PREVIEW, input=outside(field))["code"] == "MANAGERS_ONLY"


def test_a_preview_of_the_future_or_of_half_a_year_is_refused(field: World, ask: Ask) -> None:
    ben, now = ask(field.ben), clock.now()
    for since, until in ((now, now + timedelta(days=1)), (now - timedelta(days=180), now), (now, now)):
        span = {"since": since.isoformat(), "until": until.isoformat()}
        assert ben.refused(PREVIEW, input=outside(field) | span)["code"] == "ALERT_PERIOD"
