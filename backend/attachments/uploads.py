"""Uploads, piece by piece.

1. Each piece becomes a file of its own, flushed to the store. Only then is it written into the database, on the condition
   that the upload still stands where the piece begins. Of two writers at one place the first wins and the other is told;
   a line that the phone has given up, but whose server still reads, can thus do no harm, and nobody waits for a lock.
2. A process that dies in between leaves a file that no row names: it goes with the upload's folder.
3. When the last byte is here the pieces are put together, the sha256 is compared, the content is looked at and, if the org
   does not have it, kept under its own row. That row is committed before its file is written, and marked stored after."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from backend.attachments import content, rules, space, store
from backend.attachments.actions import refuse
from backend.attachments.models import AttachmentState, Blob, Upload, UploadPart, UploadState
from backend.attachments.queries import own_attachment
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Busy
from backend.kit.ids import new_id
from backend.kit.logs import logger

_log = logger("attachments")


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that lie in the store and are not part of the upload yet."""

    start: int
    size: int
    key: str


@transaction.atomic
def begin(*, actor: Actor, attachment_id: UUID, length: int, metadata: str) -> Upload:
    """Opens an upload for an attachment that the actor announced; an older one of the same attachment ends."""
    # One after another for each person, so that the count below is true.
    User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    attachment = own_attachment(actor, attachment_id)
    rules.not_refused(attachment)
    if attachment.state == AttachmentState.STORED:
        raise rules.already_stored()
    rules.check_length(attachment, length)
    own = _of(actor).filter(state=UploadState.OPEN)
    own.filter(attachment=attachment).update(state=UploadState.ENDED)
    if own.filter(expires_at__gt=clock.now()).count() >= settings.ENV.open_uploads:
        raise rules.too_many_uploads()
    space.check_room(actor.org_id, length)
    return Upload.objects.create(
        attachment=attachment,
        user_id=actor.user_id,
        device_id=actor.device_id,
        size=length,
        metadata=metadata,
        touched_at=clock.now(),
        expires_at=clock.now() + rules.upload_life(),
    )


def _of(actor: Actor) -> QuerySet[Upload]:
    device = Q(device=None) if actor.device_id is None else Q(device_id=actor.device_id)
    return Upload.objects.filter(device, user_id=actor.user_id, attachment__org_id=actor.org_id)


def upload_for(actor: Actor, upload_id: UUID) -> Upload:
    """Returns the upload if this person began it on this device and it has not ended; raises NotFound."""
    found = _of(actor).select_related("attachment").filter(pk=upload_id).exclude(state=UploadState.ENDED).first()
    if found is None or (found.state == UploadState.OPEN and found.expires_at <= clock.now()):
        raise rules.upload_not_found()
    return found


def checked_place(upload: Upload, offset: int, length: int | None) -> None:
    """Refuses a piece that does not begin where the upload stands, or goes beyond its end (`length` None: not said)."""
    if upload.state != UploadState.OPEN or offset != upload.offset:
        raise rules.offset_mismatch(upload)
    if length is not None and offset + length > upload.size:
        raise rules.too_long()


def put_aside(upload: Upload, start: int, data: bytes) -> Piece:
    """Keeps a piece in the store; `admit` makes it part of the upload."""
    if start + len(data) > upload.size:
        raise rules.too_long()
    key = f"{upload.folder}/{start:012d}-{new_id().hex}"
    space.check_piece()
    with space.roomy():
        store.put(key, data)
    return Piece(start, len(data), key)


def admit(upload: Upload, pieces: Sequence[Piece]) -> Upload:
    """Makes the pieces part of the upload, all or none; raises Conflict when somebody was there first."""
    if not pieces:
        return upload
    end = pieces[-1].start + pieces[-1].size
    with transaction.atomic():
        now = clock.now()
        expires = now + rules.upload_life()
        stands = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN, offset=pieces[0].start)
        moved = stands.update(offset=end, touched_at=now, expires_at=expires)
        if moved:
            UploadPart.objects.bulk_create(
                [UploadPart(upload=upload, start=one.start, size=one.size, key=one.key) for one in pieces]
            )
    if not moved:
        drop(pieces)
        upload.refresh_from_db()
        raise rules.upload_not_found() if upload.state == UploadState.ENDED else rules.offset_mismatch(upload)
    upload.offset, upload.expires_at = end, expires
    return upload


def drop(pieces: Sequence[Piece]) -> None:
    """Deletes pieces that were put aside and are not wanted."""
    for one in pieces:
        store.delete(one.key)


def finish(upload: Upload) -> Upload:
    """Makes content of an upload whose bytes are all here; an upload that is whole already, or not yet, stays as it is.

    Raises ContentRefused, having ended the upload, when the content is not what was announced or not allowed."""
    if upload.state != UploadState.OPEN or upload.offset != upload.size:
        return upload
    blob = Blob.objects.create(
        org_id=upload.attachment.org_id, sha256=upload.attachment.sha256, mime_type=upload.attachment.mime_type
    )
    try:
        with space.roomy():
            kept = _compose(upload, blob)
        _settle(upload, blob, kept)
    except Busy:
        # It stays as it is, whole, until somebody asks for it again or the periodic job does.
        _doom(blob)
        raise
    except (rules.ContentRefused, FileNotFoundError) as error:
        _doom(blob)
        upload.refresh_from_db(fields=["state"])
        # Another process may have been quicker, and have cleared the pieces away under this one.
        if upload.state == UploadState.OPEN:
            _refused(upload, error)
            raise
    upload.refresh_from_db(fields=["state", "blob", "whole_at"])
    if upload.state == UploadState.ENDED:
        raise rules.upload_not_found()
    clear(upload)
    return upload


def _refused(upload: Upload, error: Exception) -> None:
    if isinstance(error, rules.ContentRefused):
        end(upload)
        if error.final:
            refuse(attachment_id=upload.attachment_id, reason=error.code)
        _log.warning("content_refused", upload=upload.pk, code=error.code)


def _compose(upload: Upload, blob: Blob) -> content.Kept:
    keys = UploadPart.objects.filter(upload=upload).order_by("start").values_list("key", flat=True)
    # Files without a name: whatever becomes of this process, nothing of them stays.
    with tempfile.TemporaryFile() as came, tempfile.TemporaryFile() as clean:
        if content.gather(store.pieces(list(keys)), came) != blob.sha256:
            raise rules.content_damaged()
        kept = content.inspect(came, blob.mime_type, clean)
        clean.seek(0)
        store.put_file(blob.key, clean)
    return kept


def _settle(upload: Upload, blob: Blob, kept: content.Kept) -> None:
    """Marks the content stored, or, when the org has the same already, takes that, and marks the upload whole."""
    with transaction.atomic():
        standing = blob.pk
        if not _stored(blob, kept):
            same = Blob.objects.select_for_update().filter(
                org_id=blob.org_id, sha256=blob.sha256, stored_at__isnull=False, doomed_at=None
            )
            standing = same.get().pk
            _doom(blob)
        mine = Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN)
        mine.update(state=UploadState.WHOLE, blob=standing, whole_at=clock.now())


def _stored(blob: Blob, kept: content.Kept) -> bool:
    try:
        with transaction.atomic():
            marked = Blob.objects.filter(pk=blob.pk, doomed_at=None).update(
                size=kept.size,
                kept_sha256=kept.sha256,
                width=kept.width,
                height=kept.height,
                stored_at=clock.now(),
            )
            return marked == 1
    except IntegrityError:
        return False


def _doom(blob: Blob) -> None:
    # The file goes by the periodic job, which bears being killed.
    Blob.objects.filter(pk=blob.pk).update(doomed_at=clock.now(), stored_at=None)


def end(upload: Upload) -> None:
    """Gives an upload up; its pieces go."""
    Upload.objects.filter(pk=upload.pk, state=UploadState.OPEN).update(state=UploadState.ENDED)
    upload.refresh_from_db(fields=["state"])
    clear(upload)


def clear(upload: Upload) -> None:
    """Deletes the pieces of an upload that needs them no more: files first, so that none is left without its row."""
    if upload.state != UploadState.OPEN:
        store.delete_folder(upload.folder)
        UploadPart.objects.filter(upload=upload).delete()
