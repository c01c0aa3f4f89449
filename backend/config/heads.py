"""How long the head of a request may take: of the first on a line, and of each that follows; and the rest of a body that was
answered before it had come.

A line that says nothing, or its headers a letter at a time, costs its sender nothing and us a socket for ever: the server's
own clock runs only between an answer and the next request. A line cut under a sender who has not read yet takes the answer
with it, so the rest of a refused body is let come, and thrown away."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from backend.kit.logs import logger

HEAD_SECONDS = 20.0
"""From the first letter of a request, or from the beginning of the line, until its headers are whole."""

BODY_SECONDS = 30.0
"""For the rest of a body whose answer was given."""

HEAD_BYTES = 64 * 1024
"""How long a head may be; our clients' have some two thousand letters."""

_log = logger("doors")


class PatientHeads(HttpToolsProtocol):
    """uvicorn's own protocol, with a clock of ours: it stands still while a request is answered."""

    _head: asyncio.TimerHandle | None = None
    _size = 0
    _is_socket = False
    _in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A line was opened."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """A line has ended."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came; while it is no whole head, it is counted."""
        in_head = self._head is not None and not self._in_body
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle
        idle = cycle is None or cycle.response_complete
        if self._head is None and idle and not self._is_socket and not self.transport.is_closing():
            # Blank lines stop the server's clock of idle lines, and begin no request.
            self._wait()
        if in_head and self._head is not None:
            self._size += len(data)
            if self._size > HEAD_BYTES:
                self._give_up()

    def on_message_begin(self) -> None:
        """The first letter of a request came; the server's clock of idle lines stops with it."""
        super().on_message_begin()
        if self._head is None:
            self._wait()

    def on_headers_complete(self) -> None:
        """The head of a request is whole."""
        self._arrived()
        self._in_body = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The last letter of a body came."""
        self._in_body = False
        self._arrived()
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """The line becomes a socket, whose clocks are others."""
        self._is_socket = True
        self._arrived()
        super().handle_websocket_upgrade()

    def _wait(self) -> None:
        self._size = 0
        self._head = self.loop.call_later(BODY_SECONDS if self._in_body else HEAD_SECONDS, self._give_up)

    def _arrived(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._arrived()
        _log.info("head_stalled", address=(self.client or ("",))[0])
        cast(Any, self.transport).abort()
