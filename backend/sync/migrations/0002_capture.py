"""The change log's triggers, frozen as capture.install_all_sql() gave them."""

from pathlib import Path

from django.db import migrations

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0001_initial"),
        ("identity", "0002_touch"),
        ("crm", "0002_guards"),
        ("territories", "0002_coverage"),
        ("field", "0002_guards"),
    ]
    operations = [
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
        migrations.RunSQL("INSERT INTO sync_epoch (id, epoch) VALUES (1, gen_random_uuid())", "DELETE FROM sync_epoch"),
        migrations.RunSQL(
            "CREATE TRIGGER fieldbeat_touch BEFORE UPDATE ON sync_syncissue "
            "FOR EACH ROW EXECUTE FUNCTION fieldbeat_touch()",
            "DROP TRIGGER fieldbeat_touch ON sync_syncissue",
        ),
    ]
