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


class Notification(Row):
    """One thing one person was told. `id` follows from (event, rule, user), so a replayed event makes no second.

    `root_id` is the visibility root of the subject: whoever no longer sees it is no longer told.
    """

    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="notifications")
    rule = models.CharField(max_length=60)
    subject_entity = models.CharField(max_length=30)
    subject_id = models.UUIDField()
    episode = models.CharField(max_length=60, help_text="Tells two occurrences about one subject apart.")
    root_id = models.UUIDField()
    title_key = models.CharField(max_length=60)
    args = models.JSONField(default=dict)
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=400)
    expires_at = models.DateTimeField(help_text="After this a phone is no longer disturbed with it.")
    read_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject_id", "episode", "user"], name="notification_once_per_episode"
            ),
        ]
        indexes = [models.Index(fields=["user", "-created_at"], name="notification_inbox")]


class DeliveryState(models.TextChoices):
    """queued → sent | failed | gone | suppressed."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    GONE = "gone"
    SUPPRESSED = "suppressed"


class Delivery(models.Model):
    """The way of one notification to one address; `lease_until` is set while a worker holds it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    notification = models.ForeignKey(Notification, on_delete=models.CASCADE, related_name="deliveries")
    address = models.ForeignKey(PushAddress, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    next_try_at = models.DateTimeField()
    last_outcome = models.CharField(max_length=600, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(fields=["notification", "address"], name="delivery_once_per_address"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state="queued", finished_at=None) | (~Q(state="queued") & Q(finished_at__isnull=False)),
                name="delivery_finished_when_not_queued",
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(state="queued"), name="delivery_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id}: {self.state}"
