"""What may be attached: the kinds, the types of each, and how many bytes."""

from dataclasses import dataclass

from django.conf import settings
from django.db import models

IMAGES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
"""Picture types, each with the name by which Pillow reads it."""

OFFICE = {
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx", "word/"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx", "xl/"),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx", "ppt/"),
}
"""Office types, each with the end of its name and the folder that makes a zip file one of them."""

ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"} | {
    kind: ending for kind, (ending, _) in OFFICE.items()
}

MOST_PIXELS = 50_000_000
"""A small file may unfold into a picture that fills the memory; more than any phone's camera gives is refused."""


class AttachmentKind(models.TextChoices):
    """What an attachment is to the people who look at it."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Limits:
    """The types that a kind may have, and its most bytes."""

    types: frozenset[str]
    most_bytes: int


def limits_of(kind: AttachmentKind) -> Limits:
    """Returns what the settings allow."""
    env = settings.ENV
    match kind:
        case AttachmentKind.PHOTO:
            return Limits(frozenset(IMAGES), env.photo_mb << 20)
        case AttachmentKind.SIGNATURE:
            return Limits(frozenset({"image/png", "image/jpeg"}), env.signature_mb << 20)
        case AttachmentKind.DOCUMENT:
            return Limits(frozenset({"application/pdf", "image/jpeg", "image/png", *OFFICE}), env.document_mb << 20)


def most_bytes() -> int:
    """Returns the size of the largest upload that any kind allows."""
    return max(limits_of(kind).most_bytes for kind in AttachmentKind)
