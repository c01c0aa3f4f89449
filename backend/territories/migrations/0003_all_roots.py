"""All that somebody sees is found at a cost that does not grow with the org (0003_all_roots.sql)."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("territories", "0002_times_that_stay")]

    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(), "DROP FUNCTION all_visible_roots(uuid, timestamptz)"
        )
    ]
