"""Several streams on one device, each with its own scope; what phones hold already is carried over.

The old table and the old columns stay in the database for the server that still runs while this is applied."""

import django.db.models.deletion
from django.db import migrations, models

CARRY_OVER = """
INSERT INTO sync_stream (device_id, name, last_gen, acked_gen, last_pull_at)
SELECT device_id, 'main', last_gen, acked_gen, last_pull_at FROM sync_devicestate;
INSERT INTO sync_streamscope (stream_id, root, added_gen, removed_gen, removed_at)
SELECT s.id, d.root, d.added_gen, d.removed_gen, CASE WHEN d.removed_gen IS NOT NULL THEN now() END
FROM sync_devicescope d JOIN sync_stream s ON s.device_id = d.device_id;
"""

# Nothing reads the old rows any more, and they must not keep a device from being deleted.
LET_GO = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = 'sync_devicescope'::regclass AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE sync_devicescope DROP CONSTRAINT %I', name);
    END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_capture_order")]
    operations = [
        migrations.CreateModel(
            name="Stream",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("last_gen", models.BigIntegerField(db_default=0, default=0)),
                ("acked_gen", models.BigIntegerField(db_default=0, default=0)),
                ("base", models.TextField(blank=True, db_default="", default="")),
                (
                    "shapes",
                    models.JSONField(db_default=models.Value({}, output_field=models.JSONField()), default=dict),
                ),
                ("last_pull_at", models.DateTimeField(blank=True, null=True)),
                ("forgotten_at", models.DateTimeField(blank=True, null=True)),
                (
                    "device",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="streams",
                        to="identity.device",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("device", "name"), name="stream_once")]},
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("DeviceScope")],
            database_operations=[migrations.RunSQL(LET_GO, migrations.RunSQL.noop)],
        ),
        migrations.CreateModel(
            name="DeviceScope",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("root", models.UUIDField()),
                ("added_gen", models.BigIntegerField()),
                ("removed_gen", models.BigIntegerField(blank=True, null=True)),
                ("priority", models.SmallIntegerField(db_default=1, default=1)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "stream",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scope",
                        to="sync.stream",
                    ),
                ),
            ],
            options={
                "db_table": "sync_streamscope",
                "constraints": [models.UniqueConstraint(fields=("stream", "root"), name="stream_scope_once")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at__isnull", False)),
                        fields=["removed_at"],
                        name="stream_scope_gone",
                    )
                ],
            },
        ),
        migrations.RunSQL(CARRY_OVER, migrations.RunSQL.noop),
        migrations.AlterField("devicestate", "last_gen", models.BigIntegerField(db_default=0, default=0)),
        migrations.AlterField("devicestate", "acked_gen", models.BigIntegerField(db_default=0, default=0)),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveField("devicestate", "last_gen"),
                migrations.RemoveField("devicestate", "acked_gen"),
                migrations.RemoveField("devicestate", "last_pull_at"),
            ]
        ),
    ]
