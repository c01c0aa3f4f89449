"""Looks at content that has arrived: is it what was announced, is it of an allowed type, and how large is the picture."""

import hashlib
import mmap
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

from backend.attachments import rules
from backend.attachments.kinds import IMAGES, MOST_PIXELS, OFFICE
from backend.attachments.metadata import Malformed, freed

READ_BYTES = 256 * 1024
_HEAD_BYTES = 4096
_ORIENTATION = 0x0112
_ZIP_END, _ZIP_END_BYTES, _MOST_COMMENT = b"PK\x05\x06", 22, 0xFFFF
_ZIP64_END_BEFORE, _ZIP64_END_BYTES = b"PK\x06\x07", 20
_MOST_CONTENTS = 2**20
"""So long may an office file's list of contents be: memory takes ten times that, and thousands of pages less."""

# What Pillow raises on a picture that is none, beside what it has of its own.
UNREADABLE = (OSError, SyntaxError, ValueError, OverflowError)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be kept: how long it is, its own sha256, and a picture's pixels across and down, as it is shown."""

    size: int
    sha256: str
    width: int | None = None
    height: int | None = None


def gather(pieces: Iterable[bytes], into: IO[bytes]) -> str:
    """Writes the pieces one after another and returns the sha256 of the whole."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        into.write(piece)
    into.flush()
    return digest.hexdigest()


def inspect(file: IO[bytes], mime_type: str, into: IO[bytes]) -> Kept:
    """Writes what is to be kept of `file` into `into`; raises ContentRefused when it is not what its type says.

    Pictures lose their metadata; all else is kept as it came."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    if mime_type not in _types(head) or (mime_type in OFFICE and not _office(file, mime_type)):
        raise rules.type_mismatch(mime_type)
    if mime_type in IMAGES:
        return _picture(file, mime_type, into)
    file.seek(0)
    size = 0
    digest = hashlib.sha256()
    while piece := file.read(READ_BYTES):
        size += into.write(piece)
        digest.update(piece)
    return Kept(size, digest.hexdigest())


def _types(head: bytes) -> set[str]:
    import puremagic  # only here, as Pillow below: a web process that nobody sends a file to is megabytes smaller

    try:
        return {found.mime_type for found in puremagic.magic_string(head)}
    except (puremagic.PureError, ValueError):
        return set()


def _office(file: IO[bytes], mime_type: str) -> bool:
    """A zip file of any kind begins like an office file; what is in it tells."""
    _, folder = OFFICE[mime_type]
    if not _short_contents(file):
        return False
    try:
        with zipfile.ZipFile(file) as packed:
            names = packed.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)


def _short_contents(file: IO[bytes]) -> bool:
    """Says whether a zip file's list of contents may be read; it is read whole by whoever asks for a name of it."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _ZIP_END_BYTES - _MOST_COMMENT - _ZIP64_END_BYTES))
    tail = file.read()
    at = tail.rfind(_ZIP_END)
    # Long lists are told elsewhere, too, and that is then believed; no office file needs it.
    told_elsewhere = tail[max(0, at - _ZIP64_END_BYTES) : at].startswith(_ZIP64_END_BEFORE)
    return at >= 0 and not told_elsewhere and int.from_bytes(tail[at + 12 : at + 16], "little") <= _MOST_CONTENTS


def _picture(file: IO[bytes], mime_type: str, into: IO[bytes]) -> Kept:
    from PIL import Image

    file.seek(0)
    try:
        with Image.open(file, formats=[IMAGES[mime_type]]) as picture:
            width, height = picture.size
            # A PNG's own way looks behind the pixels, and unfolds them all for it.
            orientation = Image.Image.getexif(picture).get(_ORIENTATION, 1)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise rules.picture_too_large(MOST_PIXELS) from error
    except UNREADABLE as error:
        raise rules.picture_unreadable() from error
    if width * height > MOST_PIXELS:
        raise rules.picture_too_large(MOST_PIXELS)
    orientation = orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
    size = 0
    digest = hashlib.sha256()
    try:
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for piece in freed(data, mime_type, orientation):
                size += into.write(piece)
                digest.update(piece)
    except Malformed as error:
        raise rules.picture_unreadable() from error
    if orientation >= 5:  # it lies on its side
        width, height = height, width
    return Kept(size, digest.hexdigest(), width, height)
