"""What the server keeps to bring a phone up to date: the log, each device's position, the ledger, the inbox."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from backend.identity.models import Device
from backend.kit.ids import new_id
from backend.kit.models import Row

if TYPE_CHECKING:
    IntField = models.Field[int, int]
else:
    IntField = models.Field


class Xid8Field(IntField):
    """A PostgreSQL transaction id (xid8)."""

    def db_type(self, connection: object) -> str:
        """Returns the column type."""
        return "xid8"


class Change(models.Model):
    """One row touched under one root by one transaction; written by triggers only (sync.capture)."""

    seq = models.BigAutoField(primary_key=True)
    xid = Xid8Field()
    org_id = models.UUIDField()
    entity = models.CharField(max_length=30)
    entity_id = models.UUIDField()
    root = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "seq"], name="change_by_xid"),
            models.Index(fields=["root", "xid"], name="change_by_root"),
        ]


class Epoch(models.Model):
    """The one row that names this database's life; a restore must change it."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=new_id)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="epoch_single_row")]


class DeviceState(models.Model):
    """Where a device stands. `acked_gen`: the newest generation it proved to hold; `last_gen`: the newest begun."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="sync_state")
    last_seq = models.BigIntegerField(default=0)
    last_gen = models.BigIntegerField(default=0)
    acked_gen = models.BigIntegerField(default=0)
    last_pull_at = models.DateTimeField(null=True, blank=True)


class DeviceScope(models.Model):
    """A root that a device holds, or may hold: added by generation `added_gen`, told to leave by `removed_gen`."""

    id = models.BigAutoField(primary_key=True)
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    root = models.UUIDField()
    added_gen = models.BigIntegerField()
    removed_gen = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "root"], name="device_scope_once")]


class SyncOp(models.Model):
    """The ledger: each mutation a device sent, once, with the answer it was given."""

    id = models.UUIDField(primary_key=True, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="ops")
    seq = models.BigIntegerField()
    body_hash = models.CharField(max_length=64)
    name = models.CharField(max_length=60)
    entity_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=12)
    result = models.JSONField()
    client_time = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "seq"], name="sync_op_seq_once")]


class IssueState(models.TextChoices):
    """open → resolved."""

    OPEN = "open"
    RESOLVED = "resolved"


class SyncIssue(Row):
    """A mutation that could not be applied as sent: what the phone wanted, what stands here, nothing lost."""

    user = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    op_id = models.UUIDField()
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=60)
    entity = models.CharField(max_length=30)
    entity_id = models.UUIDField(null=True, blank=True)
    mine = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=IssueState.choices, default=IssueState.OPEN)
