"""Rules of alerts, whose versions never change; and what sweeps and previews look for by time, in tables of other rooms."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.kit.triggers import append_only

INDEXES = {
    "alert_stage_moves": "crm_stagehistory (org_id, moved_at)",
    "alert_activities_done": "crm_activity (org_id, done_at) WHERE opportunity_id IS NOT NULL AND done_at IS NOT NULL",
    "alert_visits_planned": "field_visit (org_id, planned_end)",
    "alert_visits_made": "field_visit (org_id, ended_at) WHERE state = 'completed' AND deleted_at IS NULL",
    "alert_check_ins": "field_checkin (org_id, at)",
    "alert_moves_in": "territories_accountterritory (org_id, valid_from)",
    "alert_moves_out": "territories_accountterritory (org_id, valid_to) WHERE valid_to IS NOT NULL",
    "alert_plans_settled": "planning_visitplan (org_id, settled_at) WHERE status = 'accepted'",
}


class Migration(migrations.Migration):
    replaces = [("alerting", "0001_initial"), ("alerting", "0002_existing_orgs"), ("alerting", "0003_found_quickly")]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
        ("planning", "0001_tables"),
        ("territories", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(help_text="Never changes; notifications carry it.", max_length=60)),
                ("kind", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("enabled", models.BooleanField(default=True)),
                ("began_at", models.DateTimeField()),
                ("number", models.PositiveIntegerField(default=1)),
                ("created_at", models.DateTimeField()),
                (
                    "branch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "created_at"], name="alert_rule_by_org")],
                "constraints": [models.UniqueConstraint(fields=("org", "key"), name="alert_rule_key_unique")],
            },
        ),
        migrations.CreateModel(
            name="AlertRuleVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("parameters", models.JSONField()),
                ("hears", models.JSONField()),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "critical"), ("high", "high"), ("normal", "normal"), ("low", "low")],
                        max_length=8,
                    ),
                ),
                ("keeps_minutes", models.PositiveIntegerField()),
                ("escalate_minutes", models.PositiveIntegerField(blank=True, null=True)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="alerting.alertrule",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("rule", "number"), name="alert_version_number")],
            },
        ),
        migrations.CreateModel(
            name="AlertEpisode",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("subject_entity", models.CharField(max_length=30)),
                ("subject_id", models.UUIDField()),
                ("root_id", models.UUIDField()),
                ("episode", models.CharField(max_length=60)),
                ("opened_at", models.DateTimeField()),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("noticed_at", models.DateTimeField()),
                ("event_id", models.BigIntegerField(blank=True, null=True)),
                ("told", models.PositiveIntegerField(default=0)),
                (
                    "quiet",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "told"),
                            ("over", "over when it was noticed"),
                            ("old", "too long ago to be news"),
                            ("nobody", "nobody to tell who may see it"),
                        ],
                        default="",
                        max_length=6,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="episodes",
                        to="alerting.alertrule",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="alerting.alertruleversion",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rule", "-opened_at"], name="alert_episode_by_rule")],
                "constraints": [
                    models.UniqueConstraint(fields=("rule", "subject_id", "episode"), name="alert_episode_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("closed_at", None)),
                        fields=("rule", "subject_id"),
                        name="alert_episode_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("closed_at", None), ("closed_at__gte", models.F("opened_at")), _connector="OR"
                        ),
                        name="alert_episode_span",
                    ),
                ],
            },
        ),
        append_only("alerting_alertruleversion"),
        *(
            migrations.RunSQL(f"CREATE INDEX {name} ON {columns}", f"DROP INDEX {name}")
            for name, columns in INDEXES.items()
        ),
    ]
