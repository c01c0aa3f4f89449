"""The line between a phone and the server: cut and mended, slow, broken off anywhere, silent, or saying things twice."""

import asyncio
import socket
import struct
import threading
from collections.abc import Coroutine, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.flows.faults import GOOD, Ending, Fault

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Heard = asyncio.Queue[bytes]


class Line:
    """Carries bytes both ways, from a port of its own to the server's. The nth connection has the nth of the faults;
    when they are used up, the rest are good. Cut, every connection ends, and none is taken."""

    def __init__(self, server: str, faults: Iterable[Fault] = ()) -> None:
        self.lead_to(server)
        self._faults = iter(faults)
        self._calls: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None
        self._port = 0
        self.struck = 0
        """How many connections broke off as they were told to, or were said twice."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)
        self._thread.start()
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def base(self) -> str:
        """The address on this side."""
        return f"http://127.0.0.1:{self._port}"

    def lead_to(self, server: str) -> None:
        """From now on, new connections go to this server."""
        parts = urlsplit(server)
        self._there = (str(parts.hostname), int(parts.port or 80))

    def cut(self) -> None:
        """Ends every connection; who calls now is refused."""
        self._run(self._cut())

    def mend(self) -> None:
        """Takes calls again, at the same address."""
        self._run(self._listen())

    def _run(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(self._take_call, "127.0.0.1", self._port)
        self._port = int(self._listening.sockets[0].getsockname()[1])

    async def _cut(self) -> None:
        if self._listening is not None:
            self._listening.close()
        calls = list(self._calls)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)

    def _take_call(self, reader: Reader, writer: Writer) -> None:
        call = self._loop.create_task(self._connect(reader, writer, next(self._faults, GOOD)))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)

    async def _connect(self, reader: Reader, writer: Writer, fault: Fault) -> None:
        ends = [writer]
        heard: Heard | None = None
        tasks: list[asyncio.Task[Any]] = []
        try:
            with suppress(OSError):
                reply, request = await asyncio.open_connection(*self._there)
                ends.append(request)
                if fault.again_after is not None:
                    heard = asyncio.Queue()
                    self._say_again(heard, fault.again_after)
                    self.struck += 1
                up = self._loop.create_task(_carry(reader, request, fault, fault.up, heard))
                down = self._loop.create_task(_carry(reply, writer, fault, fault.down))
                tasks = [up, down]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if any(one.done() and one.result() for one in tasks):
                    self.struck += 1
                    if fault.ending is Ending.SILENCE:
                        up.cancel()
                        down.cancel()
                        await asyncio.Event().wait()
        finally:
            if heard is not None:
                heard.put_nowait(b"")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for end in ends:
                await _hang_up(end, reset=fault.ending is Ending.RESET)

    def _say_again(self, heard: Heard, after: float) -> None:
        call = self._loop.create_task(_echo(heard, self._there, after))
        self._calls.add(call)
        call.add_done_callback(self._calls.discard)


async def _carry(source: Reader, target: Writer, fault: Fault, most: int | None, heard: Heard | None = None) -> bool:
    """Carries until the source ends; says whether it broke off before, having carried all it may."""
    left = most
    with suppress(OSError):
        while data := await source.read(65536):
            for start in range(0, len(data), fault.piece):
                piece = data[start : start + fault.piece]
                piece = piece if left is None else piece[:left]
                await asyncio.sleep(fault.wait)
                target.write(piece)
                await target.drain()
                if heard is not None:
                    heard.put_nowait(piece)
                if left is not None:
                    left -= len(piece)
                    if left == 0:
                        return True
    return False


async def _echo(heard: Heard, there: tuple[str, int], after: float) -> None:
    """Says to the server all that is heard, once more and later, and listens to nothing of what it answers."""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection(*there)
        answers = asyncio.ensure_future(reader.read())
        try:
            while piece := await heard.get():
                await asyncio.sleep(after)
                writer.write(piece)
                await writer.drain()
            await asyncio.wait([answers], timeout=2)
        finally:
            answers.cancel()
            await _hang_up(writer, reset=False)


async def _hang_up(end: Writer, *, reset: bool) -> None:
    if reset:
        with suppress(OSError):
            end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        end.transport.abort()
    else:
        end.close()
