"""A rep's work in the field: visits, check-ins, reports, hours, absences, holidays, appointments, call cycles."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.crm.models import Account, Tier
from backend.field.lifecycle import VisitState
from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import FieldRule, FieldRules, Merge
from backend.kit.ids import new_id
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


def _on_earth(lat: str, lng: str) -> Q:
    return Q(**{f"{lat}__gte": -90, f"{lat}__lte": 90, f"{lng}__gte": -180, f"{lng}__lte": 180})


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
    dwell_seconds = models.PositiveIntegerField(
        null=True, blank=True, help_text="How long they are known to have stayed; null where the phone told no trail."
    )
    candidates = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Ids of other accounts that the position may be at as well."
    )
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


class WorkPlace(Row):
    """An office or a depot of the org, from where days begin and where they end."""

    name = models.CharField(max_length=100)
    lat = models.FloatField()
    lng = models.FloatField()

    class Meta:
        constraints = [models.CheckConstraint(condition=_on_earth("lat", "lng"), name="work_place_on_earth")]


class WorkingHours(Row):
    """One shift of a person on a weekday (1 Monday .. 7 Sunday), local time; a day may have several.

    It begins and ends at a place of the org, at a point, or, with neither, at home. Breaks: `[{"from", "to", "minutes"}]`,
    each so many minutes somewhere between the two local times."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField()
    start = models.TimeField()
    end = models.TimeField()
    breaks = models.JSONField(default=list, db_default=[], blank=True)
    start_place = models.ForeignKey(WorkPlace, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    start_lat = models.FloatField(null=True, blank=True)
    start_lng = models.FloatField(null=True, blank=True)
    end_place = models.ForeignKey(WorkPlace, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    end_lat = models.FloatField(null=True, blank=True)
    end_lng = models.FloatField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="hours_weekday"),
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="hours_span"),
            models.UniqueConstraint(
                fields=["user", "weekday", "start"], condition=Q(deleted_at=None), name="hours_start_once"
            ),
        ]


class Absence(Row):
    """Days [first_day, last_day], both included, on which a person does not work; with `starts` and `ends` (local times)
    only from the one to the other, on each of the days."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_span"),
            models.CheckConstraint(
                condition=Q(starts=None, ends=None) | Q(starts__isnull=False, ends__gt=F("starts")),
                name="absence_part_of_day",
            ),
        ]


class HolidayRegion(Row):
    """Whose public holidays are kept: `country` (ISO 3166-1) and `subdivision` (or ""), of one person, or of the whole org
    when `user` is null. Without a row no public holiday is kept; with `country` "" the person keeps none."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    country = models.CharField(max_length=2, blank=True)
    subdivision = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "user"], condition=Q(deleted_at=None), nulls_distinct=False, name="holiday_region_once"
            ),
        ]


class CompanyDay(Row):
    """A day of the org's own: nobody works on it, or, with `works`, everybody does though it is a public holiday."""

    day = models.DateField()
    name = models.CharField(max_length=100)
    works = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "day"], condition=Q(deleted_at=None), name="company_day_once")
        ]


class Appointment(Row):
    """A time that is taken and is no visit: a doctor, a meeting. Once, or again and again by a rule of RFC 5545.

    `starts_at` and `ends_at` are of the first time; the others are at the same local time in `zone`. `rrule` has no UNTIL:
    `until` is the last instant at which one may begin. `exdates` are the beginnings (ISO instants) of those called off. One
    that was moved is a row of its own, with its `series` and, in `recurrence_at`, the beginning it had there. `over_at` is
    when the last of them ends. Who may see that a `private` one is, but is somebody else, sees no more of it. What is about an
    `account`, and not private, goes to whoever has the account when territories change (planning.realign)."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="appointments")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    title = models.CharField(max_length=200)
    notes = models.TextField(blank=True)
    place = models.CharField(max_length=200, blank=True)
    lat = models.FloatField(null=True, blank=True)
    lng = models.FloatField(null=True, blank=True)
    private = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    zone = models.CharField(max_length=64)
    rrule = models.CharField(max_length=200, blank=True)
    until = models.DateTimeField(null=True, blank=True)
    exdates = models.JSONField(default=list, blank=True)
    series = models.ForeignKey("self", on_delete=models.PROTECT, related_name="moved", null=True, blank=True)
    recurrence_at = models.DateTimeField(null=True, blank=True)
    over_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="appointment_span"),
            models.CheckConstraint(condition=Q(over_at__gte=F("ends_at")), name="appointment_over"),
            models.CheckConstraint(
                condition=Q(series=None, recurrence_at=None)
                | Q(series__isnull=False, recurrence_at__isnull=False, rrule=""),
                name="appointment_moved",
            ),
            models.UniqueConstraint(
                fields=["series", "recurrence_at"], condition=Q(deleted_at=None), name="appointment_moved_once"
            ),
        ]
        indexes = [models.Index(fields=["user", "over_at"], name="appointment_by_user")]


class CalendarFeed(models.Model):
    """An address under which a person's calendar is read by other programs; only a hash of its secret is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(revoked_at=None), name="calendar_feed_one_each"),
        ]


class CallCycle(Row):
    """How often accounts of a tier are called on."""

    tier = models.CharField(max_length=1, choices=Tier.choices)
    interval_days = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "tier"], name="call_cycle_per_tier"),
            models.CheckConstraint(condition=Q(interval_days__gte=1), name="call_cycle_interval"),
        ]
