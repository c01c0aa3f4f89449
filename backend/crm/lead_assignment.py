"""Whom a lead was given to, each time: what alerts and figures of leads are read from."""

from uuid import UUID

from django.conf import settings
from django.db import models

from backend.kit import clock
from backend.kit.ids import new_id

USER = settings.AUTH_USER_MODEL


class LeadAssignment(models.Model):
    """A lead that somebody gave to a person. `taken_up_at`: when it was first moved by anybody after that; set once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+", db_index=False)
    lead = models.ForeignKey("crm.Lead", on_delete=models.PROTECT, related_name="assignments", db_index=False)
    before = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    assigned_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField()
    taken_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "crm"
        indexes = [  # noqa: RUF012
            models.Index(fields=["lead", "assigned_at"], name="lead_assignment_by_lead"),
            models.Index(fields=["org", "assigned_at"], name="lead_assignment_by_time"),
        ]

    @classmethod
    def take_up(cls, lead_id: UUID) -> None:
        """Notes that somebody began with a lead that was given to them."""
        cls.objects.filter(lead_id=lead_id, taken_up_at=None).update(taken_up_at=clock.now())
