"""Other solvers, in an environment of their own: one of them pins what the app cannot live with."""

import json
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from backend.planning.solver.problem import Problem

ROOT = Path(__file__).parents[3]
ENVIRONMENT = ROOT / ".venv-bench"
PACKAGES = ("ortools==9.15.*", "pyvroom==1.15.*", "numpy>=2")
RUN = Path(__file__).with_name("run.py")

Order = dict[str, list[str]]


def python() -> Path:
    """Returns the interpreter of the rivals' environment, which is made at the first call."""
    interpreter = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / ".ready"
    if not ready.exists() or ready.read_text() != " ".join(PACKAGES):
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        subprocess.run([interpreter, "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        ready.write_text(" ".join(PACKAGES))
    return interpreter


def run(rival: str, problems: Sequence[Problem], seconds: float) -> list[tuple[Order, float]]:
    """Returns for every problem the plan that the rival finds in so many CPU seconds, and those it took."""
    asked = [
        {
            "matrix": problem.matrix.tolist(),
            "clients": [
                (one.location, one.prize, one.required, one.service, [(w.start, w.end) for w in one.windows or ()])
                for one in problem.clients
            ],
            "shifts": [(one.start, one.end, one.window.start, one.window.end) for one in problem.shifts],
        }
        for problem in problems
    ]
    found = subprocess.run(
        [python(), RUN, rival, str(seconds)], input=json.dumps(asked).encode(), stdout=subprocess.PIPE, check=True
    )
    plans: list[tuple[Order, float]] = []
    for problem, (routes, took) in zip(problems, json.loads(found.stdout.splitlines()[-1]), strict=True):
        ids = [client.id for client in problem.clients]
        order = {shift.id: [ids[k] for k in route] for shift, route in zip(problem.shifts, routes, strict=True)}
        plans.append((order, took))
    return plans


if __name__ == "__main__":
    sys.stdout.write(f"{python()}\n")
