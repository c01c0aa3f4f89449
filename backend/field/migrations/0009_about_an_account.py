"""An appointment may be about an account."""

import django.db.models.deletion
from django.db import migrations, models

from backend.crm.merged import follow_merges


class Migration(migrations.Migration):
    dependencies = [("crm", "0004_account_merged_into"), ("field", "0008_stayed")]
    operations = [
        migrations.AddField(
            "appointment",
            "account",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.account",
            ),
        ),
        follow_merges("field_appointment"),
    ]
