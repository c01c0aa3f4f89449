"""What the local servers for push share: a port of this machine, a line that can be cut, and a thread beside a test."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HOST = "127.0.0.1"

Cut = Callable[[Request], None]


class _Cuttable(HttpToolsProtocol):
    """Keeps the open connections by the client's address, so that one can be dropped from inside a request."""

    def cut(self) -> None:
        self.transport.abort()


class Port:
    """One listening port of this machine, and the server on it once there is an application."""

    def __init__(self, number: int) -> None:
        """0 takes a free one; raises OSError when it is taken."""
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((HOST, number))
            # From now on: whoever is told the address may call before the server is up, and waits.
            self._listener.listen(128)
        except OSError:
            self._listener.close()
            raise
        self.base_url = f"http://{HOST}:{self._listener.getsockname()[1]}"
        self._server: uvicorn.Server | None = None

    def cut(self, request: Request) -> None:
        """Drops the connection on which this request came."""
        open_now = [] if self._server is None else list(self._server.server_state.connections)
        for connection in open_now:
            if isinstance(connection, _Cuttable) and connection.client == request.client:
                connection.cut()

    def run(self, app: ASGIApp, *, ws: Literal["none", "websockets-sansio"] = "none") -> None:
        """Serves until interrupted."""
        with self._listener:
            self._made(app, ws).run(sockets=[self._listener])

    @contextmanager
    def beside(self, app: ASGIApp, name: str, *, ws: Literal["none", "websockets-sansio"] = "none") -> Iterator[None]:
        """Serves in a thread for the length of the block; raises TimeoutError if it does not come up."""
        server = self._made(app, ws)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [self._listener]}, name=name, daemon=True)
        thread.start()
        try:
            for _ in range(1000):
                if server.started:
                    break
                time.sleep(0.01)
            else:
                raise TimeoutError(f"the local server {name} did not start")
            yield
        finally:
            server.force_exit = True
            server.should_exit = True
            thread.join(10)
            self._listener.close()

    def _made(self, app: ASGIApp, ws: Literal["none", "websockets-sansio"]) -> uvicorn.Server:
        config = uvicorn.Config(
            app, http=_Cuttable, ws=ws, lifespan="off", log_level="error", access_log=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        return self._server


def say(line: str) -> None:
    """Writes a line to whoever looks; what a stranger put into it cannot steer the terminal."""
    sys.stdout.write("".join(sign if sign.isprintable() else " " for sign in line) + "\n")
    sys.stdout.flush()
