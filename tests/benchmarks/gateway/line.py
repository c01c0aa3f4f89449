"""One kept connection to a server, and many at once: a client that does as little as it can."""

import http.client
import selectors
import socket
import time
from dataclasses import dataclass

from tests.benchmarks.gateway.questions import Ask

IDLE = 2.0


@dataclass
class Line:
    """Asks one thing after another."""

    port: int
    _kept: http.client.HTTPConnection | None = None
    _used: float = 0.0

    def ask(self, ask: Ask, token: str | None = None) -> bytes:
        """Returns the body; raises SystemExit with what was wrong."""
        # Servers hang up on who says nothing for a few seconds.
        if self._kept is None or time.monotonic() - self._used > IDLE:
            self._kept = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        self._kept.request(ask.method, ask.path, ask.body, headers(ask, token))
        answer = self._kept.getresponse()
        body = answer.read()
        self._used = time.monotonic()
        if answer.status != 200:
            raise SystemExit(f"{self.port}{ask.path} answered {answer.status}: {body[:500]!r}")
        return body


def headers(ask: Ask, token: str | None) -> dict[str, str]:
    """Returns what goes with a question."""
    found = {"accept": "application/json"}
    if ask.body is not None:
        found["content-type"] = "application/json"
    if ask.token and token:
        found["authorization"] = f"Bearer {token}"
    return found


def hammer(port: int, ask: Ask, token: str | None, *, connections: int, seconds: float) -> float:
    """Returns how many answers a second so many connections get, each asking anew as soon as it is answered."""
    body = ask.body or b""
    lines = [f"{ask.method} {ask.path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers(ask, token).items()]
    request = "\r\n".join([*lines, "", ""]).encode() + body
    watch = selectors.DefaultSelector()
    for _ in range(connections):
        line = socket.create_connection(("127.0.0.1", port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setblocking(False)
        watch.register(line, selectors.EVENT_READ, bytearray())
        line.send(request)
    answered, began = 0, time.perf_counter()
    while (spent := time.perf_counter() - began) < seconds:
        for key, _ in watch.select(seconds):
            asker, held = key.fileobj, key.data
            assert isinstance(asker, socket.socket)
            part = asker.recv(65_536)
            if not part:
                raise SystemExit(f"{port}{ask.path} hung up")
            held += part
            if _whole(held):
                if not held.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"{port}{ask.path} answered {bytes(held)[:500]!r}")
                held.clear()
                answered += 1
                asker.send(request)
    for key in list(watch.get_map().values()):
        assert isinstance(key.fileobj, socket.socket)
        key.fileobj.close()
    watch.close()
    return answered / spent


def _whole(held: bytearray) -> bool:
    end = held.find(b"\r\n\r\n")
    if end < 0:
        return False
    head = bytes(held[:end]).lower()
    at = head.find(b"content-length:")
    if at < 0:  # in pieces
        return held.endswith(b"0\r\n\r\n")
    length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    return len(held) >= end + 4 + length
