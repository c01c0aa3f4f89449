"""GraphQL over HTTP: one call, its refusals, and access tokens renewed when they run out."""

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx

from mobile_client_stub import wire
from mobile_client_stub.errors import (
    FlightMode,
    NotReached,
    ProtocolBroken,
    Refused,
    Revoked,
    SignInNeeded,
    Unreachable,
)
from mobile_client_stub.patience import Patience
from mobile_client_stub.wire import Document, Session

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SessionKeeper(Protocol):
    """Where the tokens are kept, shared by all processes of this phone."""

    def session(self) -> Session | None:
        """Returns the session as it is now."""
        ...

    def keep_session(self, session: Session | None) -> None:
        """Keeps a new one, or forgets it."""
        ...

    def recall(self, key: str) -> Any:
        """Returns a remembered value, or None."""
        ...

    def remember(self, **values: Any) -> None:
        """Keeps JSON values under their names."""
        ...


class Api:
    """Calls one server. Raises NotReached when no whole answer came, Refused when the server said no."""

    def __init__(
        self, server: str, keeper: SessionKeeper, *, patience: Patience, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.server = server.rstrip("/")
        self._keeper = keeper
        self._patience = patience
        # A proxy of this machine knows no way to a server on this machine.
        outside = urlsplit(self.server).hostname not in LOOPBACK
        self._http = httpx.Client(timeout=TIMEOUT, transport=transport, trust_env=outside)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def open_call(self, document: Document, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Makes a call that needs no session and returns its data."""
        return self._post(document, variables, token=None)

    def call(self, document: Document, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Makes a call as the signed-in person; renews the session once if need be.

        Raises SignInNeeded when it cannot be renewed, Revoked when this device was cut off."""
        session = self.session()
        try:
            return self._post(document, variables, token=session.access_token)
        except Refused as refused:
            session = self.renew_after(refused, session)
        try:
            return self._post(document, variables, token=session.access_token)
        except Refused as refused:
            if refused.retry == "AUTH":
                raise SignInNeeded(f"The server no longer takes this session ({refused})") from refused
            raise

    def exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None) -> httpx.Response:
        """Makes a call outside GraphQL as the signed-in person, renewing the session once if need be.

        Raises Refused for every answer of 400 and above that says why, Unreachable for one that does not."""
        session = self.session()
        try:
            return self._exchange(method, path, headers, body, session)
        except Refused as refused:
            return self._exchange(method, path, headers, body, self.renew_after(refused, session))

    def _exchange(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, session: Session
    ) -> httpx.Response:
        if self._keeper.recall("offline"):
            raise FlightMode
        given = {**headers, "authorization": f"Bearer {session.access_token}"}
        try:
            reply = self._http.request(method, f"{self.server}{path}", headers=given, content=body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(self.server, _why(error)) from error
        if reply.status_code < 400:
            return reply
        if reply.status_code < 500 and method == "HEAD":  # its refusal has no body
            raise Refused("NOT_THERE", "There is no such thing.", retry="AUTH" if reply.status_code == 401 else "NEVER")
        try:
            said = reply.json()
            code, message, retry = str(said["code"]), str(said["message"]), str(said["retry"])
        except (ValueError, KeyError, TypeError) as error:
            raise Unreachable(self.server, f"it answered {reply.status_code}") from error
        raise Refused(code, message, retry=retry, fields=said.get("fields"))

    def session(self) -> Session:
        """Returns the session; raises SignInNeeded when there is none."""
        session = self._keeper.session()
        if session is None:
            raise SignInNeeded
        return session

    def session_for_socket(self) -> Session:
        """Returns the session to open a socket with; raises FlightMode and SignInNeeded."""
        if self._keeper.recall("offline"):
            raise FlightMode
        return self.session()

    def renew_after(self, refused: Refused, used: Session) -> Session:
        """Returns a session to try again with; raises what was refused when renewing would not help."""
        if refused.code == "DEVICE_REVOKED":
            raise Revoked from refused
        if refused.retry != "AUTH":
            raise refused
        return self.renew(used)

    def renew(self, used: Session) -> Session:
        """Trades the refresh token for new tokens. Asking again after a lost answer gives the same ones.

        Raises NotReached, SignInNeeded, Revoked."""
        now = self.session()
        if now.access_token != used.access_token:
            return now  # another process of this phone was quicker
        for attempt in range(self._patience.tries):
            try:
                data = self.open_call(wire.REFRESH, {"token": now.refresh_token})
                break
            except NotReached:
                if attempt + 1 == self._patience.tries:
                    raise
                self._patience.wait(attempt)
            except Refused as refused:
                if refused.code == "DEVICE_REVOKED":
                    raise Revoked from refused
                if refused.retry != "AUTH":
                    raise
                self._keeper.keep_session(None)
                raise SignInNeeded(f"The session has ended ({refused})") from refused
        else:
            raise ProtocolBroken("no attempt was allowed to renew the session")
        renewed = now.renewed(data["refreshSession"]["session"])
        self._keeper.keep_session(renewed)
        return renewed

    @property
    def named(self) -> bool:
        """Says whether documents are sent by their ids, as servers of real people ask for it."""
        return bool(self._keeper.recall("named_documents"))

    def learns(self, refused: Refused) -> bool:
        """Says whether the server wants documents in the other way, which it is then asked in."""
        if refused.code != ("DOCUMENT_UNKNOWN" if self.named else "DOCUMENT_REQUIRED"):
            return False
        self._keeper.remember(named_documents=not self.named)
        return True

    def _post(self, document: Document, variables: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        try:
            return self._posted(document, variables, token)
        except Refused as refused:
            if not self.learns(refused):
                raise
        return self._posted(document, variables, token)

    def _posted(self, document: Document, variables: Mapping[str, Any], token: str | None) -> dict[str, Any]:
        if self._keeper.recall("offline"):
            raise FlightMode
        body = document.asked(variables, named=self.named)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            reply = self._http.post(f"{self.server}/graphql", json=body, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(self.server, _why(error)) from error
        return self._data(reply)

    def _data(self, reply: httpx.Response) -> dict[str, Any]:
        try:
            answer = reply.json()
        except json.JSONDecodeError as error:
            raise Unreachable(self.server, f"it answered {reply.status_code} without JSON") from error
        if isinstance(answer, dict) and answer.get("errors"):
            raise refusal(answer["errors"][0])
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
            raise Unreachable(self.server, f"it answered {reply.status_code} without data")
        return dict(answer["data"])


def refusal(error: Mapping[str, Any]) -> Refused:
    """Reads one GraphQL error."""
    extra = error.get("extensions") or {}
    return Refused(
        str(extra.get("code", "GRAPHQL")),
        str(error.get("message", "The server refused.")),
        retry=str(extra.get("retry", "NEVER")),
        fields=extra.get("fields"),
        after=float(extra.get("retryAfter") or 0),
    )


def _why(error: Exception) -> str:
    if isinstance(error, httpx.ConnectError):
        return "no connection"
    if isinstance(error, httpx.TimeoutException):
        return "it took too long"
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return "that is not an address"
    return "the connection broke off"
