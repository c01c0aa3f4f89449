"""Territories and spans, drafts and moves; who sees what (0001_coverage.sql), and spans that never overlap (0001_spans.sql)."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from pathlib import Path
from backend.kit.triggers import touch

VERSIONED = "territorymodel territory assignmentrule userterritory accountterritory accountshare".split()
COVERAGE = Path(__file__).with_name("0001_coverage.sql").read_text()
SPANS = Path(__file__).with_name("0001_spans.sql").read_text()
DROP_COVERAGE = """
DROP FUNCTION visible_roots(uuid);
DROP FUNCTION visible_roots(uuid, timestamptz);
DROP FUNCTION visible_territories(uuid, timestamptz);
DROP FUNCTION visible_users(uuid);
"""
DROP_SPANS = """
ALTER TABLE territories_userterritory DROP CONSTRAINT user_territory_no_overlap;
ALTER TABLE territories_accountterritory DROP CONSTRAINT account_territory_no_overlap;
DROP TYPE rolerange;
DROP TYPE uuidrange;
"""


class Migration(migrations.Migration):
    replaces = [
        ("territories", "0001_initial"),
        ("territories", "0002_coverage"),
        ("territories", "0003_who_leads"),
        ("territories", "0004_moves"),
        ("territories", "0005_open_spans"),
        ("territories", "0006_alignments"),
        ("territories", "0007_spans_found_quickly"),
        ("territories", "0008_appointments"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="TerritoryModel",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                (
                    "state",
                    models.CharField(
                        choices=[("planning", "Planning"), ("active", "Active"), ("archived", "Archived")],
                        default="planning",
                        max_length=8,
                    ),
                ),
                ("activated_at", models.DateTimeField(blank=True, null=True)),
                ("archived_at", models.DateTimeField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "active")), fields=("org",), name="one_active_model"
                    ),
                    models.UniqueConstraint(fields=("org", "name"), name="territory_model_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Territory",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                ("area", models.JSONField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="territories.territory",
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="territories",
                        to="territories.territorymodel",
                    ),
                ),
                (
                    "origin",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="In an archived model: the territory that lives on, of which this shows how it was.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="pictures",
                        to="territories.territory",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "territories",
                "constraints": [
                    models.UniqueConstraint(fields=("model", "name"), name="territory_name_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True), name="territory_not_own_parent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AssignmentRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("priority", models.IntegerField()),
                (
                    "criteria",
                    models.JSONField(
                        help_text='{"postcode": ["50010"], "tier": ["A"], "segment": [..]}: all must hold.'
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rules", to="territories.territory"
                    ),
                ),
                (
                    "model",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules",
                        to="territories.territorymodel",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("model", "priority"), name="rule_priority_unique")],
            },
        ),
        migrations.CreateModel(
            name="UserTerritory",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("primary", "Primary"), ("overlay", "Overlay")], default="primary", max_length=8
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="users", to="territories.territory"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="territories",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "valid_from"], name="user_territory_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="user_territory_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountTerritory",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("primary", "Primary"), ("overlay", "Overlay")], default="primary", max_length=8
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("rule", "Rule"), ("geometry", "Geometry"), ("manual", "Manual"), ("pin", "Pin")],
                        max_length=8,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="territories", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "territory",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="accounts", to="territories.territory"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["territory", "valid_from"], name="account_territory_by_terr"),
                    models.Index(fields=["account", "valid_from"], name="account_territory_by_acc"),
                    models.Index(
                        condition=models.Q(("deleted_at", None), ("valid_to", None)),
                        fields=["territory"],
                        name="account_territory_open",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="account_territory_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AccountShare",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="shares", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "shared_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shared_accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user"], name="account_share_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_to", None), ("valid_to__gt", models.F("valid_from")), _connector="OR"
                        ),
                        name="account_share_span",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TerritoryMove",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("asked_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("total", models.IntegerField()),
                ("moved", models.IntegerField(default=0)),
                ("pinned", models.IntegerField(default=0)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="territories.territory"
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="territories.territory"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "done"), _negated=True),
                        fields=("source",),
                        name="one_move_out_of_a_territory",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", models.F("target")), _negated=True),
                        name="territory_move_elsewhere",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Alignment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("plan", models.JSONField(default=dict)),
                ("revision", models.IntegerField(default=0)),
                (
                    "keep_manual",
                    models.BooleanField(default=True, help_text="Accounts placed by hand stay where they were placed."),
                ),
                (
                    "tidy",
                    models.BooleanField(
                        default=False, help_text="Move also those that the rules would place elsewhere already."
                    ),
                ),
                ("keep_days", models.PositiveSmallIntegerField(default=7)),
                (
                    "later_visits",
                    models.CharField(
                        choices=[("suggest", "Suggest"), ("reassign", "Reassign"), ("keep", "Keep")],
                        default="suggest",
                        max_length=8,
                    ),
                ),
                ("note", models.CharField(blank=True, help_text="Why.", max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("scheduled", "Scheduled"),
                            ("moving", "Moving"),
                            ("settling", "Settling"),
                            ("done", "Done"),
                            ("discarded", "Discarded"),
                        ],
                        default="draft",
                        max_length=9,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("digest", models.CharField(blank=True, max_length=64)),
                ("figures", models.JSONField(default=dict)),
                ("asked_digest", models.CharField(blank=True, max_length=64)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "begins_at",
                    models.DateTimeField(
                        blank=True, help_text="When the worker begins, so as to be ready in time.", null=True
                    ),
                ),
                ("effective_at", models.DateTimeField(blank=True, null=True)),
                ("total", models.IntegerField(default=0)),
                ("moved", models.IntegerField(default=0)),
                (
                    "passed",
                    models.IntegerField(
                        default=0, help_text="Accounts that somebody moved in the last moment: they stay there."
                    ),
                ),
                ("report", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "model",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alignment",
                        to="territories.territorymodel",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "undoes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_by",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "created_at"], name="alignment_by_org")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["moving", "settling"])),
                        fields=("org",),
                        name="one_alignment_under_way",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "discarded"), _negated=True),
                        fields=("undoes",),
                        name="alignment_taken_back_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["scheduled", "moving", "settling", "done"]), _negated=True),
                            ("due_at__isnull", False),
                            _connector="OR",
                        ),
                        name="alignment_asked_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlignmentPlacement",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                (
                    "role",
                    models.CharField(
                        choices=[("primary", "Primary"), ("overlay", "Overlay")], default="primary", max_length=8
                    ),
                ),
                ("territory_id", models.UUIDField(blank=True, null=True)),
                (
                    "source",
                    models.CharField(
                        choices=[("rule", "Rule"), ("geometry", "Geometry"), ("manual", "Manual"), ("pin", "Pin")],
                        max_length=8,
                    ),
                ),
                (
                    "alignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="placements",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("alignment", "account_id", "role"), name="alignment_places_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AlignmentMove",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("account_id", models.UUIDField()),
                (
                    "role",
                    models.CharField(
                        choices=[("primary", "Primary"), ("overlay", "Overlay")], default="primary", max_length=8
                    ),
                ),
                ("from_territory_id", models.UUIDField(blank=True, null=True)),
                ("to_territory_id", models.UUIDField(blank=True, null=True)),
                ("from_source", models.CharField(blank=True, max_length=8)),
                ("to_source", models.CharField(blank=True, max_length=8)),
                ("why", models.CharField(max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[("planned", "Planned"), ("done", "Done"), ("passed", "Passed")],
                        db_default="planned",
                        default="planned",
                        max_length=7,
                    ),
                ),
                ("span_id", models.UUIDField(blank=True, null=True)),
                (
                    "alignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="moves",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["alignment", "from_territory_id", "to_territory_id", "account_id"],
                        name="alignment_move_by_pair",
                    ),
                    models.Index(
                        condition=models.Q(("state", "planned")),
                        fields=["alignment", "id"],
                        name="alignment_move_waiting",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("alignment", "account_id", "role"), name="alignment_moves_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AlignmentEntry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=20)),
                ("detail", models.CharField(blank=True, max_length=500)),
                (
                    "alignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="territories.alignment"
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlignmentVisit",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("visit_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("rep_id", models.UUIDField()),
                ("taker_id", models.UUIDField()),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("kept", "Kept"),
                            ("reassigned", "Reassigned"),
                            ("suggested", "Suggested"),
                            ("returned", "Returned"),
                            ("renewed", "Renewed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("done", models.BooleanField(null=True)),
                ("made_id", models.UUIDField(blank=True, null=True)),
                (
                    "alignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="visits",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("alignment", "visit_id"), name="alignment_visit_once")],
            },
        ),
        migrations.CreateModel(
            name="AlignmentAppointment",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("appointment_id", models.UUIDField()),
                ("account_id", models.UUIDField()),
                ("rep_id", models.UUIDField()),
                ("taker_id", models.UUIDField()),
                (
                    "fate",
                    models.CharField(
                        choices=[
                            ("kept", "Kept"),
                            ("reassigned", "Reassigned"),
                            ("suggested", "Suggested"),
                            ("returned", "Returned"),
                            ("renewed", "Renewed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("since", models.DateTimeField()),
                ("done", models.BooleanField(null=True)),
                ("made_id", models.UUIDField(blank=True, null=True)),
                ("made_version", models.BigIntegerField(blank=True, null=True)),
                ("share_id", models.UUIDField(blank=True, null=True)),
                (
                    "alignment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="appointments",
                        to="territories.alignment",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("alignment", "appointment_id"), name="alignment_appointment_once")
                ],
            },
        ),
        migrations.RunSQL(COVERAGE, DROP_COVERAGE),
        migrations.RunSQL(SPANS, DROP_SPANS),
        *(touch(f"territories_{table}") for table in VERSIONED),
    ]
