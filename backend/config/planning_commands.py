"""`fieldbeat solve`."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

SECONDS = 1.0


def add_to(app: typer.Typer) -> None:
    """Adds the command; it needs no database."""

    @app.command()
    def solve(
        problem: Annotated[Path, typer.Argument(help="A problem as JSON (docs/planning.md); - reads standard input.")],
        cpu_seconds: Annotated[
            float | None, typer.Option(min=0.0, help="CPU seconds to search; 1 where nothing else limits it.")
        ] = None,
        iterations: Annotated[
            int | None, typer.Option(min=0, help="Rounds to search: the same plan on every machine.")
        ] = None,
        seed: Annotated[int, typer.Option(help="The same seed and iterations give the same plan.")] = 1,
    ) -> None:
        """Plan which clients to visit and in which order, and print the plan as JSON."""
        from backend.kit.errors import Invalid
        from backend.planning.problem_file import answer, read
        from backend.planning.solver import engine
        from backend.planning.solver.solve import solve as plan
        from backend.planning.solver.stop import Stop

        try:
            text = sys.stdin.buffer.read() if str(problem) == "-" else problem.read_bytes()
        except OSError as error:
            raise Invalid(
                "PROBLEM_UNREADABLE", f"{problem}: {error.strerror}", fields={"problem": "unreadable"}
            ) from error
        file = read(text)
        if cpu_seconds is None and iterations is None:
            cpu_seconds = SECONDS
        engine.warm()
        result = plan(file.problem, seed=seed, stop=Stop(iterations=iterations, cpu_seconds=cpu_seconds))
        sys.stdout.write(json.dumps(answer(file, result)) + "\n")
