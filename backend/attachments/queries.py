"""Reading attachments: who may see which, which content somebody knows already, and what a file's address gives."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.attachments import rules
from backend.attachments.kinds import ENDINGS, IMAGES, AttachmentKind
from backend.attachments.models import Attachment, AttachmentState, Blob
from backend.identity.actor import Actor
from backend.territories.coverage import visible, visible_roots_sql


def attachments(actor: Actor) -> QuerySet[Attachment]:
    """Returns the attachments of accounts that the actor sees."""
    return visible(Attachment.objects.all(), actor, root="account_id")


def attachment_for(actor: Actor, attachment_id: UUID) -> Attachment:
    """Returns the attachment if the actor sees its account; raises NotFound."""
    found = attachments(actor).filter(pk=attachment_id).first()
    if found is None:
        raise rules.attachment_not_found()
    return found


def several(actor: Actor, ids: Collection[UUID]) -> QuerySet[Attachment]:
    """Returns those of the attachments that the actor sees, by id; the others are left out."""
    return attachments(actor).filter(pk__in=ids).order_by("id")


def own_attachment(actor: Actor, attachment_id: UUID) -> Attachment:
    """Returns an attachment that the actor announced, whether or not its account is still theirs; raises NotFound."""
    rows = Attachment.objects.select_related("visit").filter(org_id=actor.org_id, author_id=actor.user_id)
    found = rows.filter(pk=attachment_id, deleted_at=None).first()
    if found is None:
        raise rules.attachment_not_found()
    return found


def removable(actor: Actor, attachment_id: UUID) -> Attachment:
    """Returns an attachment that the actor announced or sees; raises NotFound."""
    rows = Attachment.objects.select_related("visit").filter(org_id=actor.org_id, pk=attachment_id, deleted_at=None)
    found = rows.filter(Q(author_id=actor.user_id) | Q(account_id__in=visible_roots_sql(actor))).first()
    if found is None:
        raise rules.attachment_not_found()
    return found


def known_content(actor: Actor, sha256: str, size: int) -> Blob | None:
    """Returns stored content that the actor can read already: of what they see, or have sent themselves.

    Anybody else who names a sha256 has to send the bytes: a hash must neither tell that somebody has such a file nor be
    good enough to get it."""
    read = Attachment.objects.filter(
        Q(author_id=actor.user_id) | Q(account_id__in=visible_roots_sql(actor)),
        org_id=actor.org_id,
        sha256=sha256,
        size=size,
        state=AttachmentState.STORED,
        deleted_at=None,
    )
    return Blob.objects.filter(
        pk__in=read.values("blob_id"), org_id=actor.org_id, doomed_at=None, stored_at__isnull=False
    ).first()


@dataclass(frozen=True, slots=True)
class Served:
    """A file that may be given out: its key, type, `sha256` of just these bytes, and the name to save it under, if any."""

    key: str
    mime_type: str
    sha256: str | None
    size: int | None
    save_as: str | None


def served(attachment: Attachment, *, thumbnail: bool) -> Served:
    """Returns the file of a stored attachment; raises NotFound when there is none."""
    blob = attachment.blob
    if attachment.state != AttachmentState.STORED or blob is None or (thumbnail and not blob.has_thumbnail):
        raise rules.link_not_good()
    if thumbnail:
        return Served(blob.thumbnail_key, "image/jpeg", sha256=None, size=None, save_as=None)
    ending = ENDINGS.get(blob.mime_type, "bin")
    # Of the content, and not what this attachment said: the same bytes may have come as something else before.
    shown = attachment.kind != AttachmentKind.DOCUMENT and blob.mime_type in IMAGES
    name = None if shown else f"{attachment.pk}.{ending}"
    return Served(blob.key, blob.mime_type, blob.kept_sha256, blob.size, save_as=name)
