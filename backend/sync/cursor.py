"""A device's position, sealed: nobody but the server reads or makes one, and it fits one device only."""

import base64
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 2
MAIN = "main"
"""The stream of our own phones."""


class BadCursor(ValueError):
    """The text is not a cursor of ours, or not this device's."""


NIL = "00000000-0000-0000-0000-000000000000"
WHOLE = 3


@dataclass(frozen=True, slots=True)
class Page:
    """Where a pull of several pages stands.

    `phase`: delta (changes since the last complete pull), resend (rows whose columns changed), enter (rows of new roots),
    catchup (changes meanwhile). `base`, `target`: the two snapshots between which changes are being sent. `rank`, `after`:
    the last entity rank and row id that were sent; in resend and enter also its `root`, and in enter the `part` (rows.py).
    `seq`: the device's last mutation when the pull began. `shape`: what columns the pull sends; `resend`, `drop`: entities
    whose rows are sent again, and that are no longer sent. `old`: the instant before which things are history. `todo`: for
    each part, the ranks of which anything was there when the pull began; what came later is in the log. `rounds`: how many
    rounds of catching up have begun."""

    next_gen: int
    phase: str
    base: str
    target: str
    rank: int
    after: str
    seq: int
    root: str = NIL
    part: int = WHOLE
    shape: str = ""
    resend: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    old: str = ""
    todo: tuple[tuple[int, ...], ...] = ((), (), ())
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the stream holds: generation `gen` as of the pg_snapshot `base` (nothing, where that is empty), in the columns of
    `shape`, at most `rows` rows (None: nobody counted); `page` while a pull is under way."""

    epoch: str
    gen: int
    base: str
    page: Page | None = None
    shape: str = ""
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose cursor it is; another's does not open."""

    org_id: UUID
    user_id: UUID
    device_id: UUID
    protocol: int
    stream: str = MAIN

    def _bound(self) -> bytes:
        # A cursor that was sealed before there were streams is one of the main stream.
        stream = "" if self.stream == MAIN else f"|{self.stream}"
        return f"{VERSION}|{self.org_id}|{self.user_id}|{self.device_id}|{self.protocol}{stream}".encode()


def _aead(secret: str) -> AESGCM:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"fieldbeat sync cursor")
    return AESGCM(kdf.derive(secret.encode()))


def seal(cursor: Cursor, bearer: Bearer, *, secret: str) -> str:
    """Returns the cursor as opaque URL-safe text."""
    nonce = os.urandom(12)
    body = json.dumps(asdict(cursor), separators=(",", ":")).encode()
    sealed = _aead(secret).encrypt(nonce, body, bearer._bound())
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(text: str, bearer: Bearer, *, secret: str) -> Cursor:
    """Returns the cursor again; raises BadCursor for anything this bearer was not given."""
    try:
        raw = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        body = json.loads(_aead(secret).decrypt(raw[:12], raw[12:], bearer._bound()))
    except (ValueError, InvalidTag, UnicodeEncodeError) as error:
        raise BadCursor("not a cursor of this device") from error
    page = body.pop("page")
    return Cursor(**body, page=_page(page) if page else None)


def unseal_of_any(text: str, bearer: Bearer, protocols: Iterable[int], *, secret: str) -> Cursor:
    """Returns a cursor that the bearer was given in whatever protocol: an app that was updated shows the one of its former
    version. What it holds is told by the shape; a pull that was under way then has its pages in another order, so its
    `page.shape` is emptied and fits nothing."""
    try:
        return unseal(text, bearer, secret=secret)
    except BadCursor:
        for protocol in protocols:
            former = replace(bearer, protocol=protocol)
            with suppress(BadCursor):
                found = unseal(text, former, secret=secret)
                return found if found.page is None else replace(found, page=replace(found.page, shape=""))
        raise


def _page(stored: dict[str, Any]) -> Page:
    page = Page(**stored)
    return replace(page, resend=tuple(page.resend), drop=tuple(page.drop), todo=tuple(map(tuple, page.todo)))
