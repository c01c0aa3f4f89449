"""`make bench ARGS=gateway`: our gateway beside other ways to read the same rows. See docs/benchmarks.md.

ARGS="gateway 3" plays 3 rounds; ARGS="gateway 3 flat" the flat lists alone; there are flat, nested, small, rates."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.benchmarks.own_database import own_database

ROUNDS = 7
ACCOUNTS = 100_000
SHAPES = ("flat", "nested", "small", "rates")


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints the tables. `arguments`: how many rounds, then the shapes that are wanted."""
    rounds = int(arguments[0]) if arguments else ROUNDS
    wanted = set(arguments[1:]) or set(SHAPES)
    if wanted - set(SHAPES):
        raise SystemExit(f"There are: {', '.join(SHAPES)}.")
    with own_database() as (folder, database):
        _measure(rounds, wanted, folder, database, console)


def _measure(rounds: int, wanted: set[str], folder: Path, database: str, console: Console) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from backend.crm.models import Account
    from tests.benchmarks.gateway.line import hammer
    from tests.benchmarks.gateway.questions import Ask
    from tests.benchmarks.gateway.report import STOCK, load, tables
    from tests.benchmarks.gateway.rounds import BULK, CONNECTIONS, HAMMER_SECONDS, Rounds, check_equal
    from tests.benchmarks.gateway.stock import stock
    from tests.benchmarks.gateway.variants import variants
    from tests.benchmarks.running import Accounts

    started = load()
    with console.status(f"Making {ACCOUNTS:,} accounts"):
        world = stock(ACCOUNTS)
    row = Account.objects.order_by("name", "id")[5_000].pk
    sizes = [(shape, n) for shape, n in BULK if shape in wanted]
    with variants(world, database, folder) as every:
        with console.status("Comparing the answers"):
            check_equal(every, sizes, row)
        accounts = Accounts(database)
        view = Ask("GET", f"/account?id={row}", None, list)
        port = every["strawberry-django"].server.port
        played = Rounds(every, accounts, row)
        for number in range(rounds):
            with console.status(f"Round {number + 1} of {rounds}"):
                played.bulk(sizes)
                if "small" in wanted:
                    played.small()
                if "rates" in wanted:
                    other = {STOCK: lambda: hammer(port, view, None, connections=CONNECTIONS, seconds=HAMMER_SECONDS)}
                    played.rates(other)
        accounts.close()
        tables(played.found, rounds, console, started)
