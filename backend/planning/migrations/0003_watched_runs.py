"""Each write of a run wakes whoever watches it, through the change log; frozen as sync's capture.install_sql() gave it.

It stands here and not among sync's own migrations, because the table is made here. No device is sent a run."""

from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("planning", "0002_runs"), ("sync", "0005_log")]
    operations = [migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop)]
