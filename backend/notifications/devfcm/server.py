"""Runs the local FCM server, in the foreground or beside a test."""

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from backend.notifications.devfcm.account import ServiceAccount
from backend.notifications.devfcm.app import DevFcm
from backend.notifications.devfcm.store import Accepted, Store

HOST = "127.0.0.1"


def run(port: int, data_dir: Path = Path("data/dev-fcm")) -> None:
    """Serves until interrupted; the key and the alerts stay in `data_dir`.

    Raises SystemExit with one clear line when the port is taken or the folder cannot be written.
    """
    try:
        server, listener, base_url, state = _make(port, data_dir, _print)
    except OSError as error:
        where = f"port {port}" if error.filename is None else str(error.filename)
        raise SystemExit(f"The local FCM server cannot use {where}: {error.strerror}. Choose another.") from error
    _say(f"Local FCM server on {base_url} (alerts are shown there; Ctrl-C stops it)")
    with listener:
        server.run(sockets=[listener])
    state.store.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A server inside this process; `state` may be looked at directly."""

    base_url: str
    state: DevFcm


@contextmanager
def in_thread(data_dir: Path, port: int = 0) -> Iterator[Running]:
    """Serves on a free port (or `port`) for the length of the block; raises TimeoutError if it does not come up."""
    server, listener, base_url, state = _make(port, data_dir, lambda accepted: None)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="dev-fcm", daemon=True)
    thread.start()
    try:
        for _ in range(500):
            if server.started:
                break
            time.sleep(0.01)
        else:
            raise TimeoutError("the local FCM server did not start")
        yield Running(base_url, state)
    finally:
        server.force_exit = True
        server.should_exit = True
        thread.join(10)
        listener.close()
        state.store.close()


class _Cuttable(H11Protocol):
    """Keeps the open connections by the client's address, so that one can be dropped from inside a request."""

    def cut(self) -> None:
        self.transport.abort()


def _make(
    port: int, folder: Path, tell: Callable[[Accepted], None]
) -> tuple[uvicorn.Server, socket.socket, str, DevFcm]:
    account, store = ServiceAccount(folder), Store(folder / "messages.jsonl")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError:
        listener.close()
        store.close()
        raise
    base_url = f"http://{HOST}:{listener.getsockname()[1]}"

    def cut(request: Request) -> None:
        for connection in list(server.server_state.connections):
            if isinstance(connection, _Cuttable) and connection.client == request.client:
                connection.cut()

    state = DevFcm(account=account, store=store, base_url=base_url, cut=cut, tell=tell)
    config = uvicorn.Config(
        state.app(), http=_Cuttable, ws="none", lifespan="off", log_level="error", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    return server, listener, base_url, state


def _print(accepted: Accepted) -> None:
    line = f"{accepted.at[11:19]}  {accepted.kind} {accepted.address[-16:]}  {accepted.title}: {accepted.body}"
    # what a stranger puts in a title must not steer the terminal
    shown = "".join(letter if letter.isprintable() else " " for letter in f"{line}  ({accepted.nid[:8]})")
    _say(shown)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
