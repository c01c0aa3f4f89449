"""The tables: what each answer cost, and each aim beside what was found."""

import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from tests.benchmarks.gateway.rounds import BULK, Cost, Found, spread

OURS, FLOOR, GRAPHILE, LIBRARY, STOCK = "Fieldbeat", "f", "PostGraphile", "strawberry-django", "a stock Django view"


@dataclass(frozen=True, slots=True)
class Aim:
    """`what` is to be at most (or at least) `bound`; `found` is the median of the rounds, then the least and greatest."""

    what: str
    bound: float
    at_most: bool
    found: tuple[float, float, float]

    @property
    def met(self) -> bool:
        """Says whether the median is within the bound."""
        return self.found[0] <= self.bound if self.at_most else self.found[0] >= self.bound


def tables(found: Found, rounds: int, console: Console, started: str) -> None:
    """Prints both, and how loaded the machine was."""
    console = Console(width=max(console.width, 140))
    console.print(_costs(found))
    console.print(_others(found))
    aims = list(_aims(found))
    console.print(aims_table(f"gateway: aims, medians of {rounds} rounds", aims))
    console.print(f"Load of the machine: {started} at the beginning, {load()} at the end, {os.cpu_count()} cores.")


def load() -> str:
    """Returns the load of the last minute and of the last five."""
    one, five, _ = os.getloadavg()
    return f"{one:.1f}/{five:.1f}"


def aims_table(title: str, aims: list[Aim]) -> Table:
    """Returns the table of aims."""
    table = Table(title=title, title_justify="left", box=None)
    for column in ("aim", "bound", "found", "range", ""):
        table.add_column(column, justify="left" if column == "aim" else "right")
    for aim in aims:
        middle, least, greatest = aim.found
        table.add_row(
            aim.what,
            f"{'<=' if aim.at_most else '>='} {aim.bound:g}",
            f"{middle:.2f}",
            f"{least:.2f}-{greatest:.2f}",
            "PASS" if aim.met else "MISSED",
        )
    return table


def _costs(found: Found) -> Table:
    table = Table(title="gateway: what one answer costs (medians)", title_justify="left", box=None)
    for column in ("question", "way", "CPU ms", "server", "database", "CPU to f", "range", "wall ms", "to f", "bytes"):
        table.add_column(column, justify="left" if column in ("question", "way") else "right", no_wrap=True)
    for (question, name), costs in found.costs.items():
        ratio, least, greatest = found.ratio(question, name, FLOOR, _cpu)
        table.add_row(
            question,
            name,
            f"{statistics.median(one.cpu for one in costs):,.2f}",
            f"{statistics.median(one.server for one in costs):,.2f}",
            f"{statistics.median(one.backends for one in costs):,.2f}",
            f"{ratio:.2f}",
            f"{least:.2f}-{greatest:.2f}",
            f"{statistics.median(one.wall for one in costs):,.2f}",
            f"{found.ratio(question, name, FLOOR, _wall)[0]:.2f}",
            f"{costs[-1].size:,}",
        )
    return table


def _others(found: Found) -> Table:
    table = Table(title="gateway: memory and answers a second", title_justify="left", box=None)
    for column in ("way", "peak MB, nested 10000", "answers/s, 16 connections"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for name in dict.fromkeys([*found.peaks, *found.rates]):
        peaks, rates = found.peaks.get(name), found.rates.get(name)
        table.add_row(
            name,
            f"{statistics.median(peaks) / 1024:,.0f}" if peaks else "",
            f"{statistics.median(rates):,.0f}" if rates else "",
        )
    return table


def _cpu(cost: Cost) -> float:
    return cost.cpu


def _wall(cost: Cost) -> float:
    return cost.wall


def _aims(found: Found) -> Iterator[Aim]:
    def of(question: str, mine: str, base: str, of: Callable[[Cost], float] = _cpu) -> tuple[float, float, float]:
        return found.ratio(question, mine, base, of)

    asked = {question for question, _ in found.costs}
    for shape, n in BULK:
        question, nested = f"{shape} {n}", shape == "nested"
        if question in asked:
            yield Aim(f"{question}: CPU to f", 1.5, True, of(question, OURS, FLOOR))
            yield Aim(f"{question}: wall to f", 1.6, True, of(question, OURS, FLOOR, _wall))
            yield Aim(
                f"{question}: CPU, better than PostGraphile", 2.5 if nested else 2, False, of(question, GRAPHILE, OURS)
            )
            bound = 20 if nested else 15
            yield Aim(f"{question}: CPU, better than strawberry-django", bound, False, of(question, LIBRARY, OURS))
    if found.peaks:
        yield Aim("peak memory to PostGraphile", 0.5, True, _pairs(found.peaks, OURS, GRAPHILE))
    if "one, stored" in asked:
        yield Aim("one row, stored: CPU to f", 2, True, of("one, stored", OURS, FLOOR))
        yield Aim("one row, stored: CPU, better than PostGraphile", 1.5, False, of("one, stored", GRAPHILE, OURS))
    if found.rates:
        yield Aim("answers/s to a stock Django view", 5, False, _pairs(found.rates, OURS, STOCK))


def _pairs(figures: dict[str, list[int]] | dict[str, list[float]], mine: str, base: str) -> tuple[float, float, float]:
    # Of a round in which a busy machine let one of them answer nothing, there is nothing to say.
    return spread(one / other for one, other in zip(figures[mine], figures[base], strict=True) if one and other)
