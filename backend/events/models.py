"""The outbox: what happened, written in the transaction in which it happened; and within which trace one was written."""

from django.db import models
from django.db.models import Q


class OutboxEvent(models.Model):
    """One event waiting for, or done with, its handlers."""

    id = models.BigAutoField(primary_key=True)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    payload = models.JSONField()
    dedupe_key = models.CharField(max_length=120, null=True, blank=True, unique=True)
    occurred_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    last_error = models.TextField(blank=True)
    trace = models.CharField(
        max_length=55, blank=True, default="", db_default="", help_text="Where it was asked for, as a traceparent."
    )

    class Meta:
        indexes = [models.Index(fields=["next_try_at", "id"], condition=Q(done_at=None), name="outbox_waiting")]


class TracedWrite(models.Model):
    """A transaction that wrote within a trace (telemetry.postgres writes it at the commit); see events.traced."""

    xid = models.BigIntegerField(primary_key=True)
    trace = models.CharField(max_length=55, help_text="Its commit, as a traceparent.")
    at = models.DateTimeField()
