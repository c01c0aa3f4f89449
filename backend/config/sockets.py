"""A socket whose other end reads nothing is closed all the same: what waits to be sent to it does not keep it open.

There are thousands that hear nothing: of one that stands only what it needs is kept."""

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from backend.kit.mailbox import Mailbox
from backend.schema.feeds.line import CUT

CUT_SECONDS = 5.0
"""How long what was written before may still be read, and the reason with it."""


class CuttableSockets(WebSocketsSansIOProtocol):
    """uvicorn's own protocol, with a way to end a line that takes nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = cast("asyncio.Queue[Any]", Mailbox[Any]())

    def start_keepalive(self) -> None:
        """Begins to ask whether the other end is there; what was said to open the socket is done with."""
        super().start_keepalive()
        self.request.headers.clear()
        self.response.headers.clear()

    async def run_asgi(self) -> None:
        """Runs the application, which finds the way in its scope."""
        cast(dict[str, Any], self.scope["extensions"])[CUT] = self._cut
        await super().run_asgi()

    def _cut(self, code: int, reason: str) -> None:
        if self.disconnected or self.close_sent or self.transport.is_closing():
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()
        asyncio.get_running_loop().call_later(CUT_SECONDS, cast(Any, self.transport).abort)
