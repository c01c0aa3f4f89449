"""What is to be sent over one line, in order and bounded: a reader that does not keep up is told so, and left in the end.

An event that finds the line full is not kept. The line calls whoever lost one when it has room again."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Protocol

from backend.telemetry import tracing

MOST_FRAMES = 500
MOST_CHARACTERS = 2**20
STALL_SECONDS = 20.0
"""How long a line may take nothing at all before it is given up."""

CUT = "fieldbeat.cut"
"""The extension of a server that can close a socket which takes nothing: `cut(code, reason)`."""


class Outlet(Protocol):
    """Where the events of one operation go."""

    def put(self, payload: str) -> bool:
        """Takes an answer (JSON) to send, unless the line is full: then says so and forgets it."""

    def when_free(self, call: Callable[[], None]) -> None:
        """Calls back, once, when the line has taken all that waits."""


OUTLET: ContextVar[Outlet | None] = ContextVar("outlet", default=None)
"""That of the operation that is being begun; None where nobody takes text."""

MESSAGE: ContextVar[tracing.Open] = ContextVar("message", default=tracing.NOTHING)
"""The span of what is being put on a line: it ends when that was sent."""


class Traced(str):
    """A frame with its span."""

    __slots__ = ("message",)
    message: tracing.Open


class Line:
    """One connection's way out. `send` sends a frame and waits while the connection takes nothing."""

    __slots__ = (
        "_calls",
        "_characters",
        "_frames",
        "_room",
        "_send",
        "_sent",
        "_stalled",
        "_task",
        "_watching",
        "closed",
    )

    def __init__(self, send: Callable[[str], Awaitable[None]], stalled: Callable[[], None]) -> None:
        self._send = send
        self._stalled = stalled
        self._frames: deque[str] = deque()
        self._characters = 0
        self._sent = 0
        self._task: asyncio.Task[None] | None = None
        self._watching: asyncio.TimerHandle | None = None
        self._calls: list[Callable[[], None]] = []
        self._room: list[asyncio.Future[None]] = []
        self.closed = False

    @property
    def full(self) -> bool:
        """Says whether no more events are taken."""
        return len(self._frames) >= MOST_FRAMES or self._characters >= MOST_CHARACTERS

    def put(self, frame: str) -> bool:
        """Takes a frame to send, unless the line is full."""
        if self.closed:
            return True
        if self.full:
            return False
        self._keep(frame)
        return True

    async def say(self, frame: str) -> None:
        """Sends what must not be lost: waits for its place in a line that is full."""
        while self.full and not self.closed:
            waiting = asyncio.get_running_loop().create_future()
            self._room.append(waiting)
            await waiting
        if not self.closed:
            self._keep(frame)

    def when_free(self, call: Callable[[], None]) -> None:
        """Calls back, once, when nothing waits any more."""
        self._calls.append(call)
        if self._task is None and not self.closed:
            self._free()

    def close(self) -> None:
        """Forgets everything."""
        self.closed = True
        self._frames.clear()
        self._calls.clear()
        self._wake()
        if self._task is not None:
            self._task.cancel()

    def forget(self) -> None:
        """Forgets what waits, and goes on."""
        self._frames.clear()
        self._characters = 0
        self._wake()

    async def flushed(self) -> None:
        """Waits until all that was taken is sent."""
        while self._task is not None and not self.closed:
            await asyncio.wait([self._task])

    def _keep(self, frame: str) -> None:
        if tracing.on() and (message := MESSAGE.get()).span is not None:
            frame = Traced(frame)
            frame.message = message
        self._frames.append(frame)
        self._characters += len(frame)
        if self._task is None:
            self._task = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        self._look_again()
        try:
            while self._frames:
                frame = self._frames.popleft()
                await self._send(frame)
                if isinstance(frame, Traced):
                    frame.message.end()
                self._characters = max(0, self._characters - len(frame))
                self._sent += 1
                if self._room and not self.full:
                    self._wake()
        except OSError:
            # The other end is gone, which is told to whoever reads from it.
            self._task = None
            self.close()
        finally:
            self._task = None
            if self._watching is not None:
                self._watching.cancel()
        self._free()

    def _look_again(self) -> None:
        self._watching = asyncio.get_running_loop().call_later(STALL_SECONDS, self._look, self._sent)

    def _look(self, sent: int) -> None:
        if self._sent == sent:
            self._stalled()
        else:
            self._look_again()

    def _wake(self) -> None:
        waiting, self._room = self._room, []
        for one in waiting:
            if not one.done():
                one.set_result(None)

    def _free(self) -> None:
        calls, self._calls = self._calls, []
        for call in calls:
            call()
