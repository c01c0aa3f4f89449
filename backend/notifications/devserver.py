"""What the local servers for push share: a port of this machine, a line that can be cut, and how they are run, in the
foreground or beside a test."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HOST = "127.0.0.1"

Cut = Callable[[Request], None]
WebSockets = Literal["none", "websockets-sansio"]


class Served(Protocol):
    """The state of a local server."""

    def app(self) -> ASGIApp:
        """Returns its application."""
        ...

    def close(self) -> None:
        """Gives back what it holds open."""
        ...


S = TypeVar("S", bound=Served)


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

    def close(self) -> None:
        """Gives the port back."""
        self._listener.close()

    def run(self, app: ASGIApp, *, ws: WebSockets = "none") -> None:
        """Serves until interrupted."""
        with self._listener:
            self._made(app, ws).run(sockets=[self._listener])

    @contextmanager
    def beside(self, app: ASGIApp, name: str, *, ws: WebSockets = "none") -> Iterator[None]:
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

    def _made(self, app: ASGIApp, ws: WebSockets) -> uvicorn.Server:
        config = uvicorn.Config(
            app, http=_Cuttable, ws=ws, lifespan="off", log_level="error", access_log=False,
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        return self._server


@dataclass(frozen=True, slots=True)
class Running(Generic[S]):
    """A server inside this process; `state` may be looked at directly."""

    base_url: str
    state: S


def run(
    what: str, number: int, make: Callable[[Port], S], hello: Callable[[str], str], ws: WebSockets = "none"
) -> None:
    """Serves what `make` makes until interrupted, after it said `hello` with its address.

    Raises SystemExit with one clear line when the port is taken or a folder cannot be written.
    """
    try:
        port = Port(number)
        state = make(port)
    except OSError as error:
        where = f"port {number}" if error.filename is None else str(error.filename)
        raise SystemExit(f"The local {what} cannot use {where}: {error.strerror}. Choose another.") from error
    for line in hello(port.base_url).splitlines():
        say(line)
    port.run(state.app(), ws=ws)
    state.close()


@contextmanager
def in_thread(what: str, number: int, make: Callable[[Port], S], ws: WebSockets = "none") -> Iterator[Running[S]]:
    """Serves on a free port (0) or a given one for the length of the block; raises TimeoutError if it does not come up."""
    port = Port(number)
    try:
        state = make(port)
    except OSError:
        port.close()
        raise
    try:
        with port.beside(state.app(), what, ws=ws):
            yield Running(port.base_url, state)
    finally:
        state.close()


def say(line: str) -> None:
    """Writes a line to whoever looks; what a stranger put into it cannot steer the terminal."""
    sys.stdout.write("".join(sign if sign.isprintable() else " " for sign in line) + "\n")
    sys.stdout.flush()
