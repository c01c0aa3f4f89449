"""The functions of the triggers that changed: children in any order, locks on parents, accounts that come and go."""

from pathlib import Path

from django.db import migrations

FUNCTIONS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_capture")]
    operations = [migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop)]
