"""Whoever opens streams and does not read them costs the server nothing that others need."""

import asyncio
from urllib.parse import urlencode

import pytest
from asgiref.sync import async_to_sync
from starlette.types import Message

from backend.config import snapshot_door
from backend.identity.models import Device
from backend.identity.tokens import open_session
from tests.factories.world import World

pytestmark = pytest.mark.usefixtures("small_pieces_here")


class Reader:
    """One stream of a device; stops reading after some bodies."""

    def __init__(self, device: Device, *, reads: int = 10**6) -> None:
        self.token = open_session(device).access_token
        self.device = device
        self.reads = reads
        self.bodies: list[bytes] = []
        self.stuck = asyncio.Event()

    async def __call__(self) -> None:
        """Asks, and returns when the door is done with it."""
        headers = {"authorization": f"Bearer {self.token}"}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "method": "GET",
            "path": "/sync/snapshot",
            "query_string": urlencode({"device": str(self.device.pk), "protocol": "2"}).encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        await snapshot_door.snapshot_door(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body" and message["body"]:
            self.bodies.append(message["body"])
            if len(self.bodies) == self.reads:
                self.stuck.set()
                await asyncio.Event().wait()

    @property
    def whole(self) -> bool:
        """Says whether it has the end."""
        return b'"complete":true' in b"".join(self.bodies)


@pytest.fixture
def stocked(field: World) -> World:
    """Some stores of Ana's."""
    for number in range(10):
        field.deal(field.account(f"Store {number}", field.north))
    return field


def test_the_newest_stream_of_a_device_ends_the_one_before_it(stocked: World) -> None:
    device = stocked.phone(stocked.ana)
    first, second, elsewhere = Reader(device, reads=2), Reader(device), Reader(stocked.phone(stocked.ana), reads=2)

    async def story() -> None:
        tasks = [asyncio.create_task(one()) for one in (first, elsewhere)]
        await asyncio.wait_for(asyncio.gather(first.stuck.wait(), elsewhere.stuck.wait()), 30)
        await second()
        assert second.whole
        await asyncio.wait_for(tasks[0], 30)
        assert not first.whole
        assert not tasks[1].done()
        tasks[1].cancel()
        await asyncio.gather(tasks[1], return_exceptions=True)

    async_to_sync(story)()


def test_who_names_another_persons_device_ends_nothing(stocked: World) -> None:
    device = stocked.phone(stocked.ana)
    anas, cys = Reader(device, reads=2), Reader(stocked.phone(stocked.cy))
    cys.device = device

    async def story() -> None:
        task = asyncio.create_task(anas())
        await asyncio.wait_for(anas.stuck.wait(), 30)
        await cys()
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async_to_sync(story)()
