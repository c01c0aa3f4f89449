"""What is done to each stack: bursts to all, events for one, sockets that hear nothing."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.benchmarks.live.people import People
from tests.benchmarks.live.stacks import Event, Stack, Talk
from tests.benchmarks.running import Accounts, Running

QUERY = "subscription Deals { opportunityChanged { opportunity { id notes } } }"
POKES = 'subscription Pokes { syncPoke(deviceId: "DEVICE") { reason } }'
TARGETED_RATE = 200
TARGETED_SECONDS = 4
SETTLE = 1.0
IDLE_SECONDS = 10
TRIES = 4

_numbers = count()


@dataclass
class Burst:
    """Messages a second, of the first commit to the last arrival; CPU microseconds a message; p50 and p99 in milliseconds."""

    rate: float
    cpu: float
    p50: float
    p99: float


@dataclass
class Heard:
    """What a stack did in all rounds. `wanted` and `got` count messages; `twice` those that came more than once."""

    bursts: list[Burst] = field(default_factory=list)
    latencies: list[list[float]] = field(default_factory=list)
    wanted: int = 0
    got: int = 0
    twice: int = 0


@dataclass
class Idle:
    """Kilobytes a socket; CPU milliseconds a second, of the server with its backends; seconds to open them all."""

    kilobytes: float
    cpu: float
    opening: float


def quantile(values: Sequence[float], part: float) -> float:
    """Returns the value that so large a part lies below."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * part))]


class Measuring:
    """Measures one run."""

    def __init__(self, accounts: Accounts, client: Talk, people: People) -> None:
        self._accounts, self._client, self._people = accounts, client, people

    def connect(self, crowd: str, server: Running, query: str, sockets: int) -> float:
        """Opens so many sockets; returns the seconds it took."""
        listeners = self._people.listeners()
        some = [listeners[number % len(listeners)] for number in range(sockets)]
        given = {"port": server.port, "query": query, "people": some}
        return float(self._ask(crowd, "connect", given)["seconds"])

    def close(self, crowd: str) -> None:
        """Closes them."""
        self._ask(crowd, "close")

    def warm(self, stack: Stack, server: Running) -> None:
        """Plays bursts until one reaches everybody: the protocol does not say when a subscription has begun. A stack that
        never does shall be measured all the same, and its losses be told."""
        for _ in range(TRIES):
            heard = Heard()
            self.burst(stack, server, heard, most=20)
            if heard.got == heard.wanted:
                return

    def burst(self, stack: Stack, server: Running, heard: Heard, most: float = 30) -> None:
        """Changes each deal that all see, one after another, as fast as it goes."""
        events: list[Event] = [(deal, f"burst {next(_numbers)}", None) for deal in self._people.shared]
        wanted = len(events) * len(self._people.users)
        self._ask(stack.name, "begin")
        before = self._accounts.spent(server)
        stamps = stack.commit(events, 0)
        found = self._ask(stack.name, "wait", {"count": wanted, "quiet": 0.5, "most": most})
        server_ms, backends_ms = self._accounts.since(server, before)
        when = {note: at for (_, note, _), at in zip(events, stamps, strict=True)}
        told = self._count(heard, wanted, [(k, at, note) for k, at, note in found["told"] if note in when])
        if not told:
            return
        spent = [(at - when[note]) / 1e6 for _, at, note in told]
        took = (max(at for _, at, _ in told) - stamps[0]) / 1e9
        cpu = (server_ms + backends_ms) * 1000 / len(told)
        heard.bursts.append(Burst(len(told) / took, cpu, quantile(spent, 0.5), quantile(spent, 0.99)))

    def targeted(self, stack: Stack, heard: Heard) -> None:
        """Changes deals that one person sees each, at a steady rate."""
        users = self._people.users
        begin = next(_numbers) * 7
        chosen = [(begin + number) % len(users) for number in range(TARGETED_RATE * TARGETED_SECONDS)]
        events: list[Event] = [(self._people.own[who], f"own {next(_numbers)}", users[who].username) for who in chosen]
        self._ask(stack.name, "begin")
        stamps = stack.commit(events, TARGETED_RATE)
        found = self._ask(stack.name, "wait", {"count": len(events), "quiet": 0.3, "most": 20})
        when = {note: at for (_, note, _), at in zip(events, stamps, strict=True)}
        told = self._count(heard, len(events), [(k, at, note) for k, at, note in found["told"] if note in when])
        heard.latencies.append([(at - when[note]) / 1e6 for _, at, note in told])

    def all_poked(self) -> None:
        """Waits until each of them was told that they listen."""
        self._ask("pokes", "wait", {"count": len(self._people.users), "quiet": 0.5, "most": 60})

    def pokes(self, stack: Stack, heard: Heard) -> None:
        """As `targeted`, to those who only hear that they should pull: the first poke after a commit is its own."""
        users = self._people.users
        events: list[Event] = [
            (self._people.own[who], f"poke {next(_numbers)}", None) for who in range(min(len(users), 1_000))
        ]
        self._ask("pokes", "begin")
        stamps = stack.commit(events, TARGETED_RATE)
        found = self._ask("pokes", "wait", {"count": len(events), "quiet": 0.3, "most": 20})
        told = self._count(heard, len(events), [tuple(one) for one in found["told"]])
        heard.latencies.append([(at - stamps[k]) / 1e6 for k, at, _ in told])

    def idle(self, stack: Stack, sockets: int) -> Idle:
        """Opens many sockets to a fresh server, and lets them hear nothing."""
        server = stack.start()
        try:
            self.connect("warm", server, QUERY, 50)
            time.sleep(SETTLE)
            before = server.resident()
            opening = self.connect("idle", server, QUERY, sockets)
            time.sleep(SETTLE * 2)
            grown = server.resident() - before
            at, began = self._accounts.spent(server), time.monotonic()
            time.sleep(IDLE_SECONDS)
            spent = sum(self._accounts.since(server, at)) / (time.monotonic() - began)
            lost = self._ask("idle", "wait", {"count": 0, "quiet": 0.0, "most": 0})["lost"]
            if lost:
                raise SystemExit(f"{stack.name} closed {lost} of {sockets} idle sockets")
            self.close("idle")
            self.close("warm")
            return Idle(grown / sockets, spent, opening)
        finally:
            server.stop()

    def _count(self, heard: Heard, wanted: int, told: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
        first: dict[tuple[int, str], tuple[int, int, str]] = {}
        for one in told:
            first.setdefault((one[0], one[2]), one)
        heard.wanted += wanted
        heard.got += len(first)
        heard.twice += len(told) - len(first)
        return list(first.values())

    def _ask(self, crowd: str, what: str, given: dict[str, Any] | None = None) -> Any:
        return self._client.ask({"crowd": crowd, "do": what, "given": given or {}})


def middle(values: Sequence[float]) -> float:
    """Returns the median."""
    return statistics.median(values)
