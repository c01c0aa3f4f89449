"""Has the log tell of proposed days that change, to those who watch them; no phone is sent them by it."""

from pathlib import Path

from django.db import migrations

BACK = """
DROP TRIGGER sync_capture_insert ON planning_visitplan;
DROP TRIGGER sync_capture_update ON planning_visitplan;
DROP TRIGGER sync_capture_delete ON planning_visitplan;
DROP TRIGGER sync_capture_truncate ON planning_visitplan;
DROP TRIGGER sync_id_stays ON planning_visitplan;
DROP FUNCTION sync_capture_planning_visitplan();
"""


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_triggers"), ("planning", "0001_tables")]
    operations = [migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text(), BACK)]
