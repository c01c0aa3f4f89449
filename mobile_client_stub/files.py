"""Photos and signatures of this phone on their way to the server: kept beside the replica, sent piece by piece over tus
1.0.0, gone on with after a cut, and committed through the outbox when all of it is there."""

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mobile_client_stub.api import Api
from mobile_client_stub.errors import Refused, Unreachable
from mobile_client_stub.outbox import Outbox
from mobile_client_stub.store import Store

UPLOADS = "/attachments/uploads"
PIECE_BYTES = 256 * 1024
ATTEMPTS = 5
"""How often one file may begin anew, or a piece be sent again, before it is left for another time."""

_TABLE = """CREATE TABLE IF NOT EXISTS files (
    id TEXT PRIMARY KEY, place TEXT, state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'refused')), why TEXT)"""


class Files:
    """The files of one phone, in a folder beside its replica."""

    def __init__(self, store: Store, outbox: Outbox, api: Api) -> None:
        self._store = store
        self._outbox = outbox
        self._api = api
        self._folder = store.path.with_name(f"{store.path.name}.files")
        with store.writing() as db:
            db.execute(_TABLE)

    def keep(self, attachment_id: str, data: bytes) -> None:
        """Keeps a file until it is sent; call it in the transaction that adds the mutation."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with open(os.open(self._path(attachment_id), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with self._store.writing() as db:
            db.execute("INSERT INTO files (id, state) VALUES (?, 'waiting')", [attachment_id])

    def waiting(self) -> list[str]:
        """Returns the attachments whose content is to be sent, oldest first."""
        with self._store.reading() as db:
            rows = db.execute("SELECT id FROM files WHERE state = 'waiting' ORDER BY rowid").fetchall()
        return [str(attachment_id) for (attachment_id,) in rows]

    def _place(self, attachment_id: str) -> str | None:
        """Returns the address of its upload, once there is one."""
        with self._store.reading() as db:
            (place,) = db.execute("SELECT place FROM files WHERE id = ?", [attachment_id]).fetchone()
        return None if place is None else str(place)

    def refused(self) -> dict[str, str]:
        """Returns why the server does not take a file, by attachment; it stays on this phone."""
        with self._store.reading() as db:
            return dict(db.execute("SELECT id, why FROM files WHERE state = 'refused'").fetchall())

    def clear(self) -> None:
        """Deletes all of them: the phone was revoked, or handed to somebody else."""
        with self._store.writing() as db:
            db.execute("DELETE FROM files")
        for left in self._folder.glob("*"):
            left.unlink()

    def _path(self, attachment_id: str) -> Path:
        return self._folder / attachment_id

    def ready(self) -> list[str]:
        """Returns those whose announcement the server has taken."""
        verdicts = {
            entry.entity_id: (entry.answer or {}).get("status")
            for entry in [*self._outbox.entries(), *self._outbox.journal()]
            if entry.name == "attachment.add"
        }
        for one in self.waiting():
            if verdicts.get(one) in ("REJECTED", "CONFLICT"):
                self._settle(one, "refused", "its announcement was refused")
        return [one for one in self.waiting() if verdicts.get(one, "APPLIED") == "APPLIED"]

    def send(self, attachment_id: str) -> None:
        """Sends the rest of a file and adds its commit. Raises NotReached; what has arrived need not be sent again."""
        try:
            self._send(attachment_id)
        except Refused as refused:
            if refused.retry != "NEVER":
                raise
            if refused.code != "ALREADY_STORED":
                self._settle(attachment_id, "refused", str(refused))
                return
        with self._store.writing():
            self._outbox.add("attachment.commit", attachment_id, label="photo sent")
            self._settle(attachment_id, "sent", None)
        self._path(attachment_id).unlink(missing_ok=True)

    def _settle(self, attachment_id: str, state: str, why: str | None) -> None:
        with self._store.writing() as db:
            db.execute("UPDATE files SET state = ?, why = ? WHERE id = ?", [state, why, attachment_id])

    def _send(self, attachment_id: str) -> None:
        place, size = self._place(attachment_id), self._path(attachment_id).stat().st_size
        for _ in range(ATTEMPTS):
            try:
                offset = self._stands(place) if place else None
                if place is None or offset is None:
                    place = self._begin(attachment_id, size)
                    offset = 0
                self._rest(attachment_id, place, offset, size)
                return
            except Refused as refused:
                # Another line of this phone was there first, or what came was damaged: ask again how it stands.
                if refused.code not in ("OFFSET_MISMATCH", "CHECKSUM_MISMATCH", "UPLOAD_NOT_FOUND", "CONTENT_MISMATCH"):
                    raise
        raise Unreachable(self._api.server, "the file arrives damaged")

    def _begin(self, attachment_id: str, size: int) -> str:
        named = base64.b64encode(attachment_id.encode()).decode()
        answer = self._ask("POST", UPLOADS, {"upload-length": str(size), "upload-metadata": f"attachmentId {named}"})
        place = str(answer["location"])
        with self._store.writing() as db:
            db.execute("UPDATE files SET place = ? WHERE id = ?", [place, attachment_id])
        return place

    def _stands(self, place: str) -> int | None:
        try:
            return int(self._ask("HEAD", place, {})["upload-offset"])
        except Refused:  # it expired, or ended
            return None

    def _rest(self, attachment_id: str, place: str, offset: int, size: int) -> None:
        with self._path(attachment_id).open("rb") as file:
            file.seek(offset)
            while offset < size:
                piece = file.read(PIECE_BYTES)
                digest = base64.b64encode(hashlib.sha256(piece).digest()).decode()
                said = {
                    "upload-offset": str(offset),
                    "upload-checksum": f"sha256 {digest}",
                    "content-type": "application/offset+octet-stream",
                }
                offset = int(self._ask("PATCH", place, said, piece)["upload-offset"])

    def _ask(self, method: str, path: str, said: Mapping[str, str], body: bytes | None = None) -> Mapping[str, Any]:
        return self._api.exchange(method, path, {"tus-resumable": "1.0.0", **said}, body).headers


def type_of(data: bytes) -> str | None:
    """Returns the type of a picture or a PDF by its first bytes, None for anything else."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "application/pdf" if data.startswith(b"%PDF-") else None
