"""A first sync as a stream of lines is a pull like any other, whoever reads it and however slowly."""

import asyncio
import json
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
import zstandard
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from starlette.types import Message

from backend.config import snapshot_door
from backend.crm.models import Account
from backend.identity.models import Device, User
from backend.identity.tokens import open_session
from backend.kit import clock
from backend.sync import snapshot
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, fresh
from tests.factories.world import World, acting

Line = dict[str, Any]


pytestmark = pytest.mark.usefixtures("small_pieces_here")


def piece(phone: Replica, cursor: str | None, done: int = 0) -> tuple[list[Line], snapshot.Piece]:
    """Returns the lines of a piece."""
    actor = acting(phone.user, phone.device)
    made = snapshot.piece(actor=actor, device_id=phone.device.pk, protocol=phone.protocol, cursor=cursor, done=done)
    assert made.text.endswith(b"\n")
    return [json.loads(line) for line in made.text.splitlines()], made


def taken(phone: Replica, lines: list[Line]) -> None:
    """Does with lines what docs/sync.md tells a client to do."""
    for line in lines:
        if "op" in line:
            phone.staged.append(line)
        elif "cursor" in line:
            phone.page_cursor = line["cursor"]
            if line.get("complete"):
                for op in phone.staged:
                    phone._apply(op)
                phone.cursor = line["cursor"]
                phone.crash()


def read(phone: Replica) -> list[Line]:
    """Reads a whole stream."""
    lines, made = piece(phone, phone.page_cursor or phone.cursor)
    while made.cursor is not None:
        more, made = piece(phone, made.cursor, made.done)
        lines += more
    taken(phone, lines)
    return lines


def stock(field: World) -> list[Account]:
    """Makes ten stores with deals, the first of them on this week's route."""
    stores = [field.account(f"Store {number}", field.north) for number in range(10)]
    for store in stores:
        field.deal(store)
    field.visit(stores[0])
    return stores


def test_the_stream_brings_what_pages_bring(field: World, phone: Phone) -> None:
    stock(field)
    ana = phone(field.ana)
    lines = read(ana)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
    ops = [line for line in lines if "op" in line]
    first, last = lines[0], lines[-1]
    assert sum(first["counts"].values()) == sum(first["countsByPriority"]) == len(ops) == last["done"]
    assert (last["complete"], last["ready"], last["more"], last["lastSeq"]) == (True, 2, False, 0)
    assert last["epoch"]
    assert len([line for line in lines if "cursor" in line]) > 3


def test_ready_stands_where_the_days_stores_end(field: World, phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the middle of a piece."""
    monkeypatch.setattr(snapshot, "ROWS", 10_000)
    stores = stock(field)
    lines = read(phone(field.ana))
    assert [line["cursor"] for line in lines[:-1] if "cursor" in line] == []
    at = next(number for number, line in enumerate(lines) if line.get("ready") == 0)
    assert lines[at]["done"] == lines[0]["countsByPriority"][0] == at - 1
    early = {line["id"] for line in lines[:at] if line.get("entity") == "account"}
    assert early == {str(stores[0].pk)}


def test_the_stream_goes_on_from_any_cursor_line_and_so_do_pages(field: World, phone: Phone) -> None:
    """A line that was cut: the rest is asked for with the last cursor that came whole."""
    stock(field)
    ana = phone(field.ana)
    lines, made = piece(ana, None)
    taken(ana, lines)
    piece(ana, made.cursor)
    lines, _ = piece(ana, made.cursor)
    taken(ana, lines)
    ana.take(ana.ask(limit=3))
    read(ana)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
    Account.objects.filter(name="Store 3").update(notes="changed")
    lines = read(ana)
    assert [line["op"] for line in lines if "op" in line] == ["put"]


@pytest.mark.trap(25)
def test_what_is_written_between_pieces_is_in_it(field: World, phone: Phone) -> None:
    """Trap 25."""
    stores = stock(field)
    ana = phone(field.ana)
    lines, made = piece(ana, None)
    while made.cursor is not None:
        taken(ana, lines)
        if made.done < 20:
            Account.objects.filter(pk=stores[2].pk).update(notes=f"after {made.done}")
            place_account(actor=acting(field.dee), account=stores[made.done % 10], territory=field.south)
            field.deal(stores[5])
        lines, made = piece(ana, made.cursor, made.done)
    taken(ana, lines)
    assert ana.rows == fresh(field.ana, field.phone(field.ana))


def test_a_reset_ends_the_stream_with_a_line(field: World, phone: Phone) -> None:
    stock(field)
    ana = phone(field.ana)
    ana.pull()
    before = ana.cursor
    field.account("New", field.north)
    ana.pull()
    ana.pull()
    lines, ended = piece(ana, before)
    assert (lines[-1]["reset"], lines[-1]["cursor"], ended.cursor) == ("CURSOR_REWOUND", None, None)


class Caller:
    """Asks the door as a phone does."""

    def __init__(self, user: User, device: Device) -> None:
        self.device = device
        self.token = open_session(device).access_token
        self.query: dict[str, str] = {"device": str(device.pk), "protocol": "2"}
        self.headers: dict[str, str] = {}
        self.method = "GET"
        self.status = 0
        self.answered: dict[str, str] = {}
        self.bodies: list[bytes] = []

    def __call__(
        self,
        query: dict[str, str] | None = None,
        *,
        then: Callable[[int], None] | None = None,
        leave_after: int = 10**6,
    ) -> bytes:
        """Returns the body; `then` is called behind each piece with its number; the phone is gone after so many."""

        async def ask() -> None:
            gone = asyncio.Event()

            async def receive() -> Message:
                await gone.wait()
                return {"type": "http.disconnect"}

            async def send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    self.status = message["status"]
                    self.answered = {name.decode(): value.decode() for name, value in message["headers"]}
                elif message.get("body"):
                    self.bodies.append(message["body"])
                    if then is not None:
                        await sync_to_async(then, thread_sensitive=True)(len(self.bodies))
                    if len(self.bodies) >= leave_after:
                        gone.set()
                        await asyncio.Event().wait()

            headers = {"authorization": f"Bearer {self.token}", **self.headers}
            scope = {
                "type": "http",
                "asgi": {"version": "3.0", "spec_version": "2.3"},
                "method": self.method,
                "path": "/sync/snapshot",
                "query_string": urlencode({**self.query, **(query or {})}).encode(),
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
            await snapshot_door.snapshot_door(scope, receive, send)

        self.bodies.clear()
        async_to_sync(ask)()
        return b"".join(self.bodies)


@pytest.fixture
def caller(field: World) -> Caller:
    """Returns Ana's phone."""
    stock(field)
    return Caller(field.ana, field.phone(field.ana))


def lines_of(body: bytes) -> list[Line]:
    """Reads lines."""
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize(
    ("accepts", "told"),
    [("gzip, deflate", "gzip"), ("gzip, zstd;q=0.8", "zstd"), ("zstd; q=0, *", "gzip"), ("", None), ("br", None)],
)
def test_it_is_packed_as_the_phone_can_read_it_piece_by_piece(caller: Caller, accepts: str, told: str | None) -> None:
    caller.headers["accept-encoding"] = accepts
    body = caller()
    assert (caller.status, caller.answered.get("content-encoding")) == (200, told)
    assert caller.answered["content-type"] == "application/x-ndjson"
    unpack = zlib.decompressobj(16 + zlib.MAX_WBITS) if told == "gzip" else zstandard.ZstdDecompressor().decompressobj()
    first = caller.bodies[0] if told is None else unpack.decompress(caller.bodies[0])
    assert "cursor" in lines_of(first)[-1]
    rest = body[len(caller.bodies[0]) :]
    lines = lines_of(first + (rest if told is None else unpack.decompress(rest)))
    assert lines[-1]["complete"] is True


@pytest.mark.trap(23)
def test_a_phone_revoked_in_the_middle_gets_no_more(caller: Caller) -> None:
    """Trap 23."""

    def revoke(number: int) -> None:
        if number == 2:
            Device.objects.filter(pk=caller.device.pk).update(revoked_at=clock.now())

    lines = lines_of(caller(then=revoke))
    assert lines[-1]["error"]["code"] == "DEVICE_REVOKED"
    assert lines[-1]["error"]["retry"] == "AUTH"
    assert len([line for line in lines if "cursor" in line]) == 2


@pytest.mark.trap(23)
def test_a_person_put_out_in_the_middle_gets_no_more(caller: Caller, field: World) -> None:
    """Trap 23."""

    def out(number: int) -> None:
        if number == 1:
            User.objects.filter(pk=field.ana.pk).update(is_active=False)

    assert lines_of(caller(then=out))[-1]["error"]["retry"] == "AUTH"


def test_nothing_is_made_ahead_of_the_reader_or_for_one_who_is_gone(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []
    real = snapshot.piece

    def counting(**asked: Any) -> snapshot.Piece:
        made.append(1)
        return real(**asked)

    monkeypatch.setattr("backend.config.snapshot_door.piece", counting)
    ahead: list[int] = []
    caller(then=lambda number: ahead.append(len(made) - number))
    assert set(ahead) == {0}
    whole = len(made)
    made.clear()
    caller(leave_after=2)
    assert len(made) == 2 < whole


def test_refusals_have_a_status_and_a_code(caller: Caller, field: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**query: str) -> tuple[int, str, str]:
        said = json.loads(caller(query))
        return caller.status, said["code"], said["retry"]

    cys = str(field.phone(field.cy).pk)
    assert refused(device="x") == (400, "BAD_VALUE", "NEVER")
    assert refused(device=cys) == (401, "TOKEN_INVALID", "AUTH")
    assert refused(protocol="x") == (400, "BAD_VALUE", "NEVER")
    assert refused(protocol="99") == (426, "SCHEMA_UNSUPPORTED", "UPGRADE")
    monkeypatch.setattr(settings, "SYNC_MOST_ROWS", 5)
    assert refused() == (413, "SCOPE_TOO_LARGE", "NEVER")
    caller.method = "POST"
    assert (caller(), caller.status) == (b"", 405)
    caller.method = "GET"
    caller.token = "nonsense"
    assert refused() == (401, "TOKEN_INVALID", "AUTH")
