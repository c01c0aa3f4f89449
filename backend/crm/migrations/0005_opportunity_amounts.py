"""What a deal was worth, and since when: an alert about an amount is asked of history too."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from backend.kit.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0004_account_merged_into"),
        ("identity", "0003_sign_in_attempts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="OpportunityAmount",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("before", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("after", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("changed_at", models.DateTimeField()),
                (
                    "changed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "opportunity",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="amounts",
                        to="crm.opportunity",
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["opportunity", "changed_at"], name="opportunity_amount_by_deal"),
                    models.Index(fields=["org", "changed_at"], name="opportunity_amount_by_time"),
                ],
            },
        ),
        append_only("crm_opportunityamount"),
    ]
