"""Merges; and what the rooms above crm write for a merged account goes where the account went."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.crm.merged import follow_merges
from backend.kit.triggers import touch

FOLLOWERS = "territories_accountshare field_visit planning_planstop planning_plandrop attachments_attachment".split()


class Migration(migrations.Migration):
    replaces = [("merging", "0001_initial"), ("merging", "0002_guards"), ("merging", "0003_capture")]

    initial = True

    dependencies = [
        ("attachments", "0001_tables"),
        ("crm", "0001_tables"),
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
        ("planning", "0001_tables"),
        ("territories", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountMerge",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("merged_at", models.DateTimeField()),
                (
                    "outcomes",
                    models.JSONField(
                        default=list, help_text="Field by field: both values, what was taken, and from whom."
                    ),
                ),
                ("journal", models.JSONField(default=dict)),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("left_as_is", models.JSONField(blank=True, default=list)),
                (
                    "loser",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.account"),
                ),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "survivor",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.account"),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "winner",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.account"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("loser", models.F("winner")), _negated=True), name="merge_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by", None)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="merge_undone_by_somebody",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at", None)), fields=("loser",), name="merge_once"
                    ),
                ],
            },
        ),
        touch("merging_accountmerge"),
        *(follow_merges(table) for table in FOLLOWERS),
    ]
