"""An answer goes out in slices, each as fast as the line takes it; a line that takes nothing is left.

Else whoever asks for much and reads nothing keeps it in the server's memory for as long as they like."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.kit.logs import logger
from backend.kit.waiting import within

SLICE_BYTES = 64 * 1024
STALL_SECONDS = 60.0
"""How long a line may take for a slice: the slowest that is worth anything takes ten seconds."""

_log = logger("doors")


class _LineStalled(Exception):
    """Nothing was taken for too long."""


class PatientLines:
    """Wraps the doors; what is sent over a socket is another's business."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def slicing(message: Message) -> None:
            body = message.get("body", b"")
            if len(body) <= SLICE_BYTES:
                await _patiently(send, message)
                return
            for start in range(0, len(body), SLICE_BYTES):
                more = start + SLICE_BYTES < len(body) or message.get("more_body", False)
                part = body[start : start + SLICE_BYTES]
                await _patiently(send, {**message, "body": part, "more_body": more})

        try:
            await self._app(scope, receive, slicing)
        except _LineStalled:
            _log.info("line_stalled")


async def _patiently(send: Send, message: Message) -> None:
    try:
        await within(STALL_SECONDS, send(message))
    except TimeoutError:
        raise _LineStalled from None
