"""graphql-transport-ws: one socket, several subscriptions."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from mobile_client_stub.api import LOOPBACK, refusal
from mobile_client_stub.errors import ProtocolBroken, Refused, Unreachable
from mobile_client_stub.wire import Document

SUBPROTOCOL = Subprotocol("graphql-transport-ws")
PATIENCE_SECONDS = 10.0
TOKEN_GONE = frozenset({4401, 4403})


@contextmanager
def open_socket(server: str, token: str, *, named: bool = False) -> Iterator["LiveSocket"]:
    """Opens a signed-in socket for the length of the block, which sends documents whole or by their ids; raises as
    LiveSocket does."""
    outside = urlsplit(server).hostname not in LOOPBACK
    with ExitStack() as stack:
        try:
            connection = stack.enter_context(
                connect(
                    _address(server),
                    subprotocols=[SUBPROTOCOL],
                    open_timeout=PATIENCE_SECONDS,
                    proxy=True if outside else None,
                )
            )
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI, ConnectionClosed) as error:
            raise Unreachable(server, "no socket") from error
        socket = LiveSocket(server, connection, named=named)
        stack.callback(connection.close)  # before its own way out, which would call every trouble an error of ours
        socket.introduce(token)
        yield socket


class LiveSocket:
    """Raises Unreachable when it is lost, and Refused with retry AUTH when its token is no longer good."""

    def __init__(self, server: str, connection: ClientConnection, *, named: bool) -> None:
        self._server = server
        self._named = named
        self._socket = connection

    def introduce(self, token: str) -> None:
        """Says who is calling and waits to be welcomed."""
        self._send({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        message = self._receive(PATIENCE_SECONDS)
        if message is None:
            raise Unreachable(self._server, "the socket was not welcomed")
        if message["type"] != "connection_ack":
            raise ProtocolBroken(f"The server welcomed the socket with {message['type']}.")

    def subscribe(self, name: str, document: Document, variables: Mapping[str, Any]) -> None:
        """Starts a subscription under a name of the caller's choice."""
        self._send({"id": name, "type": "subscribe", "payload": document.asked(variables, named=self._named)})

    def next(self, seconds: float) -> tuple[str, dict[str, Any]] | None:
        """Returns the next (subscription name, data), or None when nothing came in that time.

        Raises Refused when a subscription is refused, ProtocolBroken when the server ends one."""
        message = self._receive(seconds)
        if message is None:
            return None
        match message["type"]:
            case "next":
                payload = message["payload"]
                if payload.get("errors"):
                    raise refusal(payload["errors"][0])
                return str(message["id"]), dict(payload["data"])
            case "error":
                raise refusal(message["payload"][0])
            case "complete":
                raise Unreachable(self._server, f"the server ended {message['id']}")
        return None

    def _messages(self, seconds: float) -> Iterator[dict[str, Any]]:
        while True:
            message = json.loads(self._socket.recv(timeout=seconds))
            if message["type"] == "ping":
                self._send({"type": "pong"})
            elif message["type"] != "pong":
                yield message

    def _receive(self, seconds: float) -> dict[str, Any] | None:
        try:
            return next(self._messages(seconds))
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            raise self._lost(closed) from closed
        except (json.JSONDecodeError, KeyError) as error:
            raise ProtocolBroken("The socket carried something that is not graphql-transport-ws.") from error

    def _send(self, message: Mapping[str, Any]) -> None:
        try:
            self._socket.send(json.dumps(message))
        except ConnectionClosed as closed:
            raise self._lost(closed) from closed

    def _lost(self, closed: ConnectionClosed) -> Exception:
        code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
        if code in TOKEN_GONE:
            return Refused(reason or "SOCKET_CLOSED", "The server closed the socket.", retry="AUTH")
        return Unreachable(self._server, f"the socket was closed with {code}")


def _address(server: str) -> str:
    parts = urlsplit(server.rstrip("/") + "/graphql")
    return urlunsplit(parts._replace(scheme="wss" if parts.scheme == "https" else "ws"))
