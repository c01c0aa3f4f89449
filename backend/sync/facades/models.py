"""What the server keeps for clients that know no roots: which rows each of their streams holds, and what they sent last."""

from django.db import models

from backend.identity.models import Device


class Told(models.Model):
    """How many answers a stream was given; `marks`: the number of an answer → the cursor that stands behind it."""

    stream = models.OneToOneField("sync.Stream", on_delete=models.CASCADE, primary_key=True, related_name="told")
    answers = models.BigIntegerField(default=0)
    marks = models.JSONField(default=dict)


class HeldRow(models.Model):
    """A row that a stream holds, or may hold, by the client's id for it.

    `gone`: the answer that is to take it away, until the client has shown that it has that answer; `again`: the answer
    that is to send it once more."""

    id = models.BigAutoField(primary_key=True)
    stream = models.ForeignKey("sync.Stream", on_delete=models.CASCADE, related_name="held_rows", db_index=False)
    entity = models.CharField(max_length=30)
    row = models.TextField()
    root = models.UUIDField(null=True)
    gone = models.BigIntegerField(null=True)
    again = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "entity", "row"], name="held_row_once")]
        indexes = [
            models.Index(fields=["stream", "root"], name="held_row_by_root"),
            models.Index(fields=["stream"], condition=models.Q(gone__isnull=False), name="held_row_gone"),
            models.Index(fields=["stream"], condition=models.Q(again__isnull=False), name="held_row_again"),
        ]


class LastPush(models.Model):
    """The last thing a device sent about a row.

    `assumed`, `sent`: hashes of what it took for the server's, and of that with what it made of it. `document`: what it may
    be taken to have had, should it build on the same again. `turn`: how often it sent something new. `waits_since`: since
    when it has been waiting for its parent."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+", db_index=False)
    entity = models.CharField(max_length=30)
    row = models.UUIDField()
    assumed = models.CharField(max_length=64, blank=True)
    sent = models.CharField(max_length=64, blank=True)
    document = models.JSONField(default=dict)
    turn = models.BigIntegerField(default=0)
    waits_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "entity", "row"], name="last_push_once")]
