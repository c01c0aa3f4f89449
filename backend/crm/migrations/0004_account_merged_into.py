"""A merged account says where its rows went, and what is written to it later goes there too."""

import django.db.models.deletion
from django.db import migrations, models

from backend.crm.merged import FOLLOW_FUNCTION, follow_merges

TABLES = ("crm_address", "crm_accountcontactrelation", "crm_opportunity", "crm_activity")


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_account_tags_displays_journal"),
        ("identity", "0003_sign_in_attempts"),
    ]
    operations = [
        migrations.AddField(
            model_name="account",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                help_text="Where its rows went.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="crm.account",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into", None),
                    models.Q(
                        ("deleted_at__isnull", False),
                        models.Q(("merged_into", models.F("id")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="account_merged_is_gone",
            ),
        ),
        migrations.RunSQL(FOLLOW_FUNCTION, "DROP FUNCTION crm_follow_merge()"),
        *(follow_merges(table) for table in TABLES),
    ]
