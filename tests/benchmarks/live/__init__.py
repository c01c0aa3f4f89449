"""`make bench ARGS=live`: live updates of one process, ours beside others. See docs/benchmarks.md.

ARGS="live 3" plays 3 rounds; ARGS="live 3 burst" only the bursts; there are burst, targeted, pokes, idle."""

import os
import resource
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console

from tests.benchmarks.own_database import own_database

ROUNDS = 5
SUBSCRIBERS = 1_000
IDLE_SOCKETS = 5_000
PARTS = ("burst", "targeted", "pokes", "idle")


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints the tables. `arguments`: how many rounds, then the parts that are wanted."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    wanted = set(arguments[1:]) or set(PARTS)
    if wanted - set(PARTS):
        raise SystemExit(f"There are: {', '.join(PARTS)}.")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with own_database() as (folder, database):
        _measure(rounds, wanted, folder, database, console)


def _measure(rounds: int, wanted: set[str], folder: Path, database: str, console: Console) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests.benchmarks.gateway.report import load
    from tests.benchmarks.live.measuring import POKES, QUERY, Heard, Idle, Measuring
    from tests.benchmarks.live.people import people
    from tests.benchmarks.live.report import POKE, tables
    from tests.benchmarks.live.stacks import OURS, client, stacks
    from tests.benchmarks.running import Accounts

    started = load()
    with console.status(f"Making {SUBSCRIBERS:,} people"):
        crowd = people(SUBSCRIBERS)
    with ExitStack() as ends:
        every = ends.enter_context(stacks(database, folder, dict(os.environ)))
        accounts, listening = Accounts(database), client(dict(os.environ))
        ends.callback(accounts.close)
        ends.callback(listening.close)
        measuring = Measuring(accounts, listening, crowd)
        idle: dict[str, Idle] = {}
        for name, stack in every.items() if "idle" in wanted else ():
            with console.status(f"{name}: {IDLE_SOCKETS:,} sockets that hear nothing"):
                idle[name] = measuring.idle(stack, IDLE_SOCKETS)
        heard: dict[str, Heard] = {}
        servers = {}
        for name, stack in every.items() if wanted - {"idle"} else ():
            servers[name] = stack.start()
            ends.callback(servers[name].stop)
        if wanted & {"burst", "targeted"}:
            for name in every:
                with console.status(f"{name}: {SUBSCRIBERS:,} sockets"):
                    measuring.connect(name, servers[name], QUERY, SUBSCRIBERS)
                    measuring.warm(every[name], servers[name])
                    heard[name] = Heard()
            for number in range(rounds):
                for name in list(every)[:: -1 if number % 2 else 1]:
                    with console.status(f"{name}: round {number + 1} of {rounds}"):
                        if "burst" in wanted:
                            measuring.burst(every[name], servers[name], heard[name])
                        if "targeted" in wanted:
                            measuring.targeted(every[name], heard[name])
            for name in every:
                measuring.close(name)
        if "pokes" in wanted:
            heard[POKE] = Heard()
            measuring.connect("pokes", servers[OURS], POKES, SUBSCRIBERS)
            measuring.all_poked()
            for number in range(rounds):
                with console.status(f"{POKE}: round {number + 1} of {rounds}"):
                    measuring.pokes(every[OURS], heard[POKE])
            measuring.close("pokes")
        tables(heard, idle, rounds, console, started)
