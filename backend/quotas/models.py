"""What is asked of a person over some days: so much won, so much ordered, so many visits made."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import WHOLE, FieldRule, FieldRules
from backend.kit.models import Row


class Measure(models.TextChoices):
    """What is counted of a person: deals they own that were won, orders they took and that stand, visits they completed."""

    WON = "won"
    ORDERED = "ordered"
    VISITS = "visits"


class Quota(Row):
    """What one person is to reach from `first_day` to `last_day`, both included, where they live. `target` in `currency`, or,
    of visits, a number: the currency is empty then."""

    FIELD_RULES: ClassVar[FieldRules] = {WHOLE: FieldRule(hidden_from=OUTSIDERS)}

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="quotas")
    measure = models.CharField(max_length=8, choices=Measure.choices)
    first_day = models.DateField()
    last_day = models.DateField()
    target = models.DecimalField(max_digits=14, decimal_places=2)
    currency = models.CharField(max_length=3, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(measure__in=Measure.values), name="quota_measure_known"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="quota_span"),
            models.CheckConstraint(condition=Q(target__gt=0), name="quota_target_positive"),
            models.CheckConstraint(
                condition=Q(measure="visits", currency="") | (~Q(measure="visits") & ~Q(currency="")),
                name="quota_money_has_currency",
            ),
            models.UniqueConstraint(
                fields=["user", "measure", "first_day", "last_day"], condition=Q(deleted_at=None), name="quota_once"
            ),
        ]
        indexes = [models.Index(fields=["org", "last_day"], name="quota_by_time")]

    reached: Decimal
    """How far the person is; there where `queries.figured` asked for it."""

    @property
    def percent(self) -> int:
        """Returns how far they are in whole percent of the target, rounded down."""
        return int(self.reached * 100 // self.target)

    def __str__(self) -> str:
        return f"{self.measure} {self.first_day} to {self.last_day}"
