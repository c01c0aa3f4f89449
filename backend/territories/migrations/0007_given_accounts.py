"""A list of the accounts that somebody sees looks each of them up once (0007_given_accounts.sql)."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("territories", "0006_territories_step_by_step")]

    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(), "DROP FUNCTION all_given_accounts(uuid, uuid, timestamptz)"
        )
    ]
