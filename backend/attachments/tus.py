"""The words of tus 1.0.0, the protocol of resumable uploads: what a request says, read without trust.

Spoken: core, creation, creation-with-upload, checksum (sha1, sha256), expiration, termination."""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from uuid import UUID

from backend.kit.errors import Invalid

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
ALGORITHMS = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
"""sha1 is there because the protocol asks every server for it."""

PIECE_TYPE = "application/offset+octet-stream"
_DIGITS = re.compile(r"[0-9]{1,15}")
_MOST_METADATA = 2000


def _bad(header: str, what: str) -> Invalid:
    return Invalid("BAD_HEADER", f"{header} {what}.", fields={header: what})


def number(headers: Mapping[str, str], name: str) -> int:
    """Returns a header that is a whole number, 0 or more; raises Invalid."""
    text = headers.get(name, "")
    if not _DIGITS.fullmatch(text):
        raise _bad(name, "must be a whole number")
    return int(text)


def metadata(headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Returns Upload-Metadata word for word, and what it says: `key base64, key base64, flag`; raises Invalid."""
    text = headers.get("upload-metadata", "")
    if len(text) > _MOST_METADATA:
        raise _bad("Upload-Metadata", f"has at most {_MOST_METADATA} characters")
    said: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        key, _, value = pair.partition(" ")
        if key in said:
            raise _bad("Upload-Metadata", "says a key twice")
        try:
            said[key] = base64.b64decode(value.strip(), validate=True).decode()
        except ValueError as error:  # of base64, of UTF-8, and of letters that base64 has not
            raise _bad("Upload-Metadata", "holds what is not base64 of UTF-8") from error
    return text, said


def attachment_id(said: Mapping[str, str]) -> UUID:
    """Returns the attachment that the metadata names; raises Invalid."""
    try:
        return UUID(said.get("attachmentId", ""))
    except ValueError:
        raise _bad("Upload-Metadata", "must hold attachmentId, a UUID") from None


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must hash to."""

    algorithm: str
    digest: bytes


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """Returns Upload-Checksum, or None without one; raises Invalid for an algorithm that is not spoken."""
    text = headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in ALGORITHMS:
        raise _bad("Upload-Checksum", f"is one of {', '.join(ALGORITHMS)}")
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except ValueError as error:
        raise _bad("Upload-Checksum", "holds what is not base64") from error
    if len(digest) != ALGORITHMS[algorithm](usedforsecurity=False).digest_size:
        raise _bad("Upload-Checksum", "is too short or too long")
    return Checksum(algorithm, digest)


def http_date(instant: datetime) -> str:
    """Returns an instant as HTTP headers have it."""
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)
