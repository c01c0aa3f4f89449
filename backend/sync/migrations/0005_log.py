"""The change log in partitions by transaction, statements of many rows in arrays, what was purged, and the triggers anew.

What the log holds is carried over: the old table becomes the first partition as it stands, under a parent of its old name;
writers wait while one index is made (seconds for millions of rows). The triggers are frozen as capture.install_all_sql()
gave them."""

import django.contrib.postgres.fields
from django.db import migrations, models
from pathlib import Path

import backend.sync.models

TRIGGERS = Path(__file__).with_suffix(".sql").read_text()

PARTITIONS = """
ALTER TABLE sync_change RENAME TO sync_change_0;
ALTER TABLE sync_change_0 ALTER seq DROP IDENTITY;
ALTER TABLE sync_change_0 DROP CONSTRAINT sync_change_pkey;
DROP INDEX change_by_xid;
ALTER INDEX change_by_root RENAME TO sync_change_0_root_xid_idx;
CREATE INDEX sync_change_0_xid_idx ON sync_change_0 (xid);
CREATE TABLE sync_change (LIKE sync_change_0 INCLUDING DEFAULTS) PARTITION BY RANGE (xid);
CREATE SEQUENCE sync_change_number OWNED BY sync_change.seq;
SELECT setval('sync_change_number', COALESCE((SELECT max(seq) FROM sync_change_0), 0) + 1, false);
ALTER TABLE sync_change ALTER seq SET DEFAULT nextval('sync_change_number');
CREATE INDEX change_by_xid ON sync_change (xid);
CREATE INDEX change_by_root ON sync_change (root, xid);
ALTER TABLE sync_change ATTACH PARTITION sync_change_0 FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE sync_change_stray PARTITION OF sync_change DEFAULT;
"""

# Ids do not shrink, and looking whether they would costs a bulk write more than the log itself.
BULK = """
ALTER TABLE sync_bulkchange ALTER entity_ids SET STORAGE EXTERNAL, ALTER roots SET STORAGE EXTERNAL;
CREATE VIEW sync_log AS
SELECT c.xid, c.org_id, c.entity, c.entity_id, c.root, c.at FROM sync_change c
UNION ALL
SELECT b.xid, b.org_id, b.entity, u.entity_id, u.root, b.at
FROM sync_bulkchange b, unnest(b.entity_ids, b.roots) u(entity_id, root);
"""

# Answers that say why something was refused are shortened after a time; without this index the whole ledger would be read.
LEDGER = "CREATE INDEX sync_op_told ON sync_syncop (received_at) WHERE result ->> 'message' IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("sync", "0004_streams")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop)],
            state_operations=[
                migrations.RemoveIndex("change", "change_by_xid"),
                migrations.AddIndex("change", models.Index(fields=["xid"], name="change_by_xid")),
            ],
        ),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("xid", backend.sync.models.Xid8Field()),
                ("org_id", models.UUIDField()),
                ("entity", models.CharField(max_length=30)),
                ("entity_ids", django.contrib.postgres.fields.ArrayField(models.UUIDField())),
                ("roots", django.contrib.postgres.fields.ArrayField(models.UUIDField())),
                ("at", models.DateTimeField()),
            ],
            options={"indexes": [models.Index(fields=["xid"], name="bulk_change_by_xid")]},
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("root", models.UUIDField(primary_key=True, serialize=False)),
                ("xid", backend.sync.models.Xid8Field()),
            ],
            options={"indexes": [models.Index(fields=["xid"], name="purge_by_xid")]},
        ),
        migrations.AddField("epoch", "life", models.CharField(max_length=100, default="", db_default="")),
        migrations.RunSQL(BULK, migrations.RunSQL.noop),
        migrations.RunSQL(LEDGER, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
