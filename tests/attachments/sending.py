"""Sending content as the door does, without the door."""

from uuid import UUID

from backend.attachments import actions, uploads
from backend.attachments.kinds import AttachmentKind
from backend.attachments.models import Attachment, Upload
from backend.crm.models import Account
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.kit.ids import new_id
from tests.attachments.pictures import sha256

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def announce(
    actor: Actor,
    account: Account,
    data: bytes,
    *,
    kind: str = "photo",
    mime_type: str = "image/jpeg",
    visit: Visit | None = None,
    attachment_id: UUID | None = None,
) -> Attachment:
    """Says that the actor attached these bytes."""
    return actions.announce(
        actor=actor,
        account=account,
        visit=visit,
        attachment_id=attachment_id or new_id(),
        kind=AttachmentKind(kind),
        mime_type=mime_type,
        size=len(data),
        sha256=sha256(data),
    )


def begin(actor: Actor, attachment: Attachment) -> Upload:
    """Opens an upload of the announced length."""
    return uploads.begin(actor=actor, attachment_id=attachment.pk, length=attachment.size, metadata="")


def send(upload: Upload, data: bytes, *, piece: int = 10_000) -> Upload:
    """Sends the rest of `data` piece by piece, and finishes."""
    while upload.offset < len(data):
        start = upload.offset
        upload = uploads.admit(upload, [uploads.put_aside(upload, start, data[start : start + piece])])
    return uploads.finish(upload)


def attach(actor: Actor, account: Account, data: bytes, **kind: str) -> Attachment:
    """Announces, sends and commits."""
    attachment = announce(actor, account, data, **kind)  # type: ignore[arg-type]
    if attachment.state == "announced":
        send(begin(actor, attachment), data)
    return actions.commit(actor=actor, attachment=attachment)
