"""Asking a road engine over HTTP: few questions at a time, and an end to all of them at one moment."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
import orjson

T = TypeVar("T")
AT_ONCE = 2
CONNECT_SECONDS = 2.0
MOST_BYTES = 64 * 1024 * 1024


class EngineFailed(Exception):
    """The engine gave no table. The text ends a sentence that begins with the engine's name, and may be shown to anybody."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the body as JSON (None when it is none)."""

    status: int
    body: Any


class Asker:
    """Questions to one address, all of which must be answered within `seconds` of its making; close it afterwards.

    An engine that sends a byte now and then never lets a read time out. So the clock is looked at between any two
    reads of a body, and `all` ends the connections under whoever is still waiting (for a header, say).
    """

    def __init__(self, base: str, seconds: float) -> None:
        self._base = base
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds
        # What the environment says of proxies is for the outside world, and an engine is one of ours.
        self._client = httpx.Client(
            timeout=httpx.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)), trust_env=False
        )

    def close(self) -> None:
        """Ends all connections."""
        self._client.close()

    def get(self, path: str) -> Answer:
        """Asks with GET; raises EngineFailed."""
        return self._send("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Asks with POST and a JSON body; raises EngineFailed."""
        return self._send("POST", path, orjson.dumps(body))

    def all(self, questions: Sequence[Callable[[], T]]) -> list[T]:
        """Runs the questions, AT_ONCE at a time, and returns what they return; raises what the first failed one raised."""
        pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="routing")
        try:
            futures = [pool.submit(question) for question in questions]
            done, waiting = wait(futures, max(0.0, self._deadline - time.monotonic()), return_when=FIRST_EXCEPTION)
            for future in futures:
                if future in done:
                    future.result()
            if waiting:
                raise self._late()
            return [future.result() for future in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            self.close()

    def _late(self) -> EngineFailed:
        return EngineFailed(f"did not answer within {self._seconds:g} seconds")

    def _send(self, method: str, path: str, content: bytes | None) -> Answer:
        # A line that was still being made when all lines were closed has nobody to close it but the end of its answer.
        headers = {"Accept": "application/json", "Connection": "close"}
        headers |= {"Content-Type": "application/json"} if content else {}
        try:
            with self._client.stream(method, self._base + path, content=content, headers=headers) as reply:
                body = bytearray()
                for piece in reply.iter_bytes():
                    body += piece
                    if time.monotonic() > self._deadline:
                        raise self._late()
                    if len(body) > MOST_BYTES:
                        raise EngineFailed("answered far more than was asked for")
        except httpx.ConnectError as error:
            raise EngineFailed("cannot be reached") from error
        except httpx.TimeoutException as error:
            raise self._late() from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise EngineFailed("broke off its answer") from error
        try:
            return Answer(reply.status_code, orjson.loads(bytes(body)))
        except orjson.JSONDecodeError:
            return Answer(reply.status_code, None)
