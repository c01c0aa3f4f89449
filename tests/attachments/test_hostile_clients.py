"""The doors of files before those who mean no good: nothing is a fault of ours, and nothing is held for ever."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from starlette.types import Message

from backend.attachments.links import links
from backend.attachments.models import Attachment, Upload
from backend.attachments.queries import served
from backend.config import uploads as door
from backend.config.downloads import downloads_door
from backend.identity.models import Device
from backend.identity.tokens import open_session
from backend.kit import clock
from tests.attachments.pictures import camera_photo
from tests.attachments.sending import announce, attach, begin
from tests.factories.world import World, acting
from tests.here import on_this_connection


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Works on one thread, whose connection ends with the test."""
    monkeypatch.setattr("backend.config.uploads.run_on_files", on_this_connection)
    monkeypatch.setattr("backend.config.downloads.run_on_files", on_this_connection)


class Answer:
    """What came back."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def code(self) -> str:
        """Of a refusal."""
        return str(json.loads(self.body)["code"])


class Client:
    """Speaks to the door of uploads for one device."""

    def __init__(self, device: Device) -> None:
        self.token = open_session(device).access_token

    async def ask(self, method: str, path: str, body: AsyncIterator[bytes] | None = None, **said: str) -> Answer:
        """Sends a request whose body comes piece by piece; the words of a header's name are parted by _."""
        answer = Answer()

        async def receive() -> Message:
            data = await anext(body, None) if body is not None else None
            return {"type": "http.request", "body": data or b"", "more_body": data is not None}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        headers = {"authorization": f"Bearer {self.token}", "tus-resumable": "1.0.0"}
        headers |= {name.replace("_", "-"): value for name, value in said.items()}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        }
        await door.uploads_door(scope, receive, send)
        return answer

    def __call__(self, method: str, path: str = door.PATH, data: bytes = b"", /, **said: str) -> Answer:
        """Asks, and waits for the answer."""

        async def body() -> AsyncIterator[bytes]:
            yield data

        async def asked() -> Answer:
            return await self.ask(method, path, body(), **said)

        return async_to_sync(asked)()


@pytest.fixture
def device(field: World) -> Device:
    """Ana's phone."""
    return field.phone(field.ana)


@pytest.fixture
def announced(field: World, device: Device) -> Attachment:
    """Ana's photo, of which nothing is here."""
    return announce(acting(field.ana, device), field.account("Hilltop", field.north), camera_photo(size=(1500, 1500)))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("upload_metadata", "attachmentId \u00e9"),
        ("upload_metadata", "\u00e9 YQ==,\u00e9 YQ=="),
        ("upload_metadata", "attachmentId /////w=="),
        ("upload_length", "-1"),
        ("upload_length", "9223372036854775808"),
        ("upload_length", "\u00b2"),
        ("upload_length", "1e3"),
        ("upload_checksum", "sha256 \u00e9"),
        ("upload_checksum", "\u00e9"),
    ],
)
def test_what_no_client_says_is_refused_as_such(announced: Attachment, device: Device, header: str, value: str) -> None:
    named = base64.b64encode(str(announced.pk).encode()).decode()
    said = {"upload_length": str(announced.size), "upload_metadata": f"attachmentId {named}"}
    kind = {"content_type": "application/offset+octet-stream"}
    answer = Client(device)("POST", **{**said, **kind, header: value})
    assert (answer.status, answer.code) == (400, "BAD_HEADER")
    assert not Upload.objects.exists()


def test_a_device_revoked_in_the_middle_of_a_body_brings_no_more(
    field: World, device: Device, announced: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PIECE_BYTES", 1000)
    upload = begin(acting(field.ana, device), announced)
    client = Client(device)

    async def body() -> AsyncIterator[bytes]:
        yield bytes(1000)
        revoked = Device.objects.filter(pk=device.pk)
        await sync_to_async(revoked.update, thread_sensitive=True)(revoked_at=clock.now())
        for _ in range(5):
            yield bytes(1000)

    said = {"content_type": "application/offset+octet-stream", "upload_offset": "0"}
    answer = async_to_sync(client.ask)("PATCH", f"{door.PATH}/{upload.pk}", body(), **said)
    assert (answer.status, answer.code) == (401, "TOKEN_INVALID")
    upload.refresh_from_db()
    assert upload.offset == 1000


def test_one_device_sends_only_so_many_bodies_at_once(
    field: World, device: Device, announced: Attachment, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a checksum a whole body is put aside before it counts: side by side they would fill the disk."""
    monkeypatch.setattr(door, "BODIES", 3, raising=False)
    upload = begin(acting(field.ana, device), announced)
    client = Client(device)
    digest = base64.b64encode(bytes(32)).decode()
    said = {
        "content_type": "application/offset+octet-stream",
        "upload_offset": "0",
        "upload_checksum": f"sha256 {digest}",
    }

    async def story() -> list[Answer]:
        may_end = asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield bytes(1000)
            await may_end.wait()

        asked = [asyncio.create_task(client.ask("PATCH", f"{door.PATH}/{upload.pk}", body(), **said)) for _ in range(5)]
        done, _ = await asyncio.wait(asked, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        while 0 < len(done) < 2:
            done, _ = await asyncio.wait(asked, timeout=5, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0.01)
        may_end.set()
        return list(await asyncio.gather(*asked))

    answers = async_to_sync(story)()
    assert sorted(one.code for one in answers) == ["CHECKSUM_MISMATCH"] * 3 + ["TOO_MANY_UPLOADS"] * 2
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert client("PATCH", f"{door.PATH}/{upload.pk}", bytes(10), **said).code == "CHECKSUM_MISMATCH"


def test_content_of_another_type_than_a_pictures_is_never_shown_as_one(field: World, device: Device) -> None:
    """The same bytes may have been sent as something else before."""
    stored = attach(acting(field.ana, device), field.account("Hilltop", field.north), camera_photo())
    assert stored.blob is not None
    stored.blob.mime_type = "application/pdf"
    assert served(stored, thumbnail=False).save_as == f"{stored.pk}.pdf"


def test_a_file_that_is_gone_is_not_found(field: World, device: Device, files: Path) -> None:
    stored = attach(acting(field.ana, device), field.account("Hilltop", field.north), camera_photo())
    assert stored.blob is not None
    address = links(acting(field.ana, device), stored).content
    assert address is not None
    (files / stored.blob.key).unlink()
    answer = Answer()

    async def ask() -> None:
        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]

        path, _, query = address.partition("?")
        scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
        await downloads_door(scope, asyncio.Event().wait, send)  # type: ignore[arg-type]

    async_to_sync(ask)()
    assert answer.status == 404
