"""A phone's files against a scripted server of uploads: cut, damaged, expired, refused, revoked."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mobile_client_stub.api import Api
from mobile_client_stub.clock import phone_clock
from mobile_client_stub.errors import Refused, Unreachable
from mobile_client_stub.files import PIECE_BYTES, Files, type_of
from mobile_client_stub.outbox import Outbox
from mobile_client_stub.patience import Patience
from mobile_client_stub.store import Store
from mobile_client_stub.wire import Answer, Session

CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 3000
Trouble = Callable[[httpx.Request, int], httpx.Response | None]


class Uploads:
    """The other end: one upload at a time, and trouble before a request is answered."""

    def __init__(self) -> None:
        self.here = b""
        self.place: str | None = None
        self.made = 0
        self.asked: list[str] = []
        self.trouble: Trouble = lambda request, number: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answers as docs/sync.md says."""
        self.asked.append(request.method)
        answer = self.trouble(request, len(self.asked))
        if answer is not None:
            return answer
        if request.method == "POST":
            self.made += 1
            self.here, self.place = b"", f"/attachments/uploads/{self.made}"
            assert re.fullmatch("attachmentId [A-Za-z0-9+/=]+", request.headers["upload-metadata"])
            return httpx.Response(201, headers={"location": self.place, "upload-offset": "0"})
        if request.url.path != self.place:
            return no(404, "UPLOAD_NOT_FOUND")
        if request.method == "HEAD":
            return httpx.Response(200, headers={"upload-offset": str(len(self.here))})
        if int(request.headers["upload-offset"]) != len(self.here):
            return no(409, "OFFSET_MISMATCH")
        digest = base64.b64encode(hashlib.sha256(request.content).digest()).decode()
        assert request.headers["upload-checksum"] == f"sha256 {digest}"
        self.here += request.content
        return httpx.Response(204, headers={"upload-offset": str(len(self.here))})


def no(status: int, code: str, retry: str = "NEVER") -> httpx.Response:
    """Refuses."""
    return httpx.Response(status, json={"code": code, "message": "no", "retry": retry, "fields": {}})


class Phone:
    """A signed-in phone with one photo whose announcement was answered."""

    def __init__(self, path: Path, server: Uploads, status: str = "APPLIED") -> None:
        self.store = Store(path)
        self.store.keep_session(Session("http://127.0.0.1", "a", "r", "d", "u", "ana", "Ana", "rep"))
        self.api = Api("http://127.0.0.1", self.store, patience=Patience(), transport=httpx.MockTransport(server))
        self.outbox = Outbox(self.store, phone_clock)
        self.files = Files(self.store, self.outbox, self.api)
        with self.store.writing():
            added = self.outbox.add("attachment.add", "photo-1", label="photo")
            self.files.keep("photo-1", CONTENT)
        assert self.files.ready() == []
        self.outbox.settle([Answer(added.seq, added.id, status)])

    def committed(self) -> list[str | None]:
        """Returns what the outbox commits."""
        return [entry.entity_id for entry in self.outbox.entries() if entry.name == "attachment.commit"]


@pytest.fixture
def server() -> Uploads:
    """Returns the other end."""
    return Uploads()


@pytest.fixture
def phone(tmp_path: Path, server: Uploads) -> Iterator[Phone]:
    """Returns the phone."""
    made = Phone(tmp_path / "phone.sqlite3", server)
    yield made
    made.store.close()


def test_a_file_goes_up_in_pieces_and_is_committed_once(phone: Phone, server: Uploads) -> None:
    [one] = phone.files.ready()
    phone.files.send(one)
    assert server.here == CONTENT
    assert server.asked == ["POST"] + ["PATCH"] * (len(CONTENT) // PIECE_BYTES + 1)
    assert (phone.committed(), phone.files.waiting()) == (["photo-1"], [])
    assert list(phone.store.path.with_name("phone.sqlite3.files").iterdir()) == []


def test_after_a_cut_it_goes_on_where_the_server_stands(phone: Phone, server: Uploads) -> None:
    def cut(request: httpx.Request, number: int) -> None:
        if number == 3:
            raise httpx.ReadError("cut", request=request)

    server.trouble = cut
    with pytest.raises(Unreachable):
        phone.files.send("photo-1")
    assert (phone.committed(), phone.files.ready()) == ([], ["photo-1"])
    phone.files.send("photo-1")
    assert server.here == CONTENT
    assert (server.made, server.asked.count("HEAD")) == (1, 1)


def test_a_lost_answer_a_damaged_piece_and_an_upload_that_expired(phone: Phone, server: Uploads) -> None:
    def trouble(request: httpx.Request, number: int) -> httpx.Response | None:
        if number == 2:  # carried out, and the answer is lost: the next piece comes at the wrong place
            server.here += request.content
            return no(409, "OFFSET_MISMATCH")
        if number == 4:
            return no(460, "CHECKSUM_MISMATCH")
        if number == 6:
            server.place = None
        return None

    server.trouble = trouble
    phone.files.send("photo-1")
    assert server.here == CONTENT
    assert server.made == 2
    assert phone.committed() == ["photo-1"]


def test_what_the_server_has_already_is_only_committed(phone: Phone, server: Uploads) -> None:
    server.trouble = lambda request, number: no(422, "ALREADY_STORED")
    phone.files.send("photo-1")
    assert phone.committed() == ["photo-1"]


def test_what_the_server_never_takes_stays_here_and_says_why(phone: Phone, server: Uploads) -> None:
    server.trouble = lambda request, number: no(422, "TYPE_MISMATCH")
    phone.files.send("photo-1")
    assert (phone.committed(), phone.files.waiting()) == ([], [])
    assert "TYPE_MISMATCH" in phone.files.refused()["photo-1"]
    assert phone.store.path.with_name("phone.sqlite3.files").joinpath("photo-1").read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_later(phone: Phone, server: Uploads) -> None:
    server.trouble = lambda request, number: no(429, "TOO_MANY_UPLOADS", "RETRY")
    with pytest.raises(Refused) as refused:
        phone.files.send("photo-1")
    assert (refused.value.retry, phone.files.ready()) == ("RETRY", ["photo-1"])


def test_content_that_is_always_damaged_is_left_for_another_time(phone: Phone, server: Uploads) -> None:
    server.trouble = lambda request, number: no(422, "CONTENT_MISMATCH") if request.method == "PATCH" else None
    with pytest.raises(Unreachable):
        phone.files.send("photo-1")
    assert phone.files.ready() == ["photo-1"]


@pytest.mark.parametrize("status", ["REJECTED", "CONFLICT"])
def test_what_was_not_taken_is_not_sent(tmp_path: Path, server: Uploads, status: str) -> None:
    phone = Phone(tmp_path / "phone.sqlite3", server, status)
    assert (phone.files.ready(), list(phone.files.refused())) == ([], ["photo-1"])
    phone.files.clear()
    assert list(phone.store.path.with_name("phone.sqlite3.files").iterdir()) == []
    phone.store.close()


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [(CONTENT, "image/jpeg"), (b"%PDF-1.4", "application/pdf"), (b"<svg/>", None), (b"", None)],
)
def test_types_are_known_by_their_bytes(data: bytes, mime_type: Any) -> None:
    assert type_of(data) == mime_type
