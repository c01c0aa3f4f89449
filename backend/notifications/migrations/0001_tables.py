"""What people were told, how it reached them, and when they wish to be disturbed."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.kit.triggers import touch


class Migration(migrations.Migration):
    replaces = [
        ("notifications", "0001_initial"),
        ("notifications", "0002_touch"),
        ("notifications", "0003_webpush"),
        ("notifications", "0004_delivery"),
    ]

    initial = True

    dependencies = [
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="PushAddress",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("fid", "Fid"), ("fcm_token", "Fcm Token"), ("webpush", "Webpush")], max_length=10
                    ),
                ),
                ("value", models.CharField(max_length=2048)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_seen_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("retired_why", models.CharField(blank=True, max_length=500)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="push_addresses", to="identity.device"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "value"), name="push_address_unique"),
                    models.UniqueConstraint(
                        condition=models.Q(("retired_at", None)), fields=("device",), name="push_address_one_live"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("retired_at", None), models.Q(("retired_why", ""), _negated=True), _connector="OR"
                        ),
                        name="push_address_retired_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["fid", "fcm_token", "webpush"])),
                        name="push_address_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("rule", models.CharField(max_length=60)),
                ("subject_entity", models.CharField(max_length=30)),
                ("subject_id", models.UUIDField()),
                (
                    "episode",
                    models.CharField(help_text="Tells two occurrences about one subject apart.", max_length=60),
                ),
                ("root_id", models.UUIDField()),
                ("title_key", models.CharField(max_length=60)),
                ("args", models.JSONField(default=dict)),
                ("title", models.CharField(max_length=120)),
                ("body", models.CharField(max_length=400)),
                ("expires_at", models.DateTimeField(help_text="After this a phone is no longer disturbed with it.")),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("addressed_at", models.DateTimeField()),
                (
                    "audience",
                    models.CharField(
                        choices=[("rep", "Rep"), ("manager", "Manager"), ("named", "Named")],
                        db_default="named",
                        default="named",
                        max_length=8,
                    ),
                ),
                ("category", models.CharField(db_default="alert", default="alert", max_length=40)),
                ("change_xid", models.BigIntegerField(blank=True, null=True)),
                ("escalate_at", models.DateTimeField(blank=True, null=True)),
                ("escalated_at", models.DateTimeField(blank=True, null=True)),
                ("event_id", models.BigIntegerField(blank=True, null=True)),
                ("occurred_at", models.DateTimeField()),
                (
                    "origin",
                    models.CharField(
                        choices=[("told", "Told"), ("escalated", "Escalated"), ("handed_over", "Handed Over")],
                        db_default="told",
                        default="told",
                        max_length=12,
                    ),
                ),
                ("rule_id", models.UUIDField(blank=True, null=True)),
                ("rule_version_id", models.UUIDField(blank=True, null=True)),
                (
                    "severity",
                    models.CharField(
                        choices=[("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low")],
                        db_default="normal",
                        default="normal",
                        max_length=8,
                    ),
                ),
                ("withdrawn_why", models.CharField(blank=True, db_default="", default="", max_length=200)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="notification_inbox"),
                    models.Index(fields=["root_id", "expires_at"], name="notification_by_root"),
                    models.Index(
                        condition=models.Q(
                            ("escalate_at__isnull", False),
                            ("escalated_at", None),
                            ("read_at", None),
                            ("withdrawn_at", None),
                        ),
                        fields=["escalate_at"],
                        name="notification_to_escalate",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "subject_id", "episode", "user"), name="notification_once_per_episode"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("severity__in", ["critical", "high", "normal", "low"])),
                        name="notification_severity_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["rep", "manager", "named"])),
                        name="notification_audience_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("origin__in", ["told", "escalated", "handed_over"])),
                        name="notification_origin_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Omission",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=60)),
                ("subject_id", models.UUIDField()),
                ("episode", models.CharField(max_length=60)),
                ("why", models.CharField(max_length=200)),
                ("at", models.DateTimeField(db_index=True)),
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "subject_id", "episode", "user"), name="omission_once_per_episode"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("gone", "Gone"),
                            ("suppressed", "Suppressed"),
                        ],
                        default="queued",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("next_try_at", models.DateTimeField()),
                ("last_outcome", models.CharField(blank=True, max_length=600)),
                ("provider_id", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="notifications.notification",
                    ),
                ),
                (
                    "address",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="notifications.pushaddress",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("push", "Push"), ("webpush", "Webpush"), ("email", "Email")], max_length=8
                    ),
                ),
                ("digest_at", models.DateTimeField(blank=True, null=True)),
                ("digest_id", models.UUIDField(blank=True, null=True)),
                (
                    "hold_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("quiet", "Quiet"),
                            ("working_hours", "Hours"),
                            ("visit", "Visit"),
                            ("budget", "Budget"),
                            ("digest", "Digest"),
                        ],
                        db_default="",
                        default="",
                        max_length=13,
                    ),
                ),
                ("tries", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("digest_at__isnull", False), ("state", "queued")),
                        fields=["digest_at"],
                        name="delivery_digests",
                    ),
                    models.Index(
                        condition=models.Q(("state", "queued")),
                        fields=["channel", "next_try_at", "id"],
                        name="delivery_waiting_by_way",
                    ),
                    models.Index(
                        condition=models.Q(("state", "queued")), fields=["user"], name="delivery_waiting_by_user"
                    ),
                    models.Index(
                        condition=models.Q(("state", "sent")),
                        fields=["user", "finished_at"],
                        name="delivery_sent_by_user",
                    ),
                    models.Index(fields=["finished_at"], name="delivery_by_end"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("notification", "address"), name="delivery_once_per_address"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["queued", "sent", "failed", "gone", "suppressed"])),
                        name="delivery_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at", None), ("state", "queued")),
                            models.Q(models.Q(("state", "queued"), _negated=True), ("finished_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="delivery_finished_when_not_queued",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("address", None)),
                        fields=("notification", "channel"),
                        name="delivery_once_by_mail",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["push", "webpush", "email"])), name="delivery_channel_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("address", None), ("channel", "email")),
                            models.Q(models.Q(("channel", "email"), _negated=True), ("address__isnull", False)),
                            _connector="OR",
                        ),
                        name="delivery_has_its_address",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("at", models.DateTimeField(db_index=True)),
                ("outcome", models.CharField(help_text="sent, transient, permanent, gone or unknown.", max_length=9)),
                ("detail", models.CharField(blank=True, max_length=600)),
                ("provider_id", models.CharField(blank=True, max_length=200)),
                (
                    "delivery",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="notifications.delivery",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("delivery", "number"), name="attempt_number_once")],
            },
        ),
        migrations.CreateModel(
            name="DeviceAck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                (
                    "device",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.device"
                    ),
                ),
                (
                    "notification",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="acks",
                        to="notifications.notification",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("notification", "device"), name="device_ack_once")],
            },
        ),
        migrations.CreateModel(
            name="AlertSettings",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("quiet_from", models.TimeField(blank=True, null=True)),
                ("quiet_to", models.TimeField(blank=True, null=True)),
                ("working_hours_only", models.BooleanField(default=False)),
                ("digest_time", models.TimeField()),
                ("budget_per_hour", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("hold_in_visit", models.BooleanField(default=True)),
                ("critical_always", models.BooleanField(default=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "alert settings",
                "constraints": [
                    models.UniqueConstraint(fields=("org", "user"), name="alert_settings_once", nulls_distinct=False),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("quiet_from", None), ("quiet_to", None)),
                            models.Q(("quiet_from__isnull", False), ("quiet_to__isnull", False)),
                            _connector="OR",
                        ),
                        name="alert_settings_quiet_has_both_ends",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertPreference",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("rule", models.CharField(blank=True, max_length=60)),
                (
                    "channel",
                    models.CharField(
                        choices=[("push", "Push"), ("webpush", "Webpush"), ("email", "Email")], max_length=8
                    ),
                ),
                (
                    "mode",
                    models.CharField(choices=[("now", "Now"), ("digest", "Digest"), ("off", "Off")], max_length=6),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alert_preferences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "rule", "channel"), name="alert_preference_once"),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["push", "webpush", "email"])),
                        name="alert_preference_channel_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ["now", "digest", "off"])), name="alert_preference_mode_known"
                    ),
                ],
            },
        ),
        touch("notifications_notification"),
    ]
