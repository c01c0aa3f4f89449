"""Announcing an attachment, saying that its content is here, taking it back."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.attachments import rules
from backend.attachments.kinds import AttachmentKind
from backend.attachments.models import Attachment, AttachmentState, Blob, Upload, UploadState
from backend.attachments.queries import known_content
from backend.crm.models import Account
from backend.events import outbox
from backend.events.types import AttachmentStored
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.kit import clock


@transaction.atomic
def announce(
    *,
    actor: Actor,
    account: Account,
    attachment_id: UUID,
    kind: AttachmentKind,
    mime_type: str,
    size: int,
    sha256: str,
    visit: Visit | None = None,
    width: int | None = None,
    height: int | None = None,
    captured_at: datetime | None = None,
) -> Attachment:
    """Writes down that the actor attached something; its content follows, unless the actor can read it already."""
    rules.check_announced(kind, mime_type=mime_type, size=size, sha256=sha256, width=width, height=height)
    attachment = Attachment(
        id=attachment_id,
        org_id=actor.org_id,
        account=account,
        visit=visit,
        kind=kind,
        mime_type=mime_type,
        size=size,
        sha256=sha256,
        width=width,
        height=height,
        author_id=actor.user_id,
        captured_at=clock.believable(captured_at),
    )
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError as error:
        raise rules.id_taken(attachment_id) from error
    known = known_content(actor, sha256, size)
    if known is not None and known.mime_type == mime_type:
        _store(attachment, known.pk)
    return attachment


@transaction.atomic
def commit(*, actor: Actor, attachment: Attachment) -> Attachment:
    """Says that the content was sent. Doing it twice changes nothing; too early is Invalid (UPLOAD_INCOMPLETE)."""
    attachment = Attachment.objects.select_for_update().get(pk=attachment.pk)
    rules.check_author(actor, attachment)
    rules.not_refused(attachment)
    if attachment.state == AttachmentState.STORED:
        return attachment
    uploads = Upload.objects.filter(attachment=attachment)
    whole = uploads.filter(state=UploadState.WHOLE).first()
    if whole is None or whole.blob_id is None or not _store(attachment, whole.blob_id):
        under_way = uploads.filter(state=UploadState.OPEN).order_by("-offset").first()
        raise rules.upload_incomplete(under_way.offset if under_way else 0, attachment.size)
    return attachment


@transaction.atomic
def commit_for_author(upload: Upload) -> None:
    """Stores what arrived whole and whose phone never came back to say so."""
    attachment = Attachment.objects.select_for_update().get(pk=upload.attachment_id)
    waits = attachment.state == AttachmentState.ANNOUNCED and attachment.deleted_at is None
    if waits and upload.blob_id is not None:
        _store(attachment, upload.blob_id)


def _store(attachment: Attachment, blob_id: UUID) -> bool:
    """Ties the attachment to its content; False when that content is being deleted."""
    # Whoever deletes content locks it first and looks for what refers to it after: see retention.
    blob = Blob.objects.select_for_update().filter(pk=blob_id, stored_at__isnull=False, doomed_at=None).first()
    if blob is None:
        return False
    attachment.blob = blob
    attachment.state = AttachmentState.STORED
    attachment.has_thumbnail = blob.has_thumbnail
    if blob.width is not None:
        attachment.width, attachment.height = blob.width, blob.height
    attachment.save(update_fields=["blob", "state", "has_thumbnail", "width", "height"])
    event = AttachmentStored(
        attachment_id=attachment.pk, account_id=attachment.account_id, actor_id=attachment.author_id
    )
    outbox.append(event, org_id=attachment.org_id)
    return True


@transaction.atomic
def remove(*, actor: Actor, attachment: Attachment) -> Attachment:
    """Takes an attachment back; its content is deleted when nothing else has the same. Doing it twice changes nothing."""
    attachment = Attachment.objects.select_for_update().get(pk=attachment.pk)
    if attachment.deleted_at is not None:
        return attachment
    rules.check_may_remove(actor, attachment)
    attachment.deleted_at = clock.now()
    attachment.blob = None
    attachment.save(update_fields=["deleted_at", "blob"])
    Upload.objects.filter(attachment=attachment).update(state=UploadState.ENDED)
    return attachment


@transaction.atomic
def refuse(*, attachment_id: UUID, reason: str) -> None:
    """Notes that the content which came is not allowed: this attachment will never have any."""
    attachment = Attachment.objects.select_for_update().get(pk=attachment_id)
    if attachment.state == AttachmentState.ANNOUNCED:
        attachment.state = AttachmentState.REFUSED
        attachment.reason = reason
        attachment.save(update_fields=["state", "reason"])
