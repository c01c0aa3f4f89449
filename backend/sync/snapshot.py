"""A pull as a stream of lines: the same operations, cursors and rules, in pieces as long as the line carries them.

Each piece is one page of the pull, made in a transaction of its own, so that no reader however slow holds one open, and
nothing is made before the piece before it is gone. Each ends with a line that has a cursor: from there the stream, or
syncPull, goes on."""

import zlib
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

import orjson
import zstandard

from backend.identity.actor import Actor
from backend.sync.pull import Pulled, pull

ROWS = 20_000
SIZE = 6 * 2**20
"""About so many characters make a piece; some times that is what a stream takes of the server's memory."""
ZSTD_LEVEL = 3
GZIP_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Piece:
    """Some whole lines. `cursor`: where the next piece begins, None after the last one. `done`: rows so far."""

    text: bytes
    cursor: str | None
    done: int


def piece(*, actor: Actor, device_id: UUID, protocol: int, cursor: str | None, done: int = 0) -> Piece:
    """Returns the lines from a cursor on; raises what pull raises."""
    asked = {"actor": actor, "device_id": device_id, "protocol": protocol, "cursor": cursor}
    pulled = pull(**asked, limit=ROWS, most=ROWS, size=SIZE)  # type: ignore[arg-type]
    page = pulled.page
    lines, sent = _ahead(pulled), 0
    for count, priority in pulled.marks[:2]:
        # A phone on a slow line need not wait for the end of the piece to show the day's stores.
        lines += [*page.lines[sent:count], _line(ready=priority, done=done + count)]
        sent = count
    done += len(page.lines)
    text = "\n".join([*lines, *page.lines[sent:], _end(pulled, done), ""]).encode()
    return Piece(text, None if page.complete or page.reset else page.cursor, done)


def _ahead(pulled: Pulled) -> list[str]:
    if pulled.counts is None:
        return []
    return [_line(counts=pulled.counts, countsByPriority=pulled.counts_by_priority, warnings=pulled.warnings)]


def _end(pulled: Pulled, done: int) -> str:
    page = pulled.page
    told = {"lastSeq": page.last_seq, "epoch": page.epoch, "serverTime": page.server_time}
    if page.reset is not None:
        return _line(reset=page.reset, cursor=None, **told)
    if not page.complete:
        return _line(cursor=page.cursor, ready=page.ready, done=done)
    return _line(cursor=page.cursor, ready=page.ready, done=done, complete=True, more=page.more, **told)


def _line(**values: Any) -> str:
    return orjson.dumps(values).decode()


class Packer(Protocol):
    """Packs pieces of one stream; what is given back for a piece can be read without the next."""

    def __call__(self, text: bytes, *, last: bool) -> bytes:
        """Returns the piece packed; with `last` the stream is ended."""


def packer(encoding: str) -> Packer:
    """Returns a packer of `zstd`, `gzip` or `identity`."""
    if encoding == "zstd":
        zstd = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj()
        end, flush = zstandard.COMPRESSOBJ_FLUSH_FINISH, zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda text, *, last: zstd.compress(text) + zstd.flush(end if last else flush)
    if encoding == "gzip":
        gzip = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        return lambda text, *, last: gzip.compress(text) + gzip.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
    return lambda text, *, last: text
