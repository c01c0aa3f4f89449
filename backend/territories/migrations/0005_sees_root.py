"""Whether somebody sees one root is asked in steps (0005_sees_root.sql)."""

from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("territories", "0004_seen_without_rows")]

    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(), "DROP FUNCTION sees_root(uuid, uuid, timestamptz)"
        )
    ]
