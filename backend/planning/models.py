"""A proposed day: the stops in order, and everybody left out with the reason. Visits are made of it on acceptance."""

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
from backend.planning.solver.solve import Reason

USER = settings.AUTH_USER_MODEL
# What a visit is worth is made of sales, deals and the boost, and says so.
WORTH: FieldRules = dict.fromkeys(("prize", "why", "figures"), FieldRule(hidden_from=OUTSIDERS))


class PlanStatus(models.TextChoices):
    """proposed → accepted | discarded."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DISCARDED = "discarded"


class VisitPlan(models.Model):
    """What the solver proposed for one rep and day; never changed but for its status."""

    FIELD_RULES: ClassVar[FieldRules] = WORTH

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    rep = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="plans")
    day = models.DateField(help_text="In the rep's own time zone.")
    status = models.CharField(max_length=9, choices=PlanStatus.choices, default=PlanStatus.PROPOSED)
    seed = models.BigIntegerField()
    leave_at = models.DateTimeField(help_text="When the rep sets out.")
    back_at = models.DateTimeField(help_text="When the rep is back.")
    figures = models.JSONField(help_text="Prize, counts, seconds of travel, service and waiting; see actions.figures.")
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
    fixed = models.BooleanField(help_text="Was in the calendar before the plan.")
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
    """An account (or an appointment) left out; `displaced_by` are the accounts whose visits would have to go for it."""

    FIELD_RULES: ClassVar[FieldRules] = WORTH

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(VisitPlan, on_delete=models.CASCADE, related_name="drops")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    reason = models.CharField(max_length=20, choices=[(reason.value, reason.value) for reason in Reason])
    detail = models.CharField(max_length=300)
    displaced_by = ArrayField(models.UUIDField(), default=list, blank=True)
    prize = models.IntegerField()
    why = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=[reason.value for reason in Reason]), name="plan_drop_reason"
            ),
        ]
        indexes = [models.Index(fields=["plan", "-prize"], name="plan_drop_by_prize")]

    def __str__(self) -> str:
        return self.reason
