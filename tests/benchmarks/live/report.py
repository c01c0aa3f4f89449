"""The tables of live updates."""

import os
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.table import Table

from tests.benchmarks.gateway.report import Aim, aims_table, load
from tests.benchmarks.gateway.rounds import spread
from tests.benchmarks.live.measuring import Burst, Heard, Idle, middle, quantile
from tests.benchmarks.live.stacks import NODE, OURS, REDIS

POKE = "Fieldbeat, syncPoke"


def tables(heard: dict[str, Heard], idle: dict[str, Idle], rounds: int, console: Console, started: str) -> None:
    """Prints them, and how loaded the machine was."""
    console = Console(width=max(console.width, 140))
    table = Table(title=f"live: {rounds} rounds, medians", title_justify="left", box=None)
    for column in (
        *("way", "burst msg/s", "CPU us a msg", "burst p50/p99 ms", "200/s p50/p99 ms", "lost", "twice"),
        *("kB a socket", "idle CPU ms/s"),
    ):
        table.add_column(column, justify="left" if column == "way" else "right")
    for name, one in heard.items():
        still = idle.get(name)
        table.add_row(name, *_bursts(one), _both(one), f"{one.wanted - one.got:,}", f"{one.twice:,}", *_idle(still))
    for name, still in idle.items():
        if name not in heard:
            table.add_row(name, *[""] * 6, *_idle(still))
    console.print(table)
    console.print(aims_table("live: aims", list(_aims(heard, idle))))
    console.print(f"Load of the machine: {started} at the beginning, {load()} at the end, {os.cpu_count()} cores.")


def _bursts(one: Heard) -> tuple[str, str, str]:
    if not one.bursts:
        return "", "", ""

    def of(value: Callable[[Burst], float]) -> float:
        return middle([value(burst) for burst in one.bursts])

    both = f"{of(lambda b: b.p50):,.0f}/{of(lambda b: b.p99):,.0f}"
    return f"{of(lambda b: b.rate):,.0f}", f"{of(lambda b: b.cpu):,.0f}", both


def _both(one: Heard) -> str:
    if not one.latencies:
        return ""
    return "/".join(f"{middle([quantile(some, part) for some in one.latencies]):,.1f}" for part in (0.5, 0.99))


def _idle(still: Idle | None) -> tuple[str, str]:
    return ("", "") if still is None else (f"{still.kilobytes:,.1f}", f"{still.cpu:,.1f}")


def _aims(heard: dict[str, Heard], idle: dict[str, Idle]) -> Iterator[Aim]:
    mine = heard.get(OURS)
    if mine is not None and mine.bursts:
        for name, bound in ((NODE, 0.5), (REDIS, 2.0)):
            if name in heard and heard[name].bursts:
                both = zip(mine.bursts, heard[name].bursts, strict=True)
                yield Aim(f"burst, messages/s to {name}", bound, False, spread(a.rate / b.rate for a, b in both))
    for name in (OURS, POKE):
        if name in heard:
            lost = float(heard[name].wanted - heard[name].got)
            yield Aim(f"{name}: messages lost of {heard[name].wanted:,}", 0, True, (lost, lost, lost))
    if POKE in heard:
        ends = spread(quantile(some, 0.99) for some in heard[POKE].latencies)
        yield Aim("commit to poke, p99 ms", 60, True, ends)
    if OURS in idle:
        found = idle[OURS].kilobytes
        yield Aim("kB an idle socket", 50, True, (found, found, found))
