"""How far a feed of events has been heard, sealed: opaque, good in every process of one org, and as exact as a snapshot.

Events are told batch by batch: what was committed between the snapshots `base` and `target`, scope first, then rows in the
order of their ids. A cursor within a batch says what of it was told, so that going on from there leaves nothing out and tells
nothing twice."""

import base64
import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.sync.cursor import BadCursor

VERSION = 1


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """All up to the pg_snapshot `base` was heard; with a `target`, of what came between the two also the scope, and rows up to
    the id `after`. `at`: when it was given, ISO."""

    epoch: str
    base: str
    at: str
    target: str = ""
    after: str = ""

    @property
    def given_at(self) -> datetime:
        """Returns when it was given."""
        return datetime.fromisoformat(self.at)


@lru_cache(maxsize=4)
def _aead(secret: str) -> AESGCM:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"fieldbeat feed cursor")
    return AESGCM(kdf.derive(secret.encode()))


def _bound(org_id: UUID) -> bytes:
    return f"{VERSION}|{org_id}".encode()


def seal(cursor: FeedCursor, org_id: UUID, *, secret: str) -> str:
    """Returns the cursor as opaque URL-safe text that opens for people of this org only."""
    nonce = os.urandom(12)
    sealed = _aead(secret).encrypt(nonce, json.dumps(asdict(cursor)).encode(), _bound(org_id))
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unseal(text: str, org_id: UUID, *, secret: str) -> FeedCursor:
    """Returns the cursor again; raises BadCursor for anything this org was not given."""
    try:
        raw = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        return FeedCursor(**json.loads(_aead(secret).decrypt(raw[:12], raw[12:], _bound(org_id))))
    except (ValueError, TypeError, InvalidTag, UnicodeEncodeError) as error:
        raise BadCursor("not a cursor of this org") from error
