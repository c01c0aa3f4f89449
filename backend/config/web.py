"""One web process: uvicorn around the doors."""

import socket

import uvicorn
from django.conf import settings

from backend.config import traces
from backend.config.database import limit_statements
from backend.config.heads import PatientHeads
from backend.config.sockets import CuttableSockets
from backend.kit import lines
from backend.kit.memory import few_arenas
from backend.telemetry import metrics

STATEMENT_MS = 30_000
"""Somebody waits for the answer, and a statement that takes longer holds a connection that others need."""

LINES = 4
"""Of the event loop to the database: each is answered within a millisecond, or it is a large page that is on its way."""

SOCKET_BYTES = 65_536
GRACE_SECONDS = 5


class _Server(uvicorn.Server):
    """Sends its last spans before it ends: uvicorn ends the process by the signal that it was sent."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        with self.capture_signals(), traces.told("web"):
            try:
                await self._serve(sockets)
            finally:
                lines.hang_up()


def run(listening: socket.socket) -> None:
    """Serves on a socket that already listens, until SIGTERM or SIGINT."""
    few_arenas()
    limit_statements(settings.DATABASES["default"], milliseconds=STATEMENT_MS)
    config = uvicorn.Config(
        "backend.config.asgi:application",
        loop="uvloop",
        http=PatientHeads,
        ws=CuttableSockets,
        ws_max_size=SOCKET_BYTES,
        ws_per_message_deflate=False,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    lines.allow(LINES)
    metrics.DB_THREADS.inc(settings.DB_POOL)
    _Server(config).run(sockets=[listening])
