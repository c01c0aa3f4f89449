"""Alert rules on the operator's pages."""

from backend.notifications.alerting.models import AlertEpisode, AlertRule, AlertRuleVersion
from tests.factories.world import World
from tests.orders.test_admin import signed_in

LIST = "/admin/alerting/alertrule/"


def test_an_operator_makes_a_rule_says_it_anew_and_deletes_none(field: World) -> None:
    dee = signed_in(field.dee)
    given = {"kind": "visit.overdue", "name": "Late", "enabled": "on", "parameters": '{"grace_minutes": 9999}'}
    assert b"parameters.grace_minutes: from 0 to 1440 minutes" in dee.post(f"{LIST}add/", given).content
    assert dee.post(f"{LIST}add/", given | {"parameters": '{"grace_minutes": 20}'}).status_code == 302
    rule = AlertRule.objects.get(name="Late")
    page = f"{LIST}{rule.pk}/change/"
    assert b"grace_minutes" in dee.get(page).content
    anew = {"name": "Very late", "parameters": '{"grace_minutes": 45}', "severity": "low", "escalate_minutes": "30"}
    assert dee.post(page, anew).status_code == 302
    rule.refresh_from_db()
    assert (rule.name, rule.number, rule.enabled, rule.kind) == ("Very late", 2, False, "visit.overdue")
    said = AlertRuleVersion.objects.get(rule=rule, number=2)
    assert (said.parameters, said.severity, said.escalate_minutes) == ({"grace_minutes": 45}, "low", 30)
    assert dee.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    assert dee.get("/admin/alerting/alertepisode/").status_code == 200
    assert not AlertEpisode.objects.exists()
    assert b"Very late" not in signed_in(field.zoe).get(LIST).content
