"""Alerts: where phones are reached, what people were told, and what became of each push."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.identity.models import Device
from backend.kit.ids import new_id
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class AddressKind(models.TextChoices):
    """How the provider names an app install: FCM's newer installation id, its older token, or a Web Push subscription."""

    FID = "fid"
    FCM_TOKEN = "fcm_token"  # noqa: S105
    WEBPUSH = "webpush"


class PushAddress(models.Model):
    """Where one device is reached; a device has one live address, and an address has one device."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="push_addresses")
    kind = models.CharField(max_length=10, choices=AddressKind.choices)
    value = models.CharField(max_length=2048)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_why = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "value"], name="push_address_unique"),
            models.UniqueConstraint(fields=["device"], condition=Q(retired_at=None), name="push_address_one_live"),
            models.CheckConstraint(condition=Q(kind__in=AddressKind.values), name="push_address_kind_known"),
            models.CheckConstraint(
                condition=Q(retired_at=None) | ~Q(retired_why=""), name="push_address_retired_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of device {self.device_id}"


class Severity(models.TextChoices):
    """How much it matters; a person may let critical ones through at any hour."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Audience(models.TextChoices):
    """As whom a person hears: the one it is about, their manager, or somebody a rule names."""

    REP = "rep"
    MANAGER = "manager"
    NAMED = "named"


class Origin(models.TextChoices):
    """How it came to this person: told at once, because somebody else did not read it, or with the account."""

    TOLD = "told"
    ESCALATED = "escalated"
    HANDED_OVER = "handed_over"


class Notification(Row):
    """One thing one person was told. `id` follows from (rule, subject, episode, user), so nobody hears of it twice.

    `root_id` is the visibility root of the subject: whoever no longer sees it is no longer told. `change_xid`: the
    transaction in which what happened was written. `addressed_at`: when it was last asked whose it is."""

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="notifications")
    rule = models.CharField(max_length=60)
    subject_entity = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    episode = models.CharField(max_length=60, help_text="Tells two occurrences about one subject apart.")
    root_id = models.UUIDField()
    rule_id = models.UUIDField(null=True, blank=True)
    rule_version_id = models.UUIDField(null=True, blank=True)
    category = models.CharField(max_length=40, default="alert", db_default="alert")
    severity = models.CharField(max_length=8, choices=Severity.choices, default="normal", db_default="normal")
    audience = models.CharField(max_length=8, choices=Audience.choices, default="named", db_default="named")
    origin = models.CharField(max_length=12, choices=Origin.choices, default="told", db_default="told")
    event_id = models.BigIntegerField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    change_xid = models.BigIntegerField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    addressed_at = models.DateTimeField()
    title_key = models.CharField(max_length=60)
    args = models.JSONField(default=dict)
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=400)
    expires_at = models.DateTimeField(help_text="After this a phone is no longer disturbed with it.")
    read_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_why = models.CharField(max_length=200, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_id", "episode", "user"], name="notification_once_per_episode"
            ),
            models.CheckConstraint(condition=Q(severity__in=Severity.values), name="notification_severity_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="notification_audience_known"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="notification_origin_known"),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_inbox"),
            models.Index(fields=["root_id", "expires_at"], name="notification_by_root"),
            models.Index(
                fields=["escalate_at"],
                condition=Q(escalate_at__isnull=False, escalated_at=None, read_at=None, withdrawn_at=None),
                name="notification_to_escalate",
            ),
        ]


class Omission(models.Model):
    """Somebody whom a rule meant and who was not told, and why."""

    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    rule = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    episode = models.CharField(max_length=60)
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=200)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject_id", "episode", "user"], name="omission_once_per_episode"),
        ]


class Channel(models.TextChoices):
    """A way to a person: a phone app, a browser, or mail."""

    PUSH = "push"
    WEBPUSH = "webpush"
    EMAIL = "email"


class HoldReason(models.TextChoices):
    """Why a delivery waits."""

    QUIET = "quiet"
    HOURS = "working_hours"
    VISIT = "visit"
    BUDGET = "budget"
    DIGEST = "digest"


class DeliveryState(models.TextChoices):
    """queued → sent | failed | gone | suppressed."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    GONE = "gone"
    SUPPRESSED = "suppressed"


class Delivery(models.Model):
    """The way of one notification to one address, or by mail to its person; `lease_until` is set while a worker holds it.

    `attempt` counts how often it was taken up, `tries` how often it was sent. `digest_at`: when it goes out with others;
    `digest_id`: the message in which it did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    address = models.ForeignKey(PushAddress, on_delete=models.PROTECT, related_name="deliveries", null=True, blank=True)
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0, db_default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField()
    hold_reason = models.CharField(max_length=13, choices=HoldReason.choices, default="", db_default="", blank=True)
    digest_at = models.DateTimeField(null=True, blank=True)
    digest_id = models.UUIDField(null=True, blank=True)
    last_outcome = models.CharField(max_length=600, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    trace = models.CharField(
        max_length=55, blank=True, default="", db_default="", help_text="Where it was asked for, as a traceparent."
    )

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["notification", "address"], name="delivery_once_per_address"),
            models.UniqueConstraint(
                fields=["notification", "channel"], condition=Q(address=None), name="delivery_once_by_mail"
            ),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="delivery_channel_known"),
            models.CheckConstraint(
                condition=Q(channel="email", address=None) | (~Q(channel="email") & Q(address__isnull=False)),
                name="delivery_has_its_address",
            ),
            models.CheckConstraint(
                condition=Q(state="queued", finished_at=None) | (~Q(state="queued") & Q(finished_at__isnull=False)),
                name="delivery_finished_when_not_queued",
            ),
        ]
        indexes = [
            models.Index(
                fields=["channel", "next_try_at", "id"], condition=Q(state="queued"), name="delivery_waiting_by_way"
            ),
            models.Index(fields=["user"], condition=Q(state="queued"), name="delivery_waiting_by_user"),
            models.Index(
                fields=["digest_at"], condition=Q(state="queued", digest_at__isnull=False), name="delivery_digests"
            ),
            models.Index(fields=["user", "finished_at"], condition=Q(state="sent"), name="delivery_sent_by_user"),
            models.Index(fields=["finished_at"], name="delivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id}: {self.state}"


class Attempt(models.Model):
    """One message that went to a provider, and what came of it; `number` is the delivery's `attempt` at the time."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    at = models.DateTimeField(db_index=True)
    outcome = models.CharField(max_length=9, help_text="sent, transient, permanent, gone or unknown.")
    detail = models.CharField(max_length=600, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]


class DeviceAck(models.Model):
    """What a device says of a notification: that it arrived, and that its person opened it. The first word counts."""

    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="acks")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+")
    delivered_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notification", "device"], name="device_ack_once")]


class Mode(models.TextChoices):
    """How a person wants to hear of a rule on a channel."""

    NOW = "now"
    DIGEST = "digest"
    OFF = "off"


class AlertSettings(models.Model):
    """When a person may be disturbed, in their own zone; with `user` null, what stands for everybody of the org who did
    not say. Quiet hours may go over midnight; None: there are none. `budget_per_hour` None: as many as come."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="+", null=True, blank=True)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    working_hours_only = models.BooleanField(default=False)
    digest_time = models.TimeField()
    budget_per_hour = models.PositiveSmallIntegerField(null=True, blank=True)
    hold_in_visit = models.BooleanField(default=True)
    critical_always = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "alert settings"
        constraints = [
            models.UniqueConstraint(fields=["org", "user"], nulls_distinct=False, name="alert_settings_once"),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_to=None) | Q(quiet_from__isnull=False, quiet_to__isnull=False),
                name="alert_settings_quiet_has_both_ends",
            ),
        ]


class AlertPreference(models.Model):
    """How a person wants to hear of one rule on one channel; `rule` empty: of every rule not named otherwise."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(USER, on_delete=models.CASCADE, related_name="alert_preferences")
    rule = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    mode = models.CharField(max_length=6, choices=Mode.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "rule", "channel"], name="alert_preference_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="alert_preference_channel_known"),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="alert_preference_mode_known"),
        ]
