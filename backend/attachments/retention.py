"""Goes after what nobody came back for. Every step bears being killed after it and begun again: what is to go is marked
and committed first, then its files are deleted, then its row. A marked row is used for nothing, and content that is sent
anew meanwhile gets a row and a file of its own."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q

from backend.attachments import store
from backend.attachments.actions import commit_for_author
from backend.attachments.models import Attachment, AttachmentState, Blob, Upload, UploadState
from backend.attachments.rules import ContentRefused
from backend.attachments.uploads import clear, finish
from backend.kit import clock
from backend.kit.errors import Busy, NotFound
from backend.kit.logs import logger

UNCOMMITTED = timedelta(hours=1)
"""After this, what arrived whole is stored though its phone never said so."""

UNFINISHED = timedelta(minutes=10)
"""After this, an upload whose bytes are all here lost the process that was to finish it."""

UNREFERENCED = timedelta(hours=1)
HALF_WRITTEN = timedelta(days=1)
BATCH = 500

_log = logger("attachments")


def tidy() -> None:
    """Finishes and commits what was left, ends what has expired, and deletes what nothing refers to."""
    finish_left()
    commit_left()
    drop_uploads()
    drop_blobs()


def finish_left() -> int:
    """Finishes uploads whose process died when the last byte had come; returns how many."""
    left = Upload.objects.select_related("attachment").filter(
        state=UploadState.OPEN,
        offset=F("size"),
        touched_at__lte=clock.now() - UNFINISHED,
        expires_at__gt=clock.now(),
    )[:BATCH]
    for upload in left:
        try:
            finish(upload)
        except (Busy, ContentRefused, NotFound) as refused:
            _log.info("left_upload_refused", upload=upload.pk, code=refused.code)
    return len(left)


def commit_left() -> int:
    """Stores what arrived whole and was never committed; returns how many."""
    left = Upload.objects.filter(
        state=UploadState.WHOLE,
        whole_at__lte=clock.now() - UNCOMMITTED,
        attachment__state=AttachmentState.ANNOUNCED,
        attachment__deleted_at=None,
    )[:BATCH]
    for upload in left:
        commit_for_author(upload)
    return len(left)


def drop_uploads() -> int:
    """Ends uploads that have expired, and deletes those that ended; returns how many were deleted."""
    expired = Q(expires_at__lte=clock.now())
    Upload.objects.filter(expired, state=UploadState.OPEN).update(state=UploadState.ENDED)
    over = Upload.objects.filter(Q(state=UploadState.ENDED) | (Q(state=UploadState.WHOLE) & expired))
    dropped = 0
    for upload in over[:BATCH]:
        clear(upload)
        dropped += Upload.objects.filter(pk=upload.pk).exclude(state=UploadState.OPEN).delete()[0]
    return dropped


def drop_blobs() -> int:
    """Deletes content that nothing refers to, and what was never stored; returns how many."""
    now = clock.now()
    unused = Q(stored_at__lte=now - UNREFERENCED, attachments=None, uploads=None)
    half = Q(stored_at=None, created_at__lte=now - HALF_WRITTEN)
    candidates = Blob.objects.filter(Q(doomed_at__isnull=False) | unused | half).values_list("pk", flat=True)
    dropped = 0
    for blob_id in list(candidates[:BATCH]):
        blob = Blob.objects.filter(pk=blob_id).first()
        if blob is not None and _doomed(blob):
            store.delete(blob.thumbnail_key)
            store.delete(blob.key)
            blob.delete()
            dropped += 1
    return dropped


def _doomed(blob: Blob) -> bool:
    """Marks content that goes, unless something refers to it; says whether it goes."""
    with transaction.atomic():
        # Whoever refers to it locks it too, so that only one of us is first; the question is asked after the lock.
        locked = Blob.objects.select_for_update().filter(pk=blob.pk).first()
        if locked is None:
            return False
        if Attachment.objects.filter(blob=blob).exists() or Upload.objects.filter(blob=blob).exists():
            return False
        if locked.doomed_at is None:
            locked.doomed_at = clock.now()
            locked.save(update_fields=["doomed_at"])
    return True
