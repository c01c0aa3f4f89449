"""Small HTTP servers in place of road engines: some replay what real ones answered, some misbehave."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

Reply = tuple[int, str, bytes]
"""Status, content type, body."""

RECORDED = Path(__file__).parent / "recorded"


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up on a misbehaving engine is what the tests are about."""


def free_port() -> int:
    """Returns a port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(act: Callable[[BaseHTTPRequestHandler, bytes], None]) -> Iterator[str]:
    """Runs a server in which every request is answered by `act`, given the request's body; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            act(self, b"")

        def do_POST(self) -> None:
            act(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

        def log_message(self, *_: Any) -> None: ...

    server = _Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    """Answers a request with a whole reply."""
    status, kind, body = reply
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def answering(answer: Callable[[str, Any], Any]) -> Iterator[str]:
    """Runs an engine whose JSON is made by `answer` from the path and the JSON of the body; a Reply is sent as it is."""

    def act(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        made = answer(handler.path, json.loads(body) if body else None)
        send(handler, made if isinstance(made, tuple) else (200, "application/json", json.dumps(made).encode()))

    with serving(act) as url:
        yield url


def key(path: str, body: bytes) -> str:
    """Returns what a question is recorded under."""
    return path if not body else f"{path} {json.dumps(json.loads(body), sort_keys=True)}"


@contextmanager
def replaying(name: str) -> Iterator[str]:
    """Runs an engine that knows the recorded questions only; any other gets 404."""
    exchanges = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))["exchanges"]

    def act(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        found = exchanges.get(key(handler.path, body))
        if found is None:
            send(handler, (404, "text/plain", b"this was not recorded: run tests/planning/travel/record.py"))
        else:
            send(handler, (found["status"], "application/json", json.dumps(found["answer"]).encode()))

    with serving(act) as url:
        yield url


@contextmanager
def recording(upstream: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Runs a server that asks a real engine and writes down questions and answers; yields its address and the book."""
    book: dict[str, Any] = {}

    def act(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        reply = httpx.request(
            "POST" if body else "GET", upstream + handler.path, content=body or None, trust_env=False, timeout=60
        )
        book[key(handler.path, body)] = {"status": reply.status_code, "answer": reply.json()}
        send(handler, (reply.status_code, "application/json", reply.content))

    with serving(act) as url:
        yield url, book
