"""`make bench`: what sync, its log and the planner cost, side by side, on a PostgreSQL of this run's own."""

import sys
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.table import Table

from tests.benchmarks.own_database import own_database
from tests.benchmarks.side_by_side import Figure


def _toptw(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import toptw

    toptw.measure(arguments, console)


def _orders(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import orders

    orders.measure(arguments, console)


def _roads(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import roads

    roads.measure(arguments, console)


def _plans(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import plans

    plans.measure(arguments, console)


def _iowa_week(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import iowa_week

    iowa_week.measure(arguments, console)


def _cycle(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import cycle

    cycle.measure(arguments, console)


def _push(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import push

    push.measure(arguments, console)


def _nearby(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import nearby

    with own_database():
        nearby.measure(arguments, console)


def _chicago(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import chicago

    chicago.measure(arguments, console)


def _gateway(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import gateway

    gateway.measure(arguments, console)


def _live(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks import live

    live.measure(arguments, console)


def _ends(arguments: Sequence[str], console: Console) -> None:
    from tests.benchmarks.live import ends

    ends.measure(arguments, console)


def _territories(name: str) -> Callable[[Sequence[str], Console], None]:
    def measure(arguments: Sequence[str], console: Console) -> None:
        from tests.benchmarks import assignment, balance, pmedian

        benchmarks = {**assignment.BENCHMARKS, **balance.BENCHMARKS, **pmedian.BENCHMARKS}
        console.print(_table(name, benchmarks[name]()))

    return measure


STANDALONE: dict[str, Callable[[Sequence[str], Console], None]] = {
    "toptw": _toptw,
    "orders": _orders,
    "roads": _roads,
    "plans": _plans,
    "push": _push,
    "gateway": _gateway,
    "live": _live,
    "ends": _ends,
    "chicago": _chicago,
    "nearby": _nearby,
    "cycle": _cycle,
    "iowa-week": _iowa_week,
    **{name: _territories(name) for name in ("assignment", "balance", "balance-curve", "pmedian")},
}


def main() -> int:
    """Measures everything that needs a database, or what is named as arguments; returns an exit code.

    A benchmark of STANDALONE needs none; it is run when it is named first, with the arguments that follow.
    """
    console = Console()
    if sys.argv[1:2] and sys.argv[1] in STANDALONE:
        STANDALONE[sys.argv[1]](sys.argv[2:], console)
        return 0
    with own_database():
        _measure(console, sys.argv[1:])
    return 0


def _table(title: str, figures: Sequence[Figure]) -> Table:
    table = Table(title=title, title_justify="left", box=None)
    for column in ("way", "median", "p99", "worst", "ratio to the first"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for figure in figures:
        numbers = (figure.median, figure.p99, figure.worst)
        table.add_row(figure.name, *(f"{number:,.1f} {figure.unit}" for number in numbers), f"{figure.ratio:.2f}")
    return table


def _measure(console: Console, names: list[str]) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.benchmarks import alignments, costs, long_log, moves, snapshots, writes

    benchmarks: dict[str, Callable[[], list[Figure]]] = {
        **costs.BENCHMARKS,
        **writes.BENCHMARKS,
        **snapshots.BENCHMARKS,
        **moves.BENCHMARKS,
        **alignments.BENCHMARKS,
        **long_log.BENCHMARKS,
    }
    if unknown := sorted(set(names) - set(benchmarks)):
        raise SystemExit(
            f"No such benchmark: {', '.join(unknown)}. There are: {', '.join([*STANDALONE, *benchmarks])}."
        )
    with console.status("Making 2,000 accounts with deals and visits"):
        costs.stock()
    for name, benchmark in benchmarks.items():
        if names and name not in names:
            continue
        with console.status(name):
            figures = benchmark()
        console.print(_table(name, figures))


if __name__ == "__main__":
    sys.exit(main())
