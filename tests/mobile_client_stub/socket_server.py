"""A scripted other end of a socket: graphql-transport-ws, one script for each connection."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

Script = Callable[["Talk"], None]


class Talk:
    """One connection as its script sees it."""

    def __init__(self, socket: ServerConnection) -> None:
        self._socket = socket

    def hear(self) -> dict[str, Any]:
        """Returns the next message."""
        message: dict[str, Any] = json.loads(self._socket.recv(timeout=10))
        return message

    def say(self, **message: Any) -> None:
        """Sends a message."""
        self._socket.send(json.dumps(message))

    def say_raw(self, text: str) -> None:
        """Sends what is no message."""
        self._socket.send(text)

    def close(self, code: int, reason: str) -> None:
        """Closes the connection."""
        self._socket.close(code, reason)

    def welcome(self) -> dict[str, str]:
        """Takes the introduction and both subscriptions; returns what was said in it, and the ids of the subscriptions."""
        init = self.hear()
        self.say(type="connection_ack")
        ids = {one["payload"]["operationName"]: one["id"] for one in (self.hear(), self.hear())}
        return ids | {"Authorization": init["payload"]["Authorization"]}

    def listen(self) -> None:
        """Waits until the other end goes away."""
        for _ in self._socket:
            pass


@contextmanager
def scripted_sockets(*scripts: Script) -> Iterator[tuple[str, list[str]]]:
    """Plays the scripts, one for each connection in turn; gives the address and what went wrong in a script."""
    waiting, wrong = list(scripts), list[str]()

    def play(socket: ServerConnection) -> None:
        if not waiting:
            socket.close(1013, "no script is left")
            return
        try:
            waiting.pop(0)(Talk(socket))
        except Exception as error:  # noqa: BLE001 - told to the test
            wrong.append(repr(error))

    with serve(play, "127.0.0.1", 0, subprotocols=[Subprotocol("graphql-transport-ws")]) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}", wrong
        server.shutdown()
