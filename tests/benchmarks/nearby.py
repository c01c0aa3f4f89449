"""The 50 nearest of 1,000,000 accounts, and search in them: for who sees 400, 20,000, 200,000 or all of them."""

from collections.abc import Sequence
from functools import partial
from os import getloadavg
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

COUNT = 1_000_000
PLACES = {
    "dense city": (40.71, -74.0),
    "empty land": (46.0, -100.0),
    "at sea": (35.0, -150.0),
    "date line": (-17.5, -179.99),
}
WORDS = ("pharmacy 4711", "store 77", "shelf 77", "maria lopez", "商店", "東京書店")


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints milliseconds; the first argument says of how many accounts."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from backend.kit.geo import LatLng
    from backend.territories import nearby, searching
    from tests.benchmarks import million
    from tests.factories.world import acting

    count = int(arguments[0]) if arguments else COUNT
    start = perf_counter()
    people = million.fill(count)
    console.print(f"{count:,} accounts in {perf_counter() - start:.0f} s; load {getloadavg()[0]:.1f}")
    near, found = _table("50 nearest, ms", ["home", *PLACES]), _table("search, ms", WORDS)
    for words, person in people:
        actor = acting(person)
        home = million.home(person)
        places = [home, *(LatLng(*place) for place in PLACES.values())]
        near.add_row(words, *(_took(partial(nearby.accounts, actor, one, 50)) if one else "" for one in places))
        found.add_row(words, *(_took(partial(searching.found, actor, one, searching.KINDS, 20)) for one in WORDS))
    console.print(near, found, f"load {getloadavg()[0]:.1f}")


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    table.add_column("who")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _took(work: Any) -> str:
    """Returns the median of five, after one that is not counted; of what takes long, the first."""
    taken = [_once(work)]
    if taken[0] < 2000:
        taken = sorted(_once(work) for _ in range(5))
    return f"{taken[len(taken) // 2]:.1f}"


def _once(work: Any) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000
