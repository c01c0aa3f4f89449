"""Frees pictures of what they say beside the picture: where it was taken, when, by whose camera. Pixels are not touched.

What is kept is listed, what is not listed goes: also what this program has never heard of. A picture's orientation
is written back alone, because without it the picture lies on its side."""

import re
import struct
import zlib
from collections.abc import Iterator
from mmap import mmap

_PNG_SIGN = b"\x89PNG\r\n\x1a\n"
# Critical chunks, colour, transparency, density, animation. Text, time, Exif and private chunks are not among them.
_PNG_KEPT = frozenset(b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP acTL fcTL fdAT".split())
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ANIM", b"ANMF", b"ALPH", b"ICCP"))
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What follows 0xff and is no pixel."""
_JPEG_FILLING = re.compile(rb"\xff+")

MOST_PARTS = 20_000
"""A camera's picture has hundreds; one of millions keeps a processor busy for its maker's pleasure."""

_WEBP_SAYS_EXIF, _WEBP_SAYS_XMP = 0x08, 0x04


class Malformed(Exception):
    """The bytes break off, or are not built as their type is."""


Bytes = bytes | mmap


def _parts() -> Iterator[int]:
    """Counts the parts of a picture; raises Malformed when there are more than any has."""
    yield from range(MOST_PARTS)
    raise Malformed("it has too many parts")


def freed(data: Bytes, mime_type: str, orientation: int) -> Iterator[bytes]:
    """Yields the picture without its metadata; `orientation` is Exif's, 1 when upright. Raises Malformed."""
    match mime_type:
        case "image/jpeg":
            return _jpeg(data, orientation)
        case "image/png":
            return _png(data, orientation)
        case "image/webp":
            return _webp(data, orientation)
    raise Malformed(mime_type)


def _exif(orientation: int) -> bytes:
    """A TIFF block that holds one entry: tag 274, one short."""
    return struct.pack("<2sHLHHHLHHL", b"II", 42, 8, 1, 274, 3, 1, orientation, 0, 0)


def _number(data: Bytes, at: int, form: str) -> int:
    raw = data[at : at + struct.calcsize(form)]
    if len(raw) < struct.calcsize(form):
        raise Malformed("it breaks off")
    (number,) = struct.unpack(form, raw)
    return int(number)


def _jpeg_kept(marker: int, body: bytes) -> bool:
    if marker == 0xE0:
        return body.startswith(b"JFIF\0")
    if marker == 0xE2:
        return body.startswith(b"ICC_PROFILE\0")
    return marker == 0xEE or not (0xE1 <= marker <= 0xEF or marker == 0xFE)


def _jpeg(data: Bytes, orientation: int) -> Iterator[bytes]:
    if data[0:2] != b"\xff\xd8":
        raise Malformed("no JPEG")
    yield b"\xff\xd8"
    at, told = 2, orientation == 1
    for _ in _parts():
        if at >= len(data):
            return
        filled = _JPEG_FILLING.match(data, at)
        if filled is None:
            raise Malformed("no marker where one must be")
        at = filled.end() - 1
        marker = _number(data, at + 1, ">B")
        if marker == 0xD9:
            yield b"\xff\xd9"
            return  # what follows is another picture with metadata of its own, or something hidden
        end = at + 2 + _number(data, at + 2, ">H")
        segment = data[at:end]
        if len(segment) < end - at:
            raise Malformed("it breaks off")
        if not told and marker != 0xE0:
            block = b"Exif\0\0" + _exif(orientation)
            yield b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block
            told = True
        if _jpeg_kept(marker, segment[4:]):
            yield segment
        at = end
        if marker == 0xDA:
            end = _end_of_scan(data, at)
            yield data[at:end]
            at = end


def _end_of_scan(data: Bytes, at: int) -> int:
    """Returns where the pixels end that begin at `at`: at the next marker that is not one of theirs."""
    found = _JPEG_MARKER.search(data, at)
    return found.start() if found else len(data)


def _png(data: Bytes, orientation: int) -> Iterator[bytes]:
    if data[0:8] != _PNG_SIGN:
        raise Malformed("no PNG")
    yield _PNG_SIGN
    at = 8
    for _ in _parts():
        if at >= len(data):
            return
        end = at + 12 + _number(data, at, ">L")
        name, chunk = data[at + 4 : at + 8], data[at:end]
        if len(chunk) < end - at:
            raise Malformed("it breaks off")
        if name in _PNG_KEPT:
            yield chunk
        if name == b"IHDR" and orientation != 1:
            block = b"eXIf" + _exif(orientation)
            yield struct.pack(">L", len(block) - 4) + block + struct.pack(">L", zlib.crc32(block))
        if name == b"IEND":
            return
        at = end


def _webp(data: Bytes, orientation: int) -> Iterator[bytes]:
    if data[0:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise Malformed("no WebP")
    kept: list[bytes] = []
    at, whole = 12, min(len(data), 8 + _number(data, 4, "<L"))
    for _ in _parts():
        if at + 8 > whole:
            break
        size = _number(data, at + 4, "<L")
        end = at + 8 + size + size % 2
        name, chunk = data[at : at + 4], data[at:end]
        if len(chunk) < 8 + size:
            raise Malformed("it breaks off")
        if name == b"VP8X":
            flags = chunk[8] & ~(_WEBP_SAYS_EXIF | _WEBP_SAYS_XMP)
            flags |= _WEBP_SAYS_EXIF if orientation != 1 else 0
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if name in _WEBP_KEPT:
            kept.append(chunk if len(chunk) % 2 == 0 else chunk + b"\0")
        at = end
    if orientation != 1:
        block = _exif(orientation)
        kept.append(b"EXIF" + struct.pack("<L", len(block)) + block)
    yield b"RIFF" + struct.pack("<L", 4 + sum(map(len, kept))) + b"WEBP"
    yield from kept
