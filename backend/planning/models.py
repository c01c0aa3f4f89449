"""Proposed days: the stops in order, and everybody left out with the reason; the runs that make many of them; what a visit
is worth in an org. Visits are made of a plan on acceptance."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from backend.crm.models import Account
from backend.field.models import Visit
from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import FieldRule, FieldRules
from backend.kit.ids import new_id

USER = settings.AUTH_USER_MODEL
# What a visit is worth is made of sales, deals and the boost, and says so.
WORTH: FieldRules = dict.fromkeys(("prize", "why", "figures"), FieldRule(hidden_from=OUTSIDERS))


class PlanStatus(models.TextChoices):
    """proposed → accepted | discarded."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"


class DropReason(models.TextChoices):
    """Why somebody is left out: the solver's reasons, and a hand's."""

    NO_COORDINATES = "NO_COORDINATES"
    NOT_REACHABLE = "NOT_REACHABLE"
    NO_WINDOW_FITS = "NO_WINDOW_FITS"
    DAY_FULL = "DAY_FULL"
    NO_SKILL = "NO_SKILL"
    OUTSIDE_DATES = "OUTSIDE_DATES"
    TOO_SOON = "TOO_SOON"
    GROUP_SERVED = "GROUP_SERVED"
    REMOVED = "REMOVED"


class RunKind(models.TextChoices):
    """What a run plans: days of a week at once, or weeks of a call cycle."""

    WEEK = "week"
    CYCLE = "cycle"


class RunScope(models.TextChoices):
    """For whom: one rep, everybody beneath a manager, everybody of the org."""

    REP = "rep"
    TEAM = "team"
    ORG = "org"


class RunState(models.TextChoices):
    """waiting → running → done | cancelled; done whatever became of its parts."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class PartState(models.TextChoices):
    """waiting → running → ready → published; failed: there is no plan, and `trouble` says why. One that is ready and has some
    was refused when it was to be published."""

    WAITING = "waiting"
    RUNNING = "running"
    READY = "ready"
    FAILED = "failed"
    PUBLISHED = "published"


class PlanningWeights(models.Model):
    """How an org weighs what it knows of an account (see priority.Weights); never changed, a new version is added."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(help_text="1, 2, ...; 0 stands for the product's own.")
    points = models.JSONField(help_text="What differs from the product's own; see priority.Weights.")
    note = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "version"], name="planning_weights_version")]

    def __str__(self) -> str:
        return f"version {self.version}"


class PlanRun(models.Model):
    """One wish for the plans of several days, of one rep or of many; the work is done by jobs, a part for each rep."""

    FIELD_RULES: ClassVar[FieldRules] = {"figures": WORTH["figures"]}

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=5, choices=RunKind.choices)
    scope = models.CharField(max_length=4, choices=RunScope.choices)
    leader = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", help_text="The rep, or whose people.")
    first_day = models.DateField()
    days = models.PositiveSmallIntegerField(help_text="Calendar days from first_day on.")
    seed = models.BigIntegerField()
    seconds = models.FloatField(help_text="How long the search goes on for each part.")
    weights_version = models.PositiveIntegerField(default=0)
    replaces = models.BooleanField(default=False, help_text="Visits of earlier plans may be moved, or given up.")
    based_on = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, help_text="Whose locks, pins and removals were kept."
    )
    state = models.CharField(max_length=9, choices=RunState.choices, default=RunState.WAITING)
    total = models.PositiveIntegerField(help_text="Parts.")
    done = models.PositiveIntegerField(default=0, help_text="Parts that are ready, or have failed.")
    figures = models.JSONField(default=dict, help_text="The best so far, of all parts together.")
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    publish_by = models.ForeignKey(
        USER,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="Who had all parts published.",
    )
    publish_replaces = models.BooleanField(default=False, db_default=False)
    publish_total = models.PositiveIntegerField(default=0, db_default=0, help_text="Parts that are to be published.")
    publish_done = models.PositiveIntegerField(default=0, db_default=0, help_text="Those published, or refused.")
    publish_refused = models.PositiveIntegerField(default=0, db_default=0, help_text="Those refused: see `trouble`.")
    publish_asked_at = models.DateTimeField(null=True, blank=True)
    publish_ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="plan_run_state_known"),
            models.CheckConstraint(condition=Q(done__lte=F("total")), name="plan_run_done_of_total"),
        ]
        indexes = [models.Index(fields=["org", "created_at"], name="plan_run_by_org")]

    def __str__(self) -> str:
        return f"{self.kind} from {self.first_day} {self.state}"


class PlanPart(models.Model):
    """One rep's share of a run: a plan for each working day, and who is left out of all of them."""

    FIELD_RULES: ClassVar[FieldRules] = {"figures": WORTH["figures"]}

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(PlanRun, on_delete=models.CASCADE, related_name="parts")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=PartState.choices, default=PartState.WAITING)
    figures = models.JSONField(default=dict, help_text="The best so far; see keeping.figures.")
    trouble = models.JSONField(default=dict, help_text="code, message and fields of what stood in the way.")
    started_at = models.DateTimeField(null=True, blank=True)
    first_plan_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    to_publish = models.BooleanField(default=False, db_default=False, help_text="A job is to publish it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "rep"], name="plan_part_once_a_rep"),
            models.CheckConstraint(condition=Q(state__in=PartState.values), name="plan_part_state_known"),
        ]

    def __str__(self) -> str:
        return self.state


class VisitPlan(models.Model):
    """What the solver proposed for one rep and day, and what hands made of it until it was published."""

    FIELD_RULES: ClassVar[FieldRules] = WORTH

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="plans")
    day = models.DateField(help_text="In the rep's own time zone.")
    status = models.CharField(max_length=9, choices=PlanStatus.choices, default=PlanStatus.PROPOSED)
    seed = models.BigIntegerField()
    leave_at = models.DateTimeField(help_text="When the rep sets out.")
    back_at = models.DateTimeField(help_text="When the rep is back.")
    figures = models.JSONField(help_text="Prize, counts, seconds of travel, service and waiting; see keeping.figures.")
    part = models.ForeignKey(PlanPart, on_delete=models.CASCADE, related_name="plans", null=True, blank=True)
    weights_version = models.PositiveIntegerField(default=0, db_default=0)
    replaces = models.BooleanField(default=False, db_default=False, help_text="As of a run.")
    based_on = models.ForeignKey("self", on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    from_lat = models.FloatField(null=True, blank=True, help_text="Where the day begins, when not at home.")
    from_lng = models.FloatField(null=True, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True, help_text="When a hand last changed it.")
    created_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    settled_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=PlanStatus.values), name="plan_status_known"),
            models.CheckConstraint(condition=Q(back_at__gte=F("leave_at")), name="plan_span"),
            models.CheckConstraint(
                condition=Q(status="proposed", settled_at=None) | (~Q(status="proposed") & Q(settled_at__isnull=False)),
                name="plan_settled_has_time",
            ),
        ]
        indexes = [models.Index(fields=["rep", "day", "created_at"], name="plan_by_rep_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.status}"


class PlanStop(models.Model):
    """One visit of the plan. `visit` is the appointment it stands for, or the visit that acceptance made of it."""

    FIELD_RULES: ClassVar[FieldRules] = WORTH

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(VisitPlan, on_delete=models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    fixed = models.BooleanField(help_text="An appointment that was in the calendar before the plan, and stays.")
    locked = models.BooleanField(default=False, db_default=False, help_text="Stays on this day at this time.")
    day_locked = models.BooleanField(default=False, db_default=False, help_text="Stays on this day, at whatever time.")
    pinned = models.BooleanField(default=False, db_default=False, help_text="Must be visited, at whatever time.")
    overdue = models.BooleanField(default=False, db_default=False, help_text="Fell due before the last of the days.")
    arrival = models.DateTimeField()
    planned_start = models.DateTimeField()
    planned_end = models.DateTimeField()
    wait_seconds = models.PositiveIntegerField()
    prize = models.IntegerField()
    why = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plan_stop_position"),
            models.CheckConstraint(condition=Q(planned_start__gte=F("arrival")), name="plan_stop_starts_after_arrival"),
            models.CheckConstraint(condition=Q(planned_end__gte=F("planned_start")), name="plan_stop_span"),
        ]

    def __str__(self) -> str:
        return f"{self.position} at {self.planned_start}"


class PlanDrop(models.Model):
    """An account (or a visit) left out, of a day or of all days of a part; `displaced_by` are the accounts whose visits
    would have to go for it."""

    FIELD_RULES: ClassVar[FieldRules] = WORTH

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(VisitPlan, on_delete=models.CASCADE, related_name="drops", null=True, blank=True)
    part = models.ForeignKey(PlanPart, on_delete=models.CASCADE, related_name="drops", null=True, blank=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=20, choices=DropReason.choices)
    pinned = models.BooleanField(default=False, db_default=False, help_text="Should be visited at all events.")
    fixed = models.BooleanField(default=False, db_default=False, help_text="An appointment that stays, kept or not.")
    removed_from = models.DateField(null=True, blank=True, help_text="The day of the stop that a hand took out.")
    overdue = models.BooleanField(default=False, db_default=False, help_text="Fell due before the last of the days.")
    detail = models.CharField(max_length=300)
    displaced_by = ArrayField(models.UUIDField(), default=list, blank=True)
    prize = models.IntegerField()
    why = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(reason__in=DropReason.values), name="plan_drop_reason"),
            models.CheckConstraint(
                condition=Q(plan=None, part__isnull=False) | Q(plan__isnull=False, part=None), name="plan_drop_of_one"
            ),
        ]
        indexes = [
            models.Index(fields=["plan", "-prize"], name="plan_drop_by_prize"),
            models.Index(fields=["part", "-prize"], name="plan_drop_of_part"),
        ]

    def __str__(self) -> str:
        return self.reason


class DayFigures(models.Model):
    """How good the plan of one day was, kept when the plan itself has gone; due_prize and overdue_left are those of all the
    days that were planned with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    plan = models.OneToOneField(VisitPlan, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    published = models.BooleanField(default=False)
    at = models.DateTimeField()
    stops = models.PositiveSmallIntegerField()
    travel_seconds = models.PositiveIntegerField()
    prize = models.FloatField()
    due_prize = models.FloatField()
    overdue_left = models.PositiveIntegerField()
    weights_version = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["rep", "day"], name="day_figures_by_rep")]

    def __str__(self) -> str:
        return f"{self.day}: {self.stops} stops"
