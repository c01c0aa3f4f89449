"""When a person may be disturbed, why a delivery waits, what came of each attempt, and what devices say of it."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


FILL = """
UPDATE notifications_notification SET occurred_at = created_at, addressed_at = created_at, severity = 'high',
    category = split_part(rule, '.', 1), audience = CASE WHEN title_key LIKE '%.own' THEN 'rep' ELSE 'manager' END;
UPDATE notifications_delivery d SET user_id = n.user_id, channel = 'push'
    FROM notifications_notification n WHERE n.id = d.notification_id;
UPDATE notifications_delivery d SET channel = 'webpush'
    FROM notifications_pushaddress a WHERE a.id = d.address_id AND a.kind = 'webpush';
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_sign_in_attempts"),
        ("notifications", "0003_webpush"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
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
            ],
            options={
                "verbose_name_plural": "alert settings",
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
            ],
        ),
        migrations.CreateModel(
            name="DeviceAck",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
            ],
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
            ],
        ),
        migrations.AddField(
            model_name="delivery",
            name="channel",
            field=models.CharField(
                null=True,
                choices=[("push", "Push"), ("webpush", "Webpush"), ("email", "Email")],
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="digest_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="digest_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="delivery",
            name="hold_reason",
            field=models.CharField(
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
        migrations.AddField(
            model_name="delivery",
            name="tries",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="delivery",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="addressed_at",
            field=models.DateTimeField(
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="audience",
            field=models.CharField(
                choices=[("rep", "Rep"), ("manager", "Manager"), ("named", "Named")],
                db_default="named",
                default="named",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="category",
            field=models.CharField(db_default="alert", default="alert", max_length=40),
        ),
        migrations.AddField(
            model_name="notification",
            name="change_xid",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="escalate_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="escalated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="event_id",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="occurred_at",
            field=models.DateTimeField(
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="origin",
            field=models.CharField(
                choices=[("told", "Told"), ("escalated", "Escalated"), ("handed_over", "Handed Over")],
                db_default="told",
                default="told",
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="rule_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="rule_version_id",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="severity",
            field=models.CharField(
                choices=[("critical", "Critical"), ("high", "High"), ("normal", "Normal"), ("low", "Low")],
                db_default="normal",
                default="normal",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="notification",
            name="withdrawn_why",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="delivery",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="channel",
            field=models.CharField(
                choices=[("push", "Push"), ("webpush", "Webpush"), ("email", "Email")],
                max_length=8,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="occurred_at",
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name="notification",
            name="addressed_at",
            field=models.DateTimeField(),
        ),
        migrations.AlterField(
            model_name="delivery",
            name="address",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="notifications.pushaddress",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("digest_at__isnull", False), ("state", "queued")),
                fields=["digest_at"],
                name="delivery_digests",
            ),
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_waiting"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "queued")),
                fields=["channel", "next_try_at", "id"],
                name="delivery_waiting_by_way",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "queued")), fields=["user"], name="delivery_waiting_by_user"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "sent")), fields=["user", "finished_at"], name="delivery_sent_by_user"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["finished_at"], name="delivery_by_end"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(fields=["root_id", "expires_at"], name="notification_by_root"),
        ),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(
                    ("escalate_at__isnull", False), ("escalated_at", None), ("read_at", None), ("withdrawn_at", None)
                ),
                fields=["escalate_at"],
                name="notification_to_escalate",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("address", None)), fields=("notification", "channel"), name="delivery_once_by_mail"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["push", "webpush", "email"])), name="delivery_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("address", None), ("channel", "email")),
                    models.Q(models.Q(("channel", "email"), _negated=True), ("address__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_has_its_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(("severity__in", ["critical", "high", "normal", "low"])),
                name="notification_severity_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(("audience__in", ["rep", "manager", "named"])), name="notification_audience_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(("origin__in", ["told", "escalated", "handed_over"])),
                name="notification_origin_known",
            ),
        ),
        migrations.AddField(
            model_name="alertpreference",
            name="org",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
        ),
        migrations.AddField(
            model_name="alertpreference",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="alert_preferences",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="alertsettings",
            name="org",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
        ),
        migrations.AddField(
            model_name="alertsettings",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="delivery",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="attempts", to="notifications.delivery"
            ),
        ),
        migrations.AddField(
            model_name="deviceack",
            name="device",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.device"
            ),
        ),
        migrations.AddField(
            model_name="deviceack",
            name="notification",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="acks", to="notifications.notification"
            ),
        ),
        migrations.AddField(
            model_name="omission",
            name="org",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
        ),
        migrations.AddField(
            model_name="omission",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="alertpreference",
            constraint=models.UniqueConstraint(fields=("user", "rule", "channel"), name="alert_preference_once"),
        ),
        migrations.AddConstraint(
            model_name="alertpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["push", "webpush", "email"])), name="alert_preference_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("mode__in", ["now", "digest", "off"])), name="alert_preference_mode_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsettings",
            constraint=models.UniqueConstraint(
                fields=("org", "user"), name="alert_settings_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="alertsettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("quiet_from", None), ("quiet_to", None)),
                    models.Q(("quiet_from__isnull", False), ("quiet_to__isnull", False)),
                    _connector="OR",
                ),
                name="alert_settings_quiet_has_both_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="attempt",
            constraint=models.UniqueConstraint(fields=("delivery", "number"), name="attempt_number_once"),
        ),
        migrations.AddConstraint(
            model_name="deviceack",
            constraint=models.UniqueConstraint(fields=("notification", "device"), name="device_ack_once"),
        ),
        migrations.AddConstraint(
            model_name="omission",
            constraint=models.UniqueConstraint(
                fields=("rule", "subject_id", "episode", "user"), name="omission_once_per_episode"
            ),
        ),
    ]
