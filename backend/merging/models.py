"""What was merged into what, by whom, and all that is needed to take it back."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from backend.crm.models import Account
from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import FieldRule, FieldRules
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class AccountMerge(Row):
    """One account taken into another. `survivor`: where that leads today, after merges that came later.

    `journal` is what Journal writes and reads again; `left_as_is` names what an undo found changed and did not touch."""

    # They hold values of fields that have rules of their own.
    FIELD_RULES: ClassVar[FieldRules] = dict.fromkeys(("outcomes", "journal"), FieldRule(hidden_from=OUTSIDERS))

    loser = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    winner = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    survivor = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    merged_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    outcomes = models.JSONField(default=list, help_text="Field by field: both values, what was taken, and from whom.")
    journal = models.JSONField(default=dict)
    undone_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    left_as_is = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(loser=F("winner")), name="merge_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
            models.UniqueConstraint(fields=["loser"], condition=Q(undone_at=None), name="merge_once"),
        ]
