"""Photos, signatures and documents: what was announced, what was received, and the uploads between the two."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.attachments.kinds import AttachmentKind
from backend.crm.models import Account
from backend.field.models import Visit
from backend.identity.models import Device
from backend.kit.ids import new_id
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class Blob(models.Model):
    """Content, once for each org and sha256, in the file store under `key`; attachments of the org share it.

    `sha256` names what was sent, `kept_sha256` and `size` what lies in the store: a picture is freed of its metadata.
    Without `stored_at` its file may be missing or half there; with `doomed_at` nothing may refer to it any more."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    org = models.ForeignKey("identity.Org", on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    kept_sha256 = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(default=0)
    mime_type = models.CharField(max_length=100)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    has_thumbnail = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    doomed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "sha256"], condition=Q(stored_at__isnull=False, doomed_at=None), name="blob_once_per_org"
            ),
        ]
        indexes = [
            # What an org has is added up before each upload.
            models.Index(
                fields=["org"], include=["size"], condition=Q(stored_at__isnull=False), name="blob_bytes_of_org"
            ),
        ]

    @property
    def key(self) -> str:
        """Where its file lies. The id is in it, so that content sent anew never meets a file that is being deleted."""
        return f"blobs/{self.org_id}/{self.pk}"

    @property
    def thumbnail_key(self) -> str:
        """Where its thumbnail lies, if it has one."""
        return f"{self.key}.thumbnail.jpg"


class AttachmentState(models.TextChoices):
    """announced → stored | refused."""

    ANNOUNCED = "announced"
    STORED = "stored"
    REFUSED = "refused"


class Attachment(Row):
    """Something a person attached to an account, or to a visit there. `captured_at` is what the phone claims.

    Size and sha256 are of what the phone has; a refused one says why in `reason`."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="attachments")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="attachments", null=True, blank=True)
    kind = models.CharField(max_length=9, choices=AttachmentKind.choices)
    mime_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    state = models.CharField(max_length=9, choices=AttachmentState.choices, default=AttachmentState.ANNOUNCED)
    reason = models.CharField(max_length=60, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    captured_at = models.DateTimeField(null=True, blank=True)
    has_thumbnail = models.BooleanField(default=False)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="attachments", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AttachmentKind.values), name="attachment_kind_known"),
            models.CheckConstraint(condition=Q(state__in=AttachmentState.values), name="attachment_state_known"),
            models.CheckConstraint(condition=Q(size__gt=0), name="attachment_not_empty"),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="attachment_refused_says_why"),
            models.CheckConstraint(
                condition=~Q(state="stored", deleted_at=None) | Q(blob__isnull=False), name="attachment_stored_has_blob"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "sha256"], name="attachment_by_content"),
        ]


class UploadState(models.TextChoices):
    """open → whole (its content is a blob) | ended (its files go)."""

    OPEN = "open"
    WHOLE = "whole"
    ENDED = "ended"


class Upload(models.Model):
    """The content of one attachment on its way here. All that a web process must know to take the next piece is here, so
    that any of them may, on any host."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    attachment = models.ForeignKey(Attachment, on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    metadata = models.TextField(blank=True, help_text="Upload-Metadata, word for word.")
    state = models.CharField(max_length=5, choices=UploadState.choices, default=UploadState.OPEN)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="uploads", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(help_text="When its last piece came.")
    expires_at = models.DateTimeField()
    whole_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(offset__gte=0, offset__lte=models.F("size")), name="upload_within"),
        ]
        indexes = [
            models.Index(fields=["user", "device"], condition=Q(state="open"), name="upload_open"),
            models.Index(fields=["expires_at"], name="upload_by_expiry"),
        ]

    @property
    def folder(self) -> str:
        """Where its parts lie."""
        return f"uploads/{self.pk}"


class UploadPart(models.Model):
    """A piece that arrived: bytes [start, start + size) of an upload, in the file store under `key`."""

    id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="parts")
    start = models.BigIntegerField()
    size = models.BigIntegerField()
    key = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "start"], name="upload_part_once")]
