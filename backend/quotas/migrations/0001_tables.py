"""Quotas; their versions rise; and what one rep visited in a span is found without reading all their visits."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backend.kit.triggers import touch


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Quota",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "measure",
                    models.CharField(
                        choices=[("won", "Won"), ("ordered", "Ordered"), ("visits", "Visits")], max_length=8
                    ),
                ),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("target", models.DecimalField(decimal_places=2, max_digits=14)),
                ("currency", models.CharField(blank=True, max_length=3)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="quotas", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "last_day"], name="quota_by_time")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("measure__in", ["won", "ordered", "visits"])), name="quota_measure_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="quota_span"
                    ),
                    models.CheckConstraint(condition=models.Q(("target__gt", 0)), name="quota_target_positive"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("currency", ""), ("measure", "visits")),
                            models.Q(
                                models.Q(("measure", "visits"), _negated=True),
                                models.Q(("currency", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="quota_money_has_currency",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("user", "measure", "first_day", "last_day"),
                        name="quota_once",
                    ),
                ],
            },
        ),
        touch("quotas_quota"),
        migrations.RunSQL(
            "CREATE INDEX IF NOT EXISTS quota_visits_made ON field_visit (rep_id, ended_at) "
            "WHERE state = 'completed' AND deleted_at IS NULL",
            "DROP INDEX IF EXISTS quota_visits_made",
        ),
    ]
