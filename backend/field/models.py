"""A rep's work in the field: visits, check-ins, reports, hours, absences, call cycles."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.crm.models import Account, Tier
from backend.field.lifecycle import VisitState
from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import FieldRule, FieldRules, Merge
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class VisitSource(models.TextChoices):
    """Where a visit comes from."""

    PLAN = "plan"
    MANUAL = "manual"
    IMPORT = "import"


class Visit(Row):
    """One call at one account by one rep; states and moves as `lifecycle` says."""

    # What a rep goes there for is theirs to say; when, others plan too.
    FIELD_RULES: ClassVar[FieldRules] = {
        "purpose": FieldRule(Merge.CLIENT_WINS),
        "planned_start": FieldRule(Merge.MERGE),
        "planned_end": FieldRule(Merge.MERGE),
    }

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="visits")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="visits")
    state = models.CharField(max_length=12, choices=[(s.value, s.value) for s in VisitState], default="planned")
    source = models.CharField(max_length=6, choices=VisitSource.choices, default=VisitSource.MANUAL)
    planned_start = models.DateTimeField()
    planned_end = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why skipped or cancelled.")
    purpose = models.CharField(max_length=100, blank=True)
    plan_id = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(planned_end__gt=F("planned_start")), name="visit_planned_span"),
            models.CheckConstraint(condition=Q(state__in=[s.value for s in VisitState]), name="visit_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["skipped", "cancelled"]) | ~Q(reason=""), name="visit_unmade_says_why"
            ),
            models.CheckConstraint(
                condition=~Q(state="completed") | Q(ended_at__isnull=False), name="visit_completed_has_end"
            ),
            models.UniqueConstraint(
                fields=["rep"], condition=Q(state="in_progress", deleted_at=None), name="visit_one_in_progress"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "ended_at"], name="visit_by_account"),
            models.Index(fields=["rep", "planned_start"], name="visit_by_rep"),
        ]


class CheckIn(Row):
    """Evidence that a rep stood somewhere; kept whatever the verdict. Distances in metres."""

    # The verdict is business; where exactly one of our people stood is theirs and ours.
    FIELD_RULES: ClassVar[FieldRules] = dict.fromkeys(("lat", "lng", "accuracy_m"), FieldRule(hidden_from=OUTSIDERS))

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="check_ins")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="The phone's own clock.")
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    accuracy_m = models.FloatField(null=True, blank=True)
    distance_m = models.FloatField(null=True, blank=True)
    verdict = models.CharField(max_length=12)
    late = models.BooleanField(
        default=False, db_default=False, help_text="It came when the visit stood otherwise, and moved nothing."
    )


class VisitReport(Row):
    """What came of a visit; immutable, held so by a database trigger. One ended the visit; later ones are evidence too."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="reports")
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=40)
    summary = models.TextField(blank=True)
    answers = models.JSONField(default=dict, blank=True)
    submitted_at = models.DateTimeField()
    late = models.BooleanField(
        default=False, db_default=False, help_text="It came when the visit stood otherwise, and moved nothing."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit"], condition=Q(late=False), name="visit_one_report"),
        ]


class WorkingHours(Row):
    """A rep's shift on a weekday (1 Monday .. 7 Sunday), local time."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField()
    start = models.TimeField()
    end = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="hours_weekday"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="hours_span"),
            models.UniqueConstraint(fields=["user", "weekday"], condition=Q(deleted_at=None), name="hours_once_a_day"),
        ]


class Absence(Row):
    """Days [first_day, last_day], both included, on which a person does not work."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_span")]


class CallCycle(Row):
    """How often accounts of a tier are called on."""

    tier = models.CharField(max_length=1, choices=Tier.choices)
    interval_days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "tier"], name="call_cycle_per_tier"),
            models.CheckConstraint(condition=Q(interval_days__gte=1), name="call_cycle_interval"),
        ]
