"""Appointments in the change log; frozen as capture.install_sql() gave it."""

from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("field", "0005_appointments"), ("sync", "0005_log")]
    operations = [migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop)]
