"""Trouble on demand, for tests: lost requests and replies, replies cut short, a crash between two pages."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx


class Crash(BaseException):
    """The program ends here, as if the phone's battery had."""


@dataclass(slots=True)
class Faults:
    """What is to go wrong, once each; operations are named as in `wire`: "SyncPush"."""

    _lost_requests: list[str] = field(default_factory=list)
    _lost_replies: list[str] = field(default_factory=list)
    _cuts: dict[str, int] = field(default_factory=dict)
    _crash_after_page: int | None = None
    happened: list[str] = field(default_factory=list)

    def lose_request_once(self, operation: str) -> None:
        """The next such call never reaches the server."""
        self._lost_requests.append(operation)

    def lose_reply_once(self, operation: str) -> None:
        """The next such call is carried out, and its answer is lost."""
        self._lost_replies.append(operation)

    def cut_after(self, operation: str, size: int) -> None:
        """The answer to the next such call breaks off after `size` bytes."""
        self._cuts[operation] = size

    def crash_after_page(self, number: int) -> None:
        """The program crashes after it has staged that page (1, 2 …) of a pull."""
        self._crash_after_page = number

    def page_staged(self, number: int) -> None:
        """Called by the sync loop between pages."""
        if number == self._crash_after_page:
            self._crash_after_page = None
            self.happened.append(f"crash after page {number}")
            raise Crash

    def before(self, operation: str, request: httpx.Request) -> None:
        """Raises when the request is to be lost."""
        if operation in self._lost_requests:
            self._lost_requests.remove(operation)
            self.happened.append(f"lost request {operation}")
            raise httpx.ConnectError("the request was lost on the way", request=request)

    def after(self, operation: str, request: httpx.Request, reply: httpx.Response) -> httpx.Response:
        """Returns the reply, or what is left of it."""
        body = reply.read()
        if operation in self._lost_replies:
            self._lost_replies.remove(operation)
            self.happened.append(f"lost reply {operation}")
            raise httpx.ReadError("the reply was lost on the way", request=request)
        if operation in self._cuts:
            size = self._cuts.pop(operation)
            self.happened.append(f"cut {operation} after {size} of {len(body)} bytes")
            return httpx.Response(reply.status_code, stream=_Broken(body[:size], request), request=request)
        # The body is decoded by now, so the header that says how it was encoded would be a lie.
        headers = [(name, value) for name, value in reply.headers.raw if name.lower() not in _ABOUT_ENCODING]
        return httpx.Response(reply.status_code, headers=headers, content=body, request=request)


_ABOUT_ENCODING = (b"content-encoding", b"content-length", b"transfer-encoding")


class _Broken(httpx.SyncByteStream):
    def __init__(self, start: bytes, request: httpx.Request) -> None:
        self._start = start
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        yield self._start
        raise httpx.RemoteProtocolError("the reply broke off", request=self._request)


def _named(request: httpx.Request) -> str:
    """Returns the operation a request is: of GraphQL by its name, of an upload by its method."""
    if request.url.path != "/graphql":
        return request.method
    return str(json.loads(request.content)["operationName"])


class FaultyTransport(httpx.BaseTransport):
    """The network, with the faults in it."""

    def __init__(self, inner: httpx.BaseTransport, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carries one request, or part of it."""
        operation = _named(request)
        self._faults.before(operation, request)
        return self._faults.after(operation, request, self._inner.handle_request(request))

    def close(self) -> None:
        """Closes the network beneath."""
        self._inner.close()
