"""The triggers that write the change log of attachments, frozen as sync's capture.install_sql() gave them.

They stand here and not among sync's own migrations, because their table is made here."""

from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("attachments", "0002_guards"), ("sync", "0005_log")]
    operations = [migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop)]
