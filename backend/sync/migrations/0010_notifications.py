"""What people were told is synced: the triggers of its table, frozen as capture.install_sql() gave them."""

from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("sync", "0009_outbox_told"), ("notifications", "0004_delivery")]
    operations = [migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop)]
