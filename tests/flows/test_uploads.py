"""The door of uploads as its protocol is written, over a real server: by hand, by an unmodified client, and cut."""

import base64
import hashlib
import io
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tusclient.client import TusClient

from backend.attachments.models import Attachment, Upload
from backend.crm.models import Account
from backend.identity.models import Device as DeviceRow
from backend.kit import clock
from backend.kit.ids import new_id
from mobile_client_stub import wire
from mobile_client_stub.device import Device
from mobile_client_stub.wire import Document
from tests.attachments.pictures import camera_photo, place_in, sha256
from tests.attachments.sending import announce
from tests.config.serving import Serving, alive, until
from tests.factories.world import World, acting
from tests.flows.conftest import Phone

PIECE = "application/offset+octet-stream"
UPLOADS = "/attachments/uploads"


def encoded(text: str) -> str:
    """Returns text as metadata has it."""
    return base64.b64encode(text.encode()).decode()


def checksum(data: bytes, algorithm: str = "sha256") -> str:
    """Returns Upload-Checksum of a piece."""
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@dataclass
class Tus:
    """Speaks to the door for one phone."""

    server: Serving
    device: Device
    http: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=60))

    def __call__(self, method: str, path: str, body: bytes | None = None, /, **headers: str | None) -> httpx.Response:
        """Asks; header names are written with underscores, and None takes one away."""
        session = self.device.store.session()
        said: dict[str, str | None] = {"tus-resumable": "1.0.0"}
        said["authorization"] = f"Bearer {session.access_token}" if session else None
        said |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        kept = {name: value for name, value in said.items() if value is not None}
        return self.http.request(method, f"{self.server.base}{path}", content=body, headers=kept)

    def begin(self, attachment: Attachment, **headers: str | None) -> httpx.Response:
        """Opens an upload."""
        said = {"upload_length": str(attachment.size), "upload_metadata": f"attachmentId {encoded(str(attachment.pk))}"}
        return self("POST", UPLOADS, None, **{**said, **headers})

    def piece(self, place: str, offset: int, data: bytes, **headers: str | None) -> httpx.Response:
        """Sends a piece."""
        said = {"upload_offset": str(offset), "content_type": PIECE}
        return self("PATCH", place, data, **{**said, **headers})

    def stands(self, place: str) -> int:
        """Returns how many bytes the server has."""
        answer = self("HEAD", place)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        return int(answer.headers["upload-offset"])


@dataclass
class Story:
    """Ana's photo at her store, announced."""

    tus: Tus
    store: Account
    device: DeviceRow
    taken: bytes

    def announced(self) -> Attachment:
        """Announces it once more."""
        return announce(acting(self.device.user, self.device), self.store, self.taken)


@pytest.fixture
def story(server: Serving, world: World, phone: Phone) -> Iterator[Story]:
    """Ana's phone, signed in, and what it took."""
    ana = phone(world.ana)
    session = ana.store.session()
    assert session is not None
    device = DeviceRow.objects.select_related("user").get(pk=session.device_id)
    tus = Tus(server, ana)
    try:
        yield Story(tus, world.account("Ames Liquor", world.north), device, camera_photo(size=(900, 700)))
    finally:
        # Not the one it began with: a test whose server was killed takes another.
        tus.http.close()


def code(answer: httpx.Response) -> tuple[int, str]:
    """Returns status and code of a refusal."""
    assert answer.headers["tus-resumable"] == "1.0.0"
    return answer.status_code, answer.json()["code"]


def test_the_server_says_what_it_can(story: Story) -> None:
    answer = story.tus("OPTIONS", UPLOADS, tus_resumable=None, authorization=None)
    assert answer.status_code == 204
    assert answer.headers["tus-version"] == answer.headers["tus-resumable"] == "1.0.0"
    assert answer.headers["tus-extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert answer.headers["tus-checksum-algorithm"] == "sha256,sha1"
    assert answer.headers["tus-max-size"] == str(25 << 20)


def test_a_photo_goes_up_in_pieces_and_comes_down_without_its_place(story: Story) -> None:
    tus, taken, attachment = story.tus, story.taken, story.announced()
    begun = tus.begin(attachment)
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, "0")
    assert begun.headers["upload-expires"].endswith(" GMT")
    place = begun.headers["location"]
    assert place.startswith(f"{UPLOADS}/")
    half = len(taken) // 2
    first = tus.piece(place, 0, taken[:half], upload_checksum=checksum(taken[:half]))
    assert (first.status_code, first.headers["upload-offset"]) == (204, str(half))
    assert code(tus.piece(place, 0, taken[:half])) == (409, "OFFSET_MISMATCH")
    assert tus.stands(place) == half
    last = tus("POST", place, taken[half:], x_http_method_override="PATCH", upload_offset=str(half), content_type=PIECE)
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(taken)))
    assert tus.stands(place) == len(taken)
    assert Upload.objects.get(pk=place.rsplit("/", 1)[1]).state == "whole"
    assert code(tus.begin(story.announced(), upload_length="5")) == (400, "LENGTH_MISMATCH")


def test_a_damaged_piece_is_not_kept(story: Story) -> None:
    tus, taken = story.tus, story.taken
    place = tus.begin(story.announced()).headers["location"]
    for algorithm in ("sha256", "sha1"):
        damaged = tus.piece(place, 0, taken[:500], upload_checksum=checksum(b"other", algorithm))
        assert code(damaged) == (460, "CHECKSUM_MISMATCH")
        assert tus.stands(place) == 0
    assert tus.piece(place, 0, taken[:500], upload_checksum=checksum(taken[:500], "sha1")).status_code == 204
    for wrong in ("md5 AAAA", "sha256 %%%", "sha256 AAAA", "sha256"):
        assert code(tus.piece(place, 500, taken[500:], upload_checksum=wrong)) == (400, "BAD_HEADER")
    assert tus.stands(place) == 500


def test_what_is_not_tus_is_refused(story: Story) -> None:
    tus, attachment = story.tus, story.announced()
    place = tus.begin(attachment).headers["location"]
    old = tus("HEAD", place, tus_resumable="0.2.2")
    assert (old.status_code, old.headers["tus-version"]) == (412, "1.0.0")
    assert tus("HEAD", place, tus_resumable=None).status_code == 412
    assert code(tus.begin(attachment, authorization=None)) == (401, "NOT_SIGNED_IN")
    assert code(tus.begin(attachment, authorization="Bearer nonsense")) == (401, "TOKEN_INVALID")
    assert code(tus.begin(attachment, upload_length=None)) == (400, "BAD_HEADER")
    assert code(tus.begin(attachment, upload_length="-1")) == (400, "BAD_HEADER")
    assert code(tus.begin(attachment, upload_length=str((25 << 20) + 1))) == (413, "TOO_LARGE")
    assert code(tus.begin(attachment, upload_length=None, upload_defer_length="1")) == (400, "BAD_HEADER")
    assert code(tus.begin(attachment, upload_metadata=None)) == (400, "BAD_HEADER")
    assert code(tus.begin(attachment, upload_metadata="attachmentId ?")) == (400, "BAD_HEADER")
    stranger = f"attachmentId {encoded(str(new_id()))}"
    assert code(tus.begin(attachment, upload_metadata=stranger)) == (404, "ATTACHMENT_NOT_FOUND")
    assert code(tus.piece(place, 0, b"x", content_type="text/plain")) == (415, "BAD_HEADER")
    assert code(tus.piece(place, 0, b"x" * (attachment.size + 1))) == (413, "TOO_LONG")
    assert code(tus.piece(place, 0, b"x", upload_offset="one")) == (400, "BAD_HEADER")
    assert code(tus("DELETE", f"{UPLOADS}/nonsense")) == (404, "UPLOAD_NOT_FOUND")
    assert tus("GET", place).status_code == 405


def test_an_upload_is_nobody_elses(story: Story, server: Serving, world: World, phone: Phone) -> None:
    place = story.tus.begin(story.announced()).headers["location"]
    for person in (world.ben, world.cy):
        other = Tus(server, phone(person))
        with closing(other.http):
            assert other("HEAD", place).status_code == 404
            assert code(other.piece(place, 0, b"x")) == (404, "UPLOAD_NOT_FOUND")
            assert code(other("DELETE", place)) == (404, "UPLOAD_NOT_FOUND")
            assert code(other.begin(story.announced())) == (404, "ATTACHMENT_NOT_FOUND")
    assert story.tus.stands(place) == 0


def test_an_upload_is_ended(story: Story) -> None:
    place = story.tus.begin(story.announced()).headers["location"]
    story.tus.piece(place, 0, story.taken[:100])
    assert story.tus("DELETE", place).status_code == 204
    assert story.tus("HEAD", place).status_code == 404
    assert code(story.tus.piece(place, 100, b"x")) == (404, "UPLOAD_NOT_FOUND")


def test_creation_brings_the_content(story: Story) -> None:
    tus, taken, attachment = story.tus, story.taken, story.announced()
    said = {"upload_length": str(len(taken)), "upload_metadata": f"attachmentId {encoded(str(attachment.pk))}"}
    begun = tus("POST", UPLOADS, taken, content_type=PIECE, **said)
    assert (begun.status_code, begun.headers["upload-offset"]) == (201, str(len(taken)))
    assert tus.stands(begun.headers["location"]) == len(taken)


def test_an_unmodified_client_goes_on_after_a_cut(story: Story, server: Serving) -> None:
    attachment, taken = story.announced(), story.taken
    session = story.tus.device.store.session()
    assert session is not None
    client = TusClient(f"{server.base}{UPLOADS}", headers={"Authorization": f"Bearer {session.access_token}"})
    known = {"metadata": {"attachmentId": str(attachment.pk)}, "chunk_size": len(taken) // 4 + 1}
    first = client.uploader(file_stream=io.BytesIO(taken), upload_checksum=True, **known)
    first.upload_chunk()  # type: ignore[no-untyped-call]
    again = client.uploader(file_stream=io.BytesIO(taken), url=first.url, **known)
    assert again.offset == len(taken) // 4 + 1
    again.upload()
    assert Upload.objects.get(attachment=attachment).state == "whole"


def test_a_cut_line_loses_nothing_that_was_read(story: Story, server: Serving) -> None:
    taken = story.taken
    place = story.tus.begin(story.announced()).headers["location"]
    session, parts = story.tus.device.store.session(), urlsplit(server.base)
    assert session is not None
    head = (
        f"PATCH {place} HTTP/1.1\r\nHost: {parts.netloc}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Authorization: Bearer {session.access_token}\r\nContent-Type: {PIECE}\r\nContent-Length: {len(taken)}\r\n\r\n"
    )

    def cut_in_the_middle() -> bool:
        with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as line:
            line.sendall(head.encode() + taken[:40_000])
            time.sleep(0.5)  # what lies in the server's socket when the line is cut is lost; let it be read
        time.sleep(0.5)
        return story.tus.stands(place) > 0

    until(cut_in_the_middle, "what arrived before the cut")
    assert story.tus.stands(place) == 40_000
    assert story.tus.piece(place, 40_000, taken[40_000:]).status_code == 204


URLS = "query Urls($id: UUID!) { attachment(id: $id) { state downloadUrl thumbnailUrl expiresAt } }"


def stored(story: Story) -> Attachment:
    """Ana's photo, sent and committed by hand."""
    attachment = story.announced()
    place = story.tus.begin(attachment).headers["location"]
    assert story.tus.piece(place, 0, story.taken).status_code == 204
    pushed = story.tus.device._api.call(
        wire.SYNC_PUSH,
        {
            "device": str(story.device.pk),
            "protocol": wire.PROTOCOL,
            "mutations": [{"seq": 1, "id": str(new_id()), "name": "attachment.commit", "entityId": str(attachment.pk)}],
        },
    )
    assert [one["status"] for one in pushed["syncPush"]["results"]] == ["APPLIED"]
    return attachment


def test_a_file_is_given_out_whole_and_in_part_with_headers_that_keep_it_private(
    story: Story, server: Serving, world: World, phone: Phone
) -> None:
    attachment = stored(story)
    ben = Tus(server, phone(world.ben))
    shown = ben.device._api.call(Document("Urls", URLS), {"id": str(attachment.pk)})["attachment"]
    with closing(ben.http):
        url = f"{server.base}{shown['downloadUrl']}"
        whole = ben.http.get(url)
        assert whole.status_code == 200
        assert place_in(whole.content) == {}
        assert (whole.headers["content-type"], whole.headers["content-disposition"]) == ("image/jpeg", "inline")
        assert whole.headers["cache-control"] == "private, max-age=300"
        assert whole.headers["x-content-type-options"] == "nosniff"
        assert whole.headers["content-security-policy"] == "default-src 'none'; sandbox"
        assert whole.headers["etag"] == f'"{sha256(whole.content)}"'
        digest = base64.b64encode(hashlib.sha256(whole.content).digest()).decode()
        assert whole.headers["repr-digest"] == f"sha-256=:{digest}:"
        size = len(whole.content)
        for asked, first, last in (
            ("100-199", 100, 199),
            (f"{size - 10}-", size - 10, size - 1),
            ("-5", size - 5, size - 1),
        ):
            part = ben.http.get(url, headers={"range": f"bytes={asked}"})
            assert (part.status_code, part.content) == (206, whole.content[first : last + 1])
            assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        beyond = ben.http.get(url, headers={"range": f"bytes={size}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
        assert ben.http.get(url, headers={"range": "bytes=0-1", "if-range": '"other"'}).status_code == 200
        assert ben.http.get(url, headers={"if-none-match": whole.headers["etag"]}).status_code == 304
        head = ben.http.head(url)
        assert (head.status_code, head.headers["content-length"], head.content) == (200, str(size), b"")
        assert ben.http.get(url.replace("token=", "token=x")).status_code == 404
        assert ben.http.get(url.replace("/content", "/thumbnail")).status_code == 404
        assert ben.http.get(url.replace(str(attachment.pk), str(new_id()))).status_code == 404

        def small() -> str | None:
            found = ben.device._api.call(Document("Urls", URLS), {"id": str(attachment.pk)})["attachment"][
                "thumbnailUrl"
            ]
            return None if found is None else str(found)

        until(lambda: small() is not None, "the thumbnail, made by the worker")
        picture = ben.http.get(f"{server.base}{small()}")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert len(picture.content) < size
        session = ben.device.store.session()
        assert session is not None
        DeviceRow.objects.filter(pk=session.device_id).update(revoked_at=clock.now())
        assert ben.http.get(url).status_code == 404


def test_files_lie_in_the_data_folder(story: Story, server: Serving) -> None:
    stored(story)
    kept = [path for path in (Path(server.log).parent / "data" / "attachments").rglob("*") if path.is_file()]
    assert kept


def test_a_killed_process_loses_at_most_the_last_mebibyte_and_another_goes_on(story: Story, server: Serving) -> None:
    tus, pdf = story.tus, b"%PDF-1.7\n" + new_id().bytes * 262_144  # 4 MiB
    actor = acting(story.device.user, story.device)
    attachment = announce(actor, story.store, pdf, kind="document", mime_type="application/pdf")
    place, parts = tus.begin(attachment).headers["location"], urlsplit(server.base)
    session = tus.device.store.session()
    assert session is not None
    head = (
        f"PATCH {place} HTTP/1.1\r\nHost: {parts.netloc}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        f"Authorization: Bearer {session.access_token}\r\nContent-Type: {PIECE}\r\nContent-Length: {len(pdf)}\r\n\r\n"
    )
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as line:
        line.sendall(head.encode() + pdf[: 5 << 19])
        until(lambda: tus.stands(place) == 2 << 20, "two whole mebibytes")
        web = server.family()["web"]
        web.kill()
        until(lambda: not alive(web), "its end")
    until(server.ready, "another web process")
    tus.http.close()
    tus.http = httpx.Client(trust_env=False, timeout=60)
    assert tus.stands(place) == 2 << 20
    assert tus.piece(place, 2 << 20, pdf[2 << 20 :]).status_code == 204
    assert Upload.objects.get(attachment=attachment).state == "whole"
