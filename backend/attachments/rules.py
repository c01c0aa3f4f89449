"""What may be attached, sent and removed by whom, and the errors that say so."""

import re
from datetime import timedelta
from uuid import UUID

from django.conf import settings

from backend.attachments.kinds import AttachmentKind, limits_of
from backend.attachments.models import Attachment, Upload
from backend.field.lifecycle import VisitState
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit.errors import Busy, Conflict, DomainError, Invalid, NotFound, NotPermitted

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST_SIDE = 2**31 - 1


def attachment_not_found() -> NotFound:
    """No such attachment, or none the caller may see."""
    return NotFound(
        "ATTACHMENT_NOT_FOUND", "There is no such attachment for you.", fields={"attachmentId": "not found"}
    )


def upload_not_found() -> NotFound:
    """No such upload, or another's, or one that has ended."""
    return NotFound("UPLOAD_NOT_FOUND", "There is no such upload for you.")


def checked_kind(text: str) -> AttachmentKind:
    """Returns the kind of that name."""
    try:
        return AttachmentKind(text)
    except ValueError:
        names = ", ".join(AttachmentKind.values)
        raise Invalid("BAD_VALUE", f"kind is one of {names}.", fields={"kind": "unknown"}) from None


def check_one_place(account_id: UUID | None, visit_id: UUID | None) -> None:
    """It hangs on an account, or on a visit, which has an account."""
    if (account_id is None) == (visit_id is None):
        raise Invalid("REQUIRED", "Give accountId or visitId, one of the two.", fields={"accountId": "or visitId"})


def check_announced(
    kind: AttachmentKind, *, mime_type: str, size: int, sha256: str, width: int | None, height: int | None
) -> None:
    """Refuses what would be refused once it is here, before anything is sent."""
    limits = limits_of(kind)
    if mime_type not in limits.types:
        allowed = ", ".join(sorted(limits.types))
        raise Invalid("TYPE_NOT_ALLOWED", f"A {kind.value} is one of {allowed}.", fields={"mimeType": "not allowed"})
    if size < 1:
        raise Invalid("EMPTY", "There is nothing to attach.", fields={"size": "not above 0"})
    if size > limits.most_bytes:
        most = f"at most {limits.most_bytes} bytes"
        raise Invalid("TOO_LARGE", f"A {kind.value} has {most}.", fields={"size": most})
    if not _SHA256.fullmatch(sha256):
        raise Invalid("BAD_VALUE", "sha256 is 64 hexadecimal digits in lower case.", fields={"sha256": "not a sha256"})
    for name, side in (("width", width), ("height", height)):
        if side is not None and not 0 < side <= _LARGEST_SIDE:
            raise Invalid("OUT_OF_RANGE", f"{name} is a number of pixels.", fields={name: "out of range"})


def check_author(actor: Actor, attachment: Attachment) -> None:
    """Only who announced it goes on with it; to others it does not exist here."""
    if attachment.author_id != actor.user_id or attachment.org_id != actor.org_id:
        raise attachment_not_found()


def check_may_remove(actor: Actor, attachment: Attachment) -> None:
    """An author takes back what is no evidence yet; what belongs to a completed visit, only an admin."""
    if actor.role == Role.ADMIN:
        return
    if attachment.author_id != actor.user_id:
        raise NotPermitted("NOT_YOUR_ATTACHMENT", "Only its author or an admin removes it.")
    if attachment.visit is not None and attachment.visit.state == VisitState.COMPLETED:
        raise NotPermitted("EVIDENCE_KEPT", "The visit is reported: only an admin removes what belongs to it.")


def not_refused(attachment: Attachment) -> None:
    """Raises what its content was refused for, if it was."""
    if attachment.reason:
        raise Invalid(
            "ATTACHMENT_REFUSED", f"Its content was refused: {attachment.reason}.", fields={"reason": attachment.reason}
        )


def upload_incomplete(got: int, size: int) -> Invalid:
    """The content is not here yet: send the rest, then commit again under a new number."""
    return Invalid(
        "UPLOAD_INCOMPLETE",
        f"{got} of {size} bytes are here; send the rest, then commit again.",
        fields={"offset": str(got)},
    )


def already_stored() -> Conflict:
    """There is nothing to send: the content is here."""
    return Conflict("ALREADY_STORED", "The content is here already; commit it.")


def check_length(attachment: Attachment, length: int) -> None:
    """An upload is as long as was announced."""
    if length != attachment.size:
        raise Invalid(
            "LENGTH_MISMATCH",
            f"The attachment was announced with {attachment.size} bytes.",
            fields={"Upload-Length": "not as announced"},
        )


def too_many_uploads() -> Busy:
    """One device may have only so many uploads under way."""
    most = settings.ENV.open_uploads
    return Busy("TOO_MANY_UPLOADS", f"At most {most} uploads at a time; end some first.")


def org_files_full(most: int) -> Busy:
    """The org has as much as it may: nothing is lost, the phone keeps it until there is room."""
    return Busy(
        "ORG_FILES_FULL",
        f"Your organisation's files have {most >> 20} MiB, and that is all they may.",
        fields={"org": "full"},
    )


def disk_full() -> Busy:
    """The disk is nearly full: nothing is lost, the phone keeps it until there is room."""
    return Busy("DISK_FULL", "The server has no room for files just now; what was sent is kept, try again later.")


def offset_mismatch(upload: Upload) -> Conflict:
    """Somebody, perhaps this very device on a line it had given up, wrote there first."""
    return Conflict(
        "OFFSET_MISMATCH",
        f"The upload stands at {upload.offset}: ask with HEAD and go on from there.",
        fields={"Upload-Offset": str(upload.offset)},
    )


def too_long() -> Invalid:
    """More came than the upload is to have."""
    return Invalid("TOO_LONG", "That is more than the upload is to have.", fields={"Upload-Offset": "beyond the end"})


def piece_damaged() -> Invalid:
    """What came is not what its checksum says; none of it was kept."""
    return Invalid("CHECKSUM_MISMATCH", "The piece was damaged on the way; send it again.")


class ContentRefused(Invalid):
    """The content that arrived is not what was announced, or not allowed. `final`: sending it again will not help."""

    def __init__(self, code: str, message: str, *, final: bool) -> None:
        super().__init__(code, message)
        self.final = final


def content_damaged() -> ContentRefused:
    """The whole is not what was announced: it was damaged, or is another file."""
    return ContentRefused("CONTENT_MISMATCH", "What came is not what was announced; send it anew.", final=False)


def type_mismatch(mime_type: str) -> ContentRefused:
    """The bytes are not of the announced type, whatever the name says."""
    return ContentRefused("TYPE_MISMATCH", f"The content is not {mime_type}.", final=True)


def picture_unreadable() -> ContentRefused:
    """It begins like a picture, and is none."""
    return ContentRefused("PICTURE_UNREADABLE", "The picture cannot be read.", final=True)


def picture_too_large(most: int) -> ContentRefused:
    """It would fill the memory of whoever looks at it."""
    return ContentRefused("PICTURE_TOO_LARGE", f"A picture has at most {most} pixels.", final=True)


def link_not_good() -> NotFound:
    """The address is none that we gave out, or what it named is no longer the caller's to see."""
    return NotFound("ATTACHMENT_NOT_FOUND", "There is no such attachment for you.")


def link_expired() -> DomainError:
    """The address was good and is too old: ask for a new one."""
    return Busy("LINK_EXPIRED", "This address has expired; ask for the attachment again.")


def upload_life() -> timedelta:
    """Returns how long an upload is kept after its last piece."""
    return timedelta(hours=settings.ENV.upload_hours)


def id_taken(attachment_id: UUID) -> Invalid:
    """A client made this id before: for this very thing, or for another."""
    return Invalid("ID_TAKEN", "That id is used already.", fields={"entityId": f"{attachment_id} is taken"})
