"""Plans, runs and their figures."""

import backend.kit.ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("planning", "0001_initial"),
        ("planning", "0002_runs"),
        ("planning", "0003_watched_runs"),
        ("planning", "0004_publishing"),
        ("planning", "0005_day_locked"),
    ]

    initial = True

    dependencies = [
        ("crm", "0001_tables"),
        ("field", "0001_tables"),
        ("identity", "0001_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="PlanningWeights",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("version", models.PositiveIntegerField(help_text="1, 2, ...; 0 stands for the product's own.")),
                ("points", models.JSONField(help_text="What differs from the product's own; see priority.Weights.")),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("org", "version"), name="planning_weights_version")],
            },
        ),
        migrations.CreateModel(
            name="PlanRun",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(choices=[("week", "Week"), ("cycle", "Cycle")], max_length=5)),
                ("scope", models.CharField(choices=[("rep", "Rep"), ("team", "Team"), ("org", "Org")], max_length=4)),
                ("first_day", models.DateField()),
                ("days", models.PositiveSmallIntegerField(help_text="Calendar days from first_day on.")),
                ("seed", models.BigIntegerField()),
                ("seconds", models.FloatField(help_text="How long the search goes on for each part.")),
                ("weights_version", models.PositiveIntegerField(default=0)),
                (
                    "replaces",
                    models.BooleanField(default=False, help_text="Visits of earlier plans may be moved, or given up."),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("total", models.PositiveIntegerField(help_text="Parts.")),
                ("done", models.PositiveIntegerField(default=0, help_text="Parts that are ready, or have failed.")),
                ("figures", models.JSONField(default=dict, help_text="The best so far, of all parts together.")),
                ("created_at", models.DateTimeField()),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        help_text="Whose locks, pins and removals were kept.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        to="planning.planrun",
                    ),
                ),
                (
                    "leader",
                    models.ForeignKey(
                        help_text="The rep, or whose people.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                ("publish_replaces", models.BooleanField(db_default=False, default=False)),
                (
                    "publish_total",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Parts that are to be published."),
                ),
                (
                    "publish_done",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Those published, or refused."),
                ),
                (
                    "publish_refused",
                    models.PositiveIntegerField(db_default=0, default=0, help_text="Those refused: see `trouble`."),
                ),
                ("publish_asked_at", models.DateTimeField(blank=True, null=True)),
                ("publish_ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "publish_by",
                    models.ForeignKey(
                        blank=True,
                        help_text="Who had all parts published.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["org", "created_at"], name="plan_run_by_org")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "done", "cancelled"])),
                        name="plan_run_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("done__lte", models.F("total"))), name="plan_run_done_of_total"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanPart",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("ready", "Ready"),
                            ("failed", "Failed"),
                            ("published", "Published"),
                        ],
                        default="waiting",
                        max_length=9,
                    ),
                ),
                ("figures", models.JSONField(default=dict, help_text="The best so far; see keeping.figures.")),
                (
                    "trouble",
                    models.JSONField(default=dict, help_text="code, message and fields of what stood in the way."),
                ),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("first_plan_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="parts", to="planning.planrun"
                    ),
                ),
                (
                    "to_publish",
                    models.BooleanField(db_default=False, default=False, help_text="A job is to publish it."),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("run", "rep"), name="plan_part_once_a_rep"),
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["waiting", "running", "ready", "failed", "published"])),
                        name="plan_part_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitPlan",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("day", models.DateField(help_text="In the rep's own time zone.")),
                (
                    "status",
                    models.CharField(
                        choices=[("proposed", "Proposed"), ("accepted", "Accepted"), ("discarded", "Discarded")],
                        default="proposed",
                        max_length=9,
                    ),
                ),
                ("seed", models.BigIntegerField()),
                ("leave_at", models.DateTimeField(help_text="When the rep sets out.")),
                ("back_at", models.DateTimeField(help_text="When the rep is back.")),
                (
                    "figures",
                    models.JSONField(
                        help_text="Prize, counts, seconds of travel, service and waiting; see keeping.figures."
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="plans", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="planning.visitplan",
                    ),
                ),
                ("edited_at", models.DateTimeField(blank=True, help_text="When a hand last changed it.", null=True)),
                (
                    "from_lat",
                    models.FloatField(blank=True, help_text="Where the day begins, when not at home.", null=True),
                ),
                ("from_lng", models.FloatField(blank=True, null=True)),
                ("replaces", models.BooleanField(db_default=False, default=False, help_text="As of a run.")),
                ("weights_version", models.PositiveIntegerField(db_default=0, default=0)),
                (
                    "part",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="plans",
                        to="planning.planpart",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rep", "day", "created_at"], name="plan_by_rep_day")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["proposed", "accepted", "discarded"])),
                        name="plan_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("back_at__gte", models.F("leave_at"))), name="plan_span"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("settled_at", None), ("status", "proposed")),
                            models.Q(models.Q(("status", "proposed"), _negated=True), ("settled_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="plan_settled_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanStop",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "fixed",
                    models.BooleanField(
                        help_text="An appointment that was in the calendar before the plan, and stays."
                    ),
                ),
                ("arrival", models.DateTimeField()),
                ("planned_start", models.DateTimeField()),
                ("planned_end", models.DateTimeField()),
                ("wait_seconds", models.PositiveIntegerField()),
                ("prize", models.IntegerField()),
                ("why", models.CharField(max_length=200)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.account"),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="field.visit",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stops", to="planning.visitplan"
                    ),
                ),
                (
                    "locked",
                    models.BooleanField(db_default=False, default=False, help_text="Stays on this day at this time."),
                ),
                (
                    "overdue",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Fell due before the last of the days."
                    ),
                ),
                (
                    "pinned",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Must be visited, at whatever time."
                    ),
                ),
                (
                    "day_locked",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Stays on this day, at whatever time."
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("plan", "position"), name="plan_stop_position"),
                    models.CheckConstraint(
                        condition=models.Q(("planned_start__gte", models.F("arrival"))),
                        name="plan_stop_starts_after_arrival",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("planned_end__gte", models.F("planned_start"))), name="plan_stop_span"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PlanDrop",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("NO_COORDINATES", "No Coordinates"),
                            ("NOT_REACHABLE", "Not Reachable"),
                            ("NO_WINDOW_FITS", "No Window Fits"),
                            ("DAY_FULL", "Day Full"),
                            ("NO_SKILL", "No Skill"),
                            ("OUTSIDE_DATES", "Outside Dates"),
                            ("TOO_SOON", "Too Soon"),
                            ("GROUP_SERVED", "Group Served"),
                            ("REMOVED", "Removed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("detail", models.CharField(max_length=300)),
                (
                    "displaced_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(), blank=True, default=list, size=None
                    ),
                ),
                ("prize", models.IntegerField()),
                ("why", models.CharField(max_length=200)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="crm.account"),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="field.visit",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drops",
                        to="planning.visitplan",
                    ),
                ),
                (
                    "fixed",
                    models.BooleanField(
                        db_default=False, default=False, help_text="An appointment that stays, kept or not."
                    ),
                ),
                (
                    "overdue",
                    models.BooleanField(
                        db_default=False, default=False, help_text="Fell due before the last of the days."
                    ),
                ),
                (
                    "pinned",
                    models.BooleanField(db_default=False, default=False, help_text="Should be visited at all events."),
                ),
                (
                    "part",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="drops",
                        to="planning.planpart",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["plan", "-prize"], name="plan_drop_by_prize"),
                    models.Index(fields=["part", "-prize"], name="plan_drop_of_part"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "reason__in",
                                [
                                    "NO_COORDINATES",
                                    "NOT_REACHABLE",
                                    "NO_WINDOW_FITS",
                                    "DAY_FULL",
                                    "NO_SKILL",
                                    "OUTSIDE_DATES",
                                    "TOO_SOON",
                                    "GROUP_SERVED",
                                    "REMOVED",
                                ],
                            )
                        ),
                        name="plan_drop_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("part__isnull", False), ("plan", None)),
                            models.Q(("part", None), ("plan__isnull", False)),
                            _connector="OR",
                        ),
                        name="plan_drop_of_one",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DayFigures",
            fields=[
                (
                    "id",
                    models.UUIDField(default=backend.kit.ids.new_id, editable=False, primary_key=True, serialize=False),
                ),
                ("day", models.DateField()),
                ("published", models.BooleanField(default=False)),
                ("at", models.DateTimeField()),
                ("stops", models.PositiveSmallIntegerField()),
                ("travel_seconds", models.PositiveIntegerField()),
                ("prize", models.FloatField()),
                ("due_prize", models.FloatField()),
                ("overdue_left", models.PositiveIntegerField()),
                ("weights_version", models.PositiveIntegerField(default=0)),
                (
                    "org",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="identity.org"),
                ),
                (
                    "plan",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="planning.visitplan",
                    ),
                ),
                (
                    "rep",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["rep", "day"], name="day_figures_by_rep")],
            },
        ),
    ]
