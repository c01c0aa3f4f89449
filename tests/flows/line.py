"""The line between a phone and the server, which can be cut and mended."""

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class Line:
    """Carries bytes both ways, from a port of its own to the server's. Cut: every connection ends, and none is taken."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._there = (str(parts.hostname), int(parts.port or 80))
        self._open: list[socket.socket] = []
        self._listening = self._listen(0)
        self._port = int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    @property
    def base(self) -> str:
        """The address on this side."""
        return f"http://127.0.0.1:{self._port}"

    def cut(self) -> None:
        """Ends every connection; who calls now is refused."""
        for one in [self._listening, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._open.clear()

    def mend(self) -> None:
        """Takes calls again, at the same address."""
        self._listening = self._listen(self._port)

    def _listen(self, port: int) -> socket.socket:
        listening = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._take_calls, args=[listening], daemon=True).start()
        return listening

    def _take_calls(self, listening: socket.socket) -> None:
        while True:
            try:
                here, _ = listening.accept()
                there = socket.create_connection(self._there)
            except OSError:
                return
            self._open += [here, there]
            for source, target in ((here, there), (there, here)):
                threading.Thread(target=_carry, args=[source, target], daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
