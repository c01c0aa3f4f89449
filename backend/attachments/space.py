"""Is there room for one more file: in what an org may have, and on the disk.

An upload counts from its beginning with all that it is to have, so that what was begun can be brought to its end."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from django.db.models import F, Sum

from backend.attachments import rules, store
from backend.attachments.models import Blob, Upload, UploadState
from backend.kit import locks
from backend.kit.logs import logger

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_log = logger("attachments")


def check_room(org_id: UUID, length: int) -> None:
    """Refuses an upload of so many bytes, for now, where the org has too many already or the disk too few.

    Within a transaction: until it ends, nobody else of the org begins one."""
    locks.take(locks.Lock.FILES, org_id)
    most = settings.ENV.org_files_mb << 20
    if most and used(org_id) + length > most:
        _log.warning("org_files_full", org=org_id, most=most)
        raise rules.org_files_full(most)
    free = store.free_bytes()
    if free is not None and free - _to_come() - length < _floor():
        _log.warning("disk_nearly_full", free=free)
        raise rules.disk_full()


def used(org_id: UUID) -> int:
    """Returns how many bytes an org's content has, and its uploads under way are to have."""
    kept = Blob.objects.filter(org_id=org_id, stored_at__isnull=False).aggregate(bytes=Sum("size"))["bytes"]
    begun = Upload.objects.filter(attachment__org_id=org_id, state=UploadState.OPEN)
    return int((kept or 0) + (begun.aggregate(bytes=Sum("size"))["bytes"] or 0))


def _to_come() -> int:
    begun = Upload.objects.filter(state=UploadState.OPEN)
    return int(begun.aggregate(bytes=Sum(F("size") - F("offset")))["bytes"] or 0)


def _floor() -> int:
    return int(settings.ENV.free_disk_mb) << 20


def check_piece() -> None:
    """Refuses a piece of what was begun only where others have eaten half of what is kept free: the database lies there too."""
    free = store.free_bytes()
    if free is not None and free < _floor() // 2:
        raise rules.disk_full()


@contextmanager
def roomy() -> Iterator[None]:
    """Tells a disk that is full, as a write has found it, like one that was found so before."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _log.error("disk_full")
        raise rules.disk_full() from error
