"""Files, announced and uploaded piece by piece."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.kit.triggers import touch


class Migration(migrations.Migration):
    replaces = [
        ("attachments", "0001_initial"),
        ("attachments", "0002_guards"),
        ("attachments", "0003_capture"),
        ("attachments", "0004_bytes_of_org"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("kept_sha256", models.CharField(blank=True, max_length=64)),
                ("size", models.BigIntegerField(default=0)),
                ("mime_type", models.CharField(max_length=100)),
                ("width", models.PositiveIntegerField(blank=True, null=True)),
                ("height", models.PositiveIntegerField(blank=True, null=True)),
                ("has_thumbnail", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("stored_at", models.DateTimeField(blank=True, null=True)),
                ("doomed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("stored_at__isnull", False)),
                        fields=["org"],
                        include=("size",),
                        name="blob_bytes_of_org",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("doomed_at", None), ("stored_at__isnull", False)),
                        fields=("org", "sha256"),
                        name="blob_once_per_org",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("photo", "Photo"), ("signature", "Signature"), ("document", "Document")], max_length=9
                    ),
                ),
                ("mime_type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[("announced", "Announced"), ("stored", "Stored"), ("refused", "Refused")],
                        default="announced",
                        max_length=9,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("width", models.PositiveIntegerField(blank=True, null=True)),
                ("height", models.PositiveIntegerField(blank=True, null=True)),
                ("captured_at", models.DateTimeField(blank=True, null=True)),
                ("has_thumbnail", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="crm.account"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="field.visit",
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="attachments.blob",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "sha256"], name="attachment_by_content")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["photo", "signature", "document"])),
                        name="attachment_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["announced", "stored", "refused"])),
                        name="attachment_state_known",
                    ),
                    models.CheckConstraint(condition=models.Q(("size__gt", 0)), name="attachment_not_empty"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "refused"), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="attachment_refused_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("deleted_at", None), ("state", "stored"), _negated=True),
                            ("blob__isnull", False),
                            _connector="OR",
                        ),
                        name="attachment_stored_has_blob",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("size", models.BigIntegerField()),
                ("offset", models.BigIntegerField(default=0)),
                ("metadata", models.TextField(blank=True, help_text="Upload-Metadata, word for word.")),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("whole", "Whole"), ("ended", "Ended")], default="open", max_length=5
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("touched_at", models.DateTimeField(help_text="When its last piece came.")),
                ("expires_at", models.DateTimeField()),
                ("whole_at", models.DateTimeField(blank=True, null=True)),
                (
                    "attachment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="attachments.attachment"
                    ),
                ),
                (
                    "blob",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="uploads",
                        to="attachments.blob",
                    ),
                ),
                (
                    "device",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="identity.device",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "open")), fields=["user", "device"], name="upload_open"),
                    models.Index(fields=["expires_at"], name="upload_by_expiry"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("offset__gte", 0), ("offset__lte", models.F("size"))), name="upload_within"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="UploadPart",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("start", models.BigIntegerField()),
                ("size", models.BigIntegerField()),
                ("key", models.CharField(max_length=200)),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="attachments.upload"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("upload", "start"), name="upload_part_once")],
            },
        ),
        touch("attachments_attachment"),
    ]
