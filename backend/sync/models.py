"""What the server keeps to bring a phone up to date: the log, each device's position, the ledger, the inbox."""

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

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
    """One row touched under one root by one transaction; written by triggers only (sync.capture).

    The table is partitioned by `xid`, and the database keeps no key on `seq`: see sync.partitions."""

    seq = models.BigAutoField(primary_key=True)
    xid = Xid8Field()
    org_id = models.UUIDField()
    entity = models.CharField(max_length=30)
    entity_id = models.UUIDField()
    root = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["xid"], name="change_by_xid"),
            models.Index(fields=["root", "xid"], name="change_by_root"),
        ]


class BulkChange(models.Model):
    """Many rows of one entity touched by one statement, side by side in two arrays, until the worker makes a `Change` of
    each. The view `sync_log` shows both tables as one."""

    seq = models.BigAutoField(primary_key=True)
    xid = Xid8Field()
    org_id = models.UUIDField()
    entity = models.CharField(max_length=30)
    entity_ids = ArrayField(models.UUIDField())
    roots = ArrayField(models.UUIDField())
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["xid"], name="bulk_change_by_xid")]


class Purge(models.Model):
    """The newest change of a root that retention has deleted from the log: who had not seen it must start anew."""

    root = models.UUIDField(primary_key=True)
    xid = Xid8Field()

    class Meta:
        indexes = [models.Index(fields=["xid"], name="purge_by_xid")]


class Epoch(models.Model):
    """The one row that names this database's life; a restore must change it. `life`: what the database was then (sync.epoch)."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.UUIDField(default=new_id)
    life = models.CharField(max_length=100, default="", db_default="")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="epoch_single_row")]


class DeviceState(models.Model):
    """The number of the last mutation that was settled for a device, over all its streams; and what it says of itself.

    `pending`: how many operations waited in its outbox when it last said so, at `told_at`; None: it never did."""

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="sync_state")
    last_seq = models.BigIntegerField(default=0)
    pending = models.PositiveIntegerField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)


class Stream(models.Model):
    """Where one stream of a device stands: `main` for our own phones, one for each collection of some other clients.

    `acked_gen`: the newest generation it proved to hold; `last_gen`: the newest begun. `base`: the oldest pg_snapshot from
    which it may still ask for changes, empty while it holds nothing. `shapes`: digest → entity → fingerprint of the
    columns it was sent. `forgotten_at`: since when we no longer know what it holds; it must start anew."""

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="streams", db_index=False)
    name = models.CharField(max_length=60)
    last_gen = models.BigIntegerField(default=0, db_default=0)
    acked_gen = models.BigIntegerField(default=0, db_default=0)
    base = models.TextField(default="", db_default="", blank=True)
    shapes = models.JSONField(default=dict, db_default=Value({}, output_field=models.JSONField()))
    last_pull_at = models.DateTimeField(null=True, blank=True)
    forgotten_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "name"], name="stream_once")]


class DeviceScope(models.Model):
    """A root that a stream of a device holds, or may hold: added by generation `added_gen`, told to leave by `removed_gen`.

    `priority` (0, 1) is fixed when it enters. `removed_at`: when it was last told to leave; the row stays for the grace
    of work that was done offline, and is purged after it."""

    id = models.BigAutoField(primary_key=True)
    # Only sync writes here, thousands of rows at once: a check of each was a sixth of a first sync.
    stream = models.ForeignKey(
        Stream, on_delete=models.CASCADE, related_name="scope", db_index=False, db_constraint=False
    )
    root = models.UUIDField()
    added_gen = models.BigIntegerField()
    removed_gen = models.BigIntegerField(null=True, blank=True)
    priority = models.SmallIntegerField(default=1, db_default=1)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "sync_streamscope"
        constraints = [models.UniqueConstraint(fields=["stream", "root"], name="stream_scope_once")]
        indexes = [
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="stream_scope_gone"),
        ]


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
    client_time = models.DateTimeField(null=True, blank=True, help_text="The phone's clock, as it claims.")
    corrected_time = models.DateTimeField(null=True, blank=True, help_text="That, set right by the phone's offset.")
    received_at = models.DateTimeField()
    group = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "seq"], name="sync_op_seq_once")]
        indexes = [
            models.Index(fields=["group"], condition=Q(group__isnull=False), name="sync_op_by_group"),
        ]


class IssueState(models.TextChoices):
    """open → resolved | discarded."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISCARDED = "discarded"


class Resolution(models.TextChoices):
    """What a person may do about an issue."""

    RETRY = "retry"
    KEEP_MINE = "keepMine"
    DISCARD = "discard"


class SyncIssue(Row):
    """A mutation that could not be applied as sent: what the phone wanted, what stands here, nothing lost.

    `fields`: [{name, policy, base, mine, theirs}] of those that others changed meanwhile. `mutation`: all of it, to be done
    again; empty where the server could not hold it. `actions`: what may be done about it. `root`: of the row it was about,
    as far as its person knew it."""

    user = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    op_id = models.UUIDField()
    name = models.CharField(max_length=60, default="", db_default="", blank=True)
    kind = models.CharField(max_length=12)
    code = models.CharField(max_length=60)
    message = models.TextField(default="", db_default="", blank=True)
    entity = models.CharField(max_length=30)
    entity_id = models.UUIDField(null=True, blank=True)
    root = models.UUIDField(null=True, blank=True)
    fields = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    mine = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    args = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    mutation = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    actions = models.JSONField(default=list, db_default=Value(["discard"], models.JSONField()), blank=True)
    state = models.CharField(max_length=10, choices=IssueState.choices, default=IssueState.OPEN)
    resolution = models.CharField(max_length=10, choices=Resolution.choices, null=True, blank=True)
    resolved_by = models.ForeignKey("identity.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "state"], name="sync_issue_by_state"),
            models.Index(fields=["op_id"], name="sync_issue_by_op"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="open") | Q(resolution=None, resolved_at=None), name="sync_issue_open_is_unsettled"
            ),
        ]
