"""Versions of rules never change; and the orgs there are go on hearing what they heard so far, from now on by rules as data."""

from typing import Any

from django.db import migrations
from backend.kit import clock

from backend.kit.ids import new_id
from backend.kit.triggers import append_only

HEARD_SO_FAR: tuple[dict[str, Any], ...] = (
    {
        "key": "opportunity.late_stage",
        "kind": "opportunity.stage",
        "name": "Deal in a late stage, or won",
        "parameters": {"min_probability": 60, "falls_below": 50, "won": True, "each_stage": True},
        "hears": {"rep": False, "managers": "all", "named": []},
        "keeps_minutes": 24 * 60,
    },
    {
        "key": "visit.overdue",
        "kind": "visit.overdue",
        "name": "Visit overdue",
        "parameters": {"grace_minutes": 0},
        "hears": {"rep": True, "managers": "direct", "named": []},
        "keeps_minutes": 8 * 60,
    },
)


def make_rules(apps: Any, schema_editor: Any) -> None:
    """Makes the two rules of each org; what came before them was told already."""
    del schema_editor
    now = clock.now()
    rules, versions = apps.get_model("alerting", "AlertRule"), apps.get_model("alerting", "AlertRuleVersion")
    for org_id in apps.get_model("identity", "Org").objects.values_list("id", flat=True):
        for said in HEARD_SO_FAR:
            rule = rules.objects.create(
                id=new_id(),
                org_id=org_id,
                key=said["key"],
                kind=said["kind"],
                name=said["name"],
                began_at=now,
                created_at=now,
            )
            versions.objects.create(
                id=new_id(),
                rule=rule,
                number=1,
                parameters=said["parameters"],
                hears=said["hears"],
                severity="high",
                keeps_minutes=said["keeps_minutes"],
                made_at=now,
            )


class Migration(migrations.Migration):
    dependencies = [("alerting", "0001_initial"), ("identity", "0003_sign_in_attempts")]
    operations = [
        migrations.RunPython(make_rules, migrations.RunPython.noop),
        append_only("alerting_alertruleversion"),
    ]
