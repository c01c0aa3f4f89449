"""The day over lines as they are on the road: it ends as it would have over a good one."""

import os
import socket
from collections.abc import Iterable
from itertools import cycle
from pathlib import Path

import pytest

from backend.territories.actions import place_account
from mobile_client_stub.device import Device
from tests.config.serving import Serving
from tests.factories.world import PASSWORD, World, acting
from tests.flows.day import Day, Outage
from tests.flows.faults import DRIPPING, SLOW, Ending, Fault, weather
from tests.flows.line import Line

SOAK = "SOAK" in os.environ
"""Set by `make soak`: more of everything, and seconds that really pass."""

LINES: dict[str, Iterable[Fault]] = {
    "good": [],
    "slow": cycle([SLOW]),
    "one byte at a time": cycle([DRIPPING]),
    "requests cut short": cycle([Fault(up=700), Fault(up=1500), Fault()]),
    "replies cut short": cycle([Fault(down=250), Fault(down=1000), Fault()]),
    "replies lost": cycle([Fault(down=1, ending=Ending.RESET), Fault(down=600, ending=Ending.RESET), Fault()]),
    "silent in the middle": [Fault(down=300, ending=Ending.SILENCE), Fault(up=900, ending=Ending.SILENCE)],
    "everything said twice at once": cycle([Fault(again_after=0.0)]),
    "everything said again later": cycle([Fault(again_after=0.05)]),
    "said twice at once": [Fault(again_after=0.0, down=3000), Fault(again_after=0.0, down=6000), Fault(down=9000)],
    "said again later, and the first answers lost": cycle([Fault(again_after=0.1, down=800), Fault()]),
}


@pytest.mark.parametrize("kind", LINES)
def test_the_day_ends_the_same(server: Serving, world: World, tmp_path: Path, kind: str) -> None:
    with Line(server.base, LINES[kind]) as line, Day(world, server.base, line.base, tmp_path) as day:
        day.live()
        day.check()


@pytest.mark.parametrize("seed", range(1, 31 if SOAK else 3))
def test_the_day_ends_the_same_in_any_weather(server: Serving, world: World, tmp_path: Path, seed: int) -> None:
    with Line(server.base, weather(seed)) as line, Day(world, server.base, line.base, tmp_path) as day:
        day.live()
        day.check()
        assert line.struck >= 5, "the weather was too good to prove anything"


@pytest.mark.parametrize("when", ["before she pushes", "before she ever synced"])
def test_a_minute_without_a_line_is_waited_out(server: Serving, world: World, tmp_path: Path, when: str) -> None:
    """The seconds are those her phone waits between its tries; nobody waits for them here."""
    with Line(server.base) as line:
        outage = Outage(line.mend, 60)
        with Day(world, server.base, line.base, tmp_path, wait=outage.wait) as day:
            if when == "before she ever synced":
                line.cut()
            day.begin()
            for part in range(3):
                day.work(part)
            day.fight()
            if when == "before she pushes":
                line.cut()
            day.sync()
            day.check()
            assert day.tries > 5, "the line was never away"


@pytest.mark.trap(28)
@pytest.mark.parametrize("later", [0.0, 0.05])
def test_stores_that_come_and_go_over_a_line_that_says_everything_twice(
    server: Serving, world: World, tmp_path: Path, later: float
) -> None:
    """A whole first sync in pages, and a later pull in pages: neither is undone by its own echo."""
    mine = [world.account(f"Mine {number}", world.north) for number in range(20)]
    theirs = [world.account(f"Theirs {number}", world.south) for number in range(20)]
    with (
        Line(server.base, cycle([Fault(again_after=later)])) as line,
        Day(world, server.base, line.base, tmp_path) as day,
    ):
        day.begin()
        for store in mine[:5]:
            place_account(actor=acting(world.dee), account=store, territory=world.south)
        for store in theirs:
            place_account(actor=acting(world.dee), account=store, territory=world.north)
        day.sync()
        assert line.struck > 0, "nothing was said twice"
        with Device(server.base, tmp_path / "fresh.sqlite3") as fresh:
            fresh.sign_in(world.ana.username, PASSWORD)
            fresh.sync()
            assert day.ana.store.contents() == fresh.store.contents()


@pytest.mark.skipif(not SOAK, reason="takes minutes: make soak")
@pytest.mark.parametrize("kind", ["cut", "silent"])
def test_a_real_minute_without_a_line(server: Serving, world: World, tmp_path: Path, kind: str) -> None:
    """The same with a clock on the wall; over a line that says nothing, the phone's own patience ends each try."""
    with socket.create_server(("127.0.0.1", 0)) as nobody, Line(server.base) as line:
        dead = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        outage = Outage(line.mend if kind == "cut" else lambda: line.lead_to(server.base), 60, really=True)
        with Day(world, server.base, line.base, tmp_path, wait=outage.wait) as day:
            day.begin()
            for part in range(3):
                day.work(part)
            day.fight()
            line.cut()
            if kind == "silent":
                line.lead_to(dead)
                line.mend()
            day.sync()
            day.check()
            assert day.tries > 5, "the line was never away"
