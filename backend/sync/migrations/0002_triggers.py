"""The triggers that write the change log, frozen as capture.install_all_sql() gave them: a file for each room whose tables
are synced, or watched. A room that begins to be synced later has its own in a migration of its own."""

from pathlib import Path

from django.db import migrations

ROOMS = "attachments crm field identity merging notifications orders planning sync territories".split()


def _triggers(room: str) -> migrations.RunSQL:
    return migrations.RunSQL(Path(__file__).with_name(f"0002_capture_{room}.sql").read_text(), migrations.RunSQL.noop)


# Deals and activities stand under their account, or under their owner when they have none: found by that, not by reading all.
BY_ROOT = "CREATE INDEX {0}_by_root ON {0} ((COALESCE(account_id, owner_id)))"


class Migration(migrations.Migration):
    replaces = [
        ("sync", "0002_capture"),
        ("sync", "0003_capture_order"),
        ("sync", "0008_deal_roots"),
        ("sync", "0010_notifications"),
    ]
    dependencies = [("sync", "0001_tables"), *((room, "0001_tables") for room in ROOMS if room != "sync")]
    operations = [
        migrations.RunSQL(Path(__file__).with_name("0002_capture.sql").read_text(), "DROP FUNCTION sync_id_stays()"),
        *(_triggers(room) for room in ROOMS),
        *(
            migrations.RunSQL(BY_ROOT.format(table), f"DROP INDEX {table}_by_root")
            for table in ("crm_opportunity", "crm_activity")
        ),
    ]
