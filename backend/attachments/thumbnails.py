"""Small pictures of pictures, made by the worker once content is stored."""

import io
import tempfile
from typing import IO

from django.db import transaction
from PIL import Image, ImageOps

from backend.attachments import store
from backend.attachments.content import UNREADABLE
from backend.attachments.kinds import IMAGES
from backend.attachments.models import Attachment, Blob
from backend.events.types import AttachmentStored, Event
from backend.kit.logs import logger

LONGEST_SIDE = 320
QUALITY = 75
_log = logger("attachments")


def on_attachment_stored(event: Event, meta: object) -> None:
    """Makes the thumbnail of what was stored, unless it has one or is no picture."""
    del meta
    assert isinstance(event, AttachmentStored)
    attachment = Attachment.objects.select_related("blob").filter(pk=event.attachment_id).first()
    if attachment is None or attachment.blob is None or attachment.blob.has_thumbnail:
        return
    make(attachment.blob)


def make(blob: Blob) -> bool:
    """Makes the thumbnail of a picture and says whether there is one now; its attachments are told."""
    if blob.mime_type not in IMAGES:
        return False
    with tempfile.TemporaryFile() as file:
        for piece in store.pieces([blob.key]):
            file.write(piece)
        file.seek(0)
        try:
            small = _small(file, IMAGES[blob.mime_type])
        except (*UNREADABLE, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            # The picture is evidence all the same; it is only shown without a small one.
            _log.warning("no_thumbnail", blob=blob.pk, error=type(error).__name__)
            return False
    store.put(blob.thumbnail_key, small)
    with transaction.atomic():
        Blob.objects.select_for_update().get(pk=blob.pk)
        Blob.objects.filter(pk=blob.pk).update(has_thumbnail=True)
        Attachment.objects.filter(blob=blob, deleted_at=None).update(has_thumbnail=True)
    return True


def _small(file: IO[bytes], form: str) -> bytes:
    with Image.open(file, formats=[form]) as picture:
        # A JPEG is read at a fraction of its size; its whole is never in memory.
        picture.draft("RGB", (LONGEST_SIDE * 2, LONGEST_SIDE * 2))
        # Small first, then upright: the other way round there were two of the large one.
        picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        upright = ImageOps.exif_transpose(picture)
        ground = Image.new("RGB", upright.size, "white")
        see_through = upright.convert("RGBA") if upright.mode in ("RGBA", "LA", "PA", "P") else None
        ground.paste(see_through or upright.convert("RGB"), mask=see_through)
        made = io.BytesIO()
        ground.save(made, "JPEG", quality=QUALITY, optimize=True)
        return made.getvalue()
