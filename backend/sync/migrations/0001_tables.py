"""What phones hold, what they sent, what became of it, and the change log (0001_log.sql)."""

import backend.kit.ids
import backend.sync.models
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from pathlib import Path
from backend.kit.triggers import touch

LOG = Path(__file__).with_name("0001_log.sql").read_text()
BULK = Path(__file__).with_name("0001_bulk.sql").read_text()

# Answers that say why something was refused are shortened after a time; without this index the whole ledger would be read.
LEDGER = "CREATE INDEX sync_op_told ON sync_syncop (received_at) WHERE result ->> 'message' IS NOT NULL"
LIFE = "INSERT INTO sync_epoch (id, epoch) VALUES (1, gen_random_uuid())"


class Migration(migrations.Migration):
    replaces = [
        ("sync", "0001_initial"),
        ("sync", "0004_streams"),
        ("sync", "0005_log"),
        ("sync", "0006_inbox"),
        ("sync", "0007_scope_unchecked"),
        ("sync", "0009_outbox_told"),
    ]

    initial = True

    dependencies = [
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(LOG, "DROP TABLE sync_change")],
            state_operations=[
                migrations.CreateModel(
                    name="Change",
                    fields=[
                        ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                        ("xid", backend.sync.models.Xid8Field()),
                        ("org_id", models.UUIDField()),
                        ("entity", models.CharField(max_length=30)),
                        ("entity_id", models.UUIDField()),
                        ("root", models.UUIDField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["root", "xid"], name="change_by_root"),
                            models.Index(fields=["xid"], name="change_by_xid"),
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="BulkChange",
            fields=[
                ("seq", models.BigAutoField(primary_key=True, serialize=False)),
                ("xid", backend.sync.models.Xid8Field()),
                ("org_id", models.UUIDField()),
                ("entity", models.CharField(max_length=30)),
                ("entity_ids", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("roots", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["xid"], name="bulk_change_by_xid")],
            },
        ),
        migrations.CreateModel(
            name="Purge",
            fields=[
                ("root", models.UUIDField(primary_key=True, serialize=False)),
                ("xid", backend.sync.models.Xid8Field()),
            ],
            options={
                "indexes": [models.Index(fields=["xid"], name="purge_by_xid")],
            },
        ),
        migrations.CreateModel(
            name="Epoch",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("epoch", models.UUIDField(default=backend.kit.ids.new_id)),
                ("life", models.CharField(db_default="", default="", max_length=100)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="epoch_single_row")],
            },
        ),
        migrations.CreateModel(
            name="DeviceState",
            fields=[
                (
                    "device",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sync_state",
                        serialize=False,
                        to="identity.device",
                    ),
                ),
                ("last_seq", models.BigIntegerField(default=0)),
                ("pending", models.PositiveIntegerField(blank=True, null=True)),
                ("told_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
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
            options={
                "constraints": [models.UniqueConstraint(fields=("device", "name"), name="stream_once")],
            },
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
                        db_constraint=False,
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
        migrations.CreateModel(
            name="SyncOp",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("body_hash", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=60)),
                ("entity_id", models.UUIDField(blank=True, null=True)),
                ("status", models.CharField(max_length=12)),
                ("result", models.JSONField()),
                (
                    "client_time",
                    models.DateTimeField(blank=True, help_text="The phone's clock, as it claims.", null=True),
                ),
                ("received_at", models.DateTimeField()),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="ops", to="identity.device"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "corrected_time",
                    models.DateTimeField(blank=True, help_text="That, set right by the phone's offset.", null=True),
                ),
                ("group", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("device", "seq"), name="sync_op_seq_once")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("group__isnull", False)), fields=["group"], name="sync_op_by_group"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncIssue",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("op_id", models.UUIDField()),
                ("kind", models.CharField(max_length=12)),
                ("code", models.CharField(max_length=60)),
                ("entity", models.CharField(max_length=30)),
                ("entity_id", models.UUIDField(blank=True, null=True)),
                ("mine", models.JSONField(default=dict)),
                ("theirs", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("resolved", "Resolved"), ("discarded", "Discarded")],
                        default="open",
                        max_length=10,
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.device"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "actions",
                    models.JSONField(
                        blank=True, db_default=models.Value(["discard"], models.JSONField()), default=list
                    ),
                ),
                ("args", models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict)),
                ("fields", models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list)),
                ("message", models.TextField(blank=True, db_default="", default="")),
                (
                    "mutation",
                    models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
                ),
                ("name", models.CharField(blank=True, db_default="", default="", max_length=60)),
                (
                    "resolution",
                    models.CharField(
                        blank=True,
                        choices=[("retry", "Retry"), ("keepMine", "Keep Mine"), ("discard", "Discard")],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("root", models.UUIDField(blank=True, null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "state"], name="sync_issue_by_state"),
                    models.Index(fields=["op_id"], name="sync_issue_by_op"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "open"), _negated=True),
                            models.Q(("resolution", None), ("resolved_at", None)),
                            _connector="OR",
                        ),
                        name="sync_issue_open_is_unsettled",
                    )
                ],
            },
        ),
        migrations.RunSQL(BULK, "DROP VIEW sync_log"),
        migrations.RunSQL(LEDGER, "DROP INDEX sync_op_told"),
        migrations.RunSQL(LIFE, "DELETE FROM sync_epoch"),
        touch("sync_syncissue"),
    ]
