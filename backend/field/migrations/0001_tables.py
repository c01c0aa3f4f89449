"""Visits, evidence, working time and appointments."""

import backend.kit.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from backend.crm.merged import follow_merges
from backend.kit.triggers import append_only, touch

VERSIONED = "visit workinghours absence callcycle workplace holidayregion companyday appointment".split()


class Migration(migrations.Migration):
    replaces = [
        ("field", "0001_initial"),
        ("field", "0002_guards"),
        ("field", "0003_late_evidence"),
        ("field", "0004_working_time"),
        ("field", "0005_appointments"),
        ("field", "0006_capture"),
        ("field", "0007_calendar_feed"),
        ("field", "0008_stayed"),
        ("field", "0009_about_an_account"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="Visit",
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
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("en_route", "en_route"),
                            ("in_progress", "in_progress"),
                            ("completed", "completed"),
                            ("skipped", "skipped"),
                            ("cancelled", "cancelled"),
                        ],
                        default="planned",
                        max_length=12,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("plan", "Plan"), ("manual", "Manual"), ("import", "Import")],
                        default="manual",
                        max_length=6,
                    ),
                ),
                ("planned_start", models.DateTimeField()),
                ("planned_end", models.DateTimeField()),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, help_text="Why skipped or cancelled.", max_length=200)),
                ("purpose", models.CharField(blank=True, max_length=100)),
                ("plan_id", models.UUIDField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="crm.account"
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="visits", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["account", "ended_at"], name="visit_by_account"),
                    models.Index(fields=["rep", "planned_start"], name="visit_by_rep"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("planned_end__gt", models.F("planned_start"))), name="visit_planned_span"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["planned", "en_route", "in_progress", "completed", "skipped", "cancelled"])
                        ),
                        name="visit_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["skipped", "cancelled"]), _negated=True),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="visit_unmade_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "completed"), _negated=True),
                            ("ended_at__isnull", False),
                            _connector="OR",
                        ),
                        name="visit_completed_has_end",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None), ("state", "in_progress")),
                        fields=("rep",),
                        name="visit_one_in_progress",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CheckIn",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(blank=True, help_text="The phone's own clock.", null=True)),
                ("lat", models.FloatField(blank=True, null=True)),
                ("lng", models.FloatField(blank=True, null=True)),
                ("accuracy_m", models.FloatField(blank=True, null=True)),
                ("distance_m", models.FloatField(blank=True, null=True)),
                ("verdict", models.CharField(max_length=12)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="check_ins", to="field.visit"
                    ),
                ),
                (
                    "late",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="It came when the visit stood otherwise, and moved nothing.",
                    ),
                ),
                (
                    "candidates",
                    models.JSONField(
                        blank=True,
                        db_default=[],
                        default=list,
                        help_text="Ids of other accounts that the position may be at as well.",
                    ),
                ),
                (
                    "dwell_seconds",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="How long they are known to have stayed; null where the phone told no trail.",
                        null=True,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VisitReport",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("outcome", models.CharField(max_length=40)),
                ("summary", models.TextField(blank=True)),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("submitted_at", models.DateTimeField()),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="field.visit"
                    ),
                ),
                (
                    "late",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="It came when the visit stood otherwise, and moved nothing.",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("late", False)), fields=("visit",), name="visit_one_report"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkPlace",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("name", models.CharField(max_length=100)),
                ("lat", models.FloatField()),
                ("lng", models.FloatField()),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("lat__gte", -90), ("lat__lte", 90), ("lng__gte", -180), ("lng__lte", 180)),
                        name="work_place_on_earth",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkingHours",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("weekday", models.PositiveSmallIntegerField()),
                ("start", models.TimeField()),
                ("end", models.TimeField()),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="working_hours",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("breaks", models.JSONField(blank=True, db_default=[], default=list)),
                ("end_lat", models.FloatField(blank=True, null=True)),
                ("end_lng", models.FloatField(blank=True, null=True)),
                ("start_lat", models.FloatField(blank=True, null=True)),
                ("start_lng", models.FloatField(blank=True, null=True)),
                (
                    "end_place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="field.workplace",
                    ),
                ),
                (
                    "start_place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="field.workplace",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weekday__gte", 1), ("weekday__lte", 7)), name="hours_weekday"
                    ),
                    models.CheckConstraint(condition=models.Q(("end__gt", models.F("start"))), name="hours_span"),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("user", "weekday", "start"),
                        name="hours_start_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("reason", models.CharField(blank=True, max_length=100)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("ends", models.TimeField(blank=True, null=True)),
                ("starts", models.TimeField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))), name="absence_span"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ends", None), ("starts", None)),
                            models.Q(("ends__gt", models.F("starts")), ("starts__isnull", False)),
                            _connector="OR",
                        ),
                        name="absence_part_of_day",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HolidayRegion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("subdivision", models.CharField(blank=True, max_length=20)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("org", "user"),
                        name="holiday_region_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CompanyDay",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("day", models.DateField()),
                ("name", models.CharField(max_length=100)),
                ("works", models.BooleanField(db_default=False, default=False)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)), fields=("org", "day"), name="company_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Appointment",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("title", models.CharField(max_length=200)),
                ("notes", models.TextField(blank=True)),
                ("place", models.CharField(blank=True, max_length=200)),
                ("lat", models.FloatField(blank=True, null=True)),
                ("lng", models.FloatField(blank=True, null=True)),
                ("private", models.BooleanField(default=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("zone", models.CharField(max_length=64)),
                ("rrule", models.CharField(blank=True, max_length=200)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("exdates", models.JSONField(blank=True, default=list)),
                ("recurrence_at", models.DateTimeField(blank=True, null=True)),
                ("over_at", models.DateTimeField()),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "series",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moved",
                        to="field.appointment",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appointments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="crm.account",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "over_at"], name="appointment_by_user")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="appointment_span"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("over_at__gte", models.F("ends_at"))), name="appointment_over"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("recurrence_at", None), ("series", None)),
                            models.Q(("recurrence_at__isnull", False), ("rrule", ""), ("series__isnull", False)),
                            _connector="OR",
                        ),
                        name="appointment_moved",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("series", "recurrence_at"),
                        name="appointment_moved_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
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
                        condition=models.Q(("revoked_at", None)), fields=("user",), name="calendar_feed_one_each"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CallCycle",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.BigIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("tier", models.CharField(choices=[("A", "A"), ("B", "B"), ("C", "C"), ("", "none")], max_length=1)),
                ("interval_days", models.PositiveSmallIntegerField()),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("org", "tier"), name="call_cycle_per_tier"),
                    models.CheckConstraint(condition=models.Q(("interval_days__gte", 1)), name="call_cycle_interval"),
                ],
            },
        ),
        *(touch(f"field_{table}") for table in VERSIONED),
        append_only("field_checkin"),
        append_only("field_visitreport"),
        follow_merges("field_appointment"),
    ]
