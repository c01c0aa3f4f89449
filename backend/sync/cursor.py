"""A device's position, sealed: nobody but the server reads or makes one, and it fits one device only."""

import base64
import json
import os
from dataclasses import asdict, dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = 2


class BadCursor(ValueError):
    """The text is not a cursor of ours, or not this device's."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a pull of several pages stands.

    `phase`: delta (changes since the last complete pull), enter (rows of new roots), catchup (changes meanwhile).
    `base`, `target`: the two snapshots between which changes are being sent. `rank`, `after`: the last entity rank and
    row id that were sent of it. `seq`: the device's last mutation when the pull began."""

    next_gen: int
    phase: str
    base: str
    target: str
    rank: int
    after: str
    seq: int


@dataclass(frozen=True, slots=True)
class Cursor:
    """What the device holds: generation `gen` as of the pg_snapshot `base`; `page` while a pull is under way."""

    epoch: str
    gen: int
    base: str
    page: Page | None = None


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose cursor it is; another's does not open."""

    org_id: UUID
    user_id: UUID
    device_id: UUID
    protocol: int

    def _bound(self) -> bytes:
        return f"{VERSION}|{self.org_id}|{self.user_id}|{self.device_id}|{self.protocol}".encode()


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
    return Cursor(**body, page=Page(**page) if page else None)
