"""Deals and activities stand under their account, or under their owner when they have none: found by that, not by reading
all there are. Made beside the writers, so not in one transaction."""

from django.db import migrations

INDEX = "CREATE INDEX CONCURRENTLY IF NOT EXISTS {0}_by_root ON {0} ((COALESCE(account_id, owner_id)))"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS {0}_by_root"
TABLES = ("crm_opportunity", "crm_activity")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sync", "0007_scope_unchecked"), ("crm", "0002_guards")]
    operations = [migrations.RunSQL(INDEX.format(table), DROP.format(table)) for table in TABLES]
