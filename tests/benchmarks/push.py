"""`make bench ARGS=push`: what leaves a second, of our workers and of a bare firebase-admin loop, at one local FCM server.

With `burst` and a number (`make bench ARGS="push burst 25000"`): one event for so many phones, one worker, and what memory
it holds on the way.

Each round: the bare loop, one worker, two workers, each with as many messages of the same text. The server is a process
of its own, and answers each request after `LATENCY` as Google does from afar; 0 shows what the machine's cores allow."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from tests.benchmarks.own_database import own_database

MESSAGES = 2_000
ROUNDS = 3
LATENCIES = (0.0, 0.05)
EACH = 5
"""Phones, tablets and browsers of one person in a burst."""

CHUNK = 100
"""firebase-admin starts a thread for each message of a batch: more make it slower here, not faster."""


class Played(NamedTuple):
    """`took`: wall seconds until the last process was done; `busy`: CPU seconds of all; `asked`: queries of all."""

    took: float
    busy: float
    asked: int


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints messages a second; `arguments` may give the messages and the rounds, or `burst` and the messages."""
    burst = arguments[:1] == ["burst"]
    arguments = arguments[burst:]
    messages = int(arguments[0]) if arguments else MESSAGES
    rounds = int(arguments[1]) if len(arguments) > 1 else ROUNDS
    with (
        tempfile.TemporaryDirectory(prefix="fieldbeat-bench-") as folder,
        _fcm(Path(folder)) as url,
        own_database(FIELDBEAT_FCM_URL=url),
    ):
        console.print(_burst(messages, console) if burst else _table(messages, rounds, url, console))


def _queue(messages: int, console: Console, each: int = 1) -> Callable[[], None]:
    """Makes the people, and returns what lets something happen that each of them hears of."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from backend.notifications.delivery.planning import tell
    from tests.notifications.crowd import crowd, occurrence
    from tests.notifications.story import begin

    with console.status(f"Making people with {messages:,} phones"):
        story = begin()
        people = crowd(story, messages // each, each)
    episodes = iter(range(10_000))

    def queue() -> None:
        tell(occurrence=occurrence(story, people, str(next(episodes))))

    return queue


def _burst(messages: int, console: Console) -> Table:
    queue = _queue(messages, console, EACH)
    began = time.perf_counter()
    with console.status("Telling them"):
        queue()
    told = time.perf_counter() - began
    with console.status("Sending"):
        clocked: list[float] = []
        steps = _played([sys.executable, "-m", "tests.benchmarks.push_worker"], 1, clocked)
    table = Table(title=f"push: one event, {messages:,} phones, told in {told:,.1f} s", title_justify="left", box=None)
    for column in ("sent", "most memory so far"):
        table.add_column(column, justify="right")
    for step in steps[:-1]:
        count, memory = step.split()
        table.add_row(f"{int(count):,}", f"{memory} MiB")
    table.caption = f"{messages / (clocked[1] - clocked[0]):,.0f} messages/s"
    return table


def _table(messages: int, rounds: int, url: str, console: Console) -> Table:
    queue = _queue(messages, console)
    ways: dict[str, Callable[[], Played]] = {
        "a bare firebase-admin loop": lambda: _bare(messages, url),
        "one worker": lambda: _workers(1, queue),
        "two workers": lambda: _workers(2, queue),
    }
    table = Table(title=f"push: {messages:,} messages, {rounds} rounds", title_justify="left", box=None)
    for column in (
        "way",
        "answers after",
        "messages/s",
        "worst",
        "ratio to the first",
        "CPU ms a message",
        "queries a hundred",
    ):
        table.add_column(column, justify="left" if column == "way" else "right")
    for latency in LATENCIES:
        _slow(url, latency)
        rates: dict[str, list[float]] = {name: [] for name in ways}
        worked: dict[str, list[float]] = {name: [] for name in ways}
        questions: dict[str, int] = {}
        for turn in range(rounds):
            for name, way in ways.items():
                with console.status(f"{name}, answers after {latency * 1000:.0f} ms, round {turn + 1}"):
                    took, busy, questions[name] = way()
                    rates[name].append(messages / took)
                    worked[name].append(busy / messages * 1000)
                    httpx.delete(f"{url}/messages", trust_env=False, timeout=60)
        first = next(iter(rates.values()))
        for name, found in rates.items():
            per_hundred = f"{100 * questions[name] / messages:.1f}" if questions.get(name) else ""
            ratio = statistics.median(one / base for one, base in zip(found, first, strict=True))
            table.add_row(
                name,
                f"{latency * 1000:.0f} ms",
                f"{statistics.median(found):,.0f}",
                f"{min(found):,.0f}",
                f"{ratio:.2f}",
                f"{statistics.median(worked[name]):.2f}",
                per_hundred,
            )
    return table


def _bare(messages: int, url: str) -> Played:
    """A process that does nothing but send_each, with lines enough for a batch."""
    return _timed([sys.executable, "-m", "tests.benchmarks.push_bare", url, str(messages), str(CHUNK)], 1)


def _workers(count: int, queue: Callable[[], None]) -> Played:
    """So many workers that empty the queue of deliveries."""
    queue()
    return _timed([sys.executable, "-m", "tests.benchmarks.push_worker"], count)


def _timed(words: list[str], count: int) -> Played:
    """Starts processes, and lets them begin together when all are ready."""
    clocked: list[float] = []
    said = [line.split()[1:] for line in _played(words, count, clocked) if line.startswith("done")]
    asked = sum(int(more[0]) for _, *more in said if more)
    return Played(clocked[1] - clocked[0], sum(float(busy) for busy, *_ in said), asked)


def _played(words: list[str], count: int, clocked: list[float]) -> list[str]:
    """Starts processes, lets them begin together, and returns what they say until they are done; from and until when is
    added to `clocked`."""
    said: list[str] = []
    with ExitStack() as ends:
        running = [
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        for one in running:
            ends.callback(one.communicate, timeout=60)
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        clocked.append(time.perf_counter())
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        for one in running:
            assert one.stdout is not None
            for line in one.stdout:
                said.append(line.strip())
                if line.startswith("done"):
                    break
        clocked.append(time.perf_counter())
    return said


def _slow(url: str, seconds: float) -> None:
    httpx.delete(f"{url}/faults", trust_env=False)
    if seconds:
        fault: dict[str, Any] = {"kind": "slow", "times": 10**9, "seconds": seconds}
        httpx.post(f"{url}/faults", json=[fault], trust_env=False).raise_for_status()


@contextmanager
def _fcm(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = os.environ | {
        "FIELDBEAT_DATA_DIR": str(folder),
        "FIELDBEAT_SECRET_KEY": "a secret that only the benchmarks of Fieldbeat use",
    }
    running = subprocess.Popen(
        [sys.executable, "-m", "backend", "dev-fcm", "--port", str(port)], env=env, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/faults", trust_env=False)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        running.terminate()
        running.wait(30)
