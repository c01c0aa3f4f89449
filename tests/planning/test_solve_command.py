"""`fieldbeat solve` as an operator runs it: JSON on standard output, refusals elsewhere, and no database."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROBLEM = {
    "matrix": [[0, 600, 900], [600, 0, 420], [900, 420, 0]],
    "clients": [
        {"id": "deli", "location": 1, "prize": 40, "service": 1800, "windows": [[32400, 43200], [50400, 61200]]},
        {"id": 7, "location": 2, "prize": 25, "service": 1200, "required": True, "windows": [[0, 32000]]},
        {"id": "night", "location": 2, "prize": 5, "windows": [[0, 3600]]},
    ],
    "shifts": [{"id": "mon", "start": 0, "end": 0, "window": [28800, 61200]}],
}


def run(folder: Path, *arguments: str, asked: str | None = None) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "XDG_CACHE_HOME", "LANG") if name in os.environ}
    environment = kept | {
        "FIELDBEAT_DATA_DIR": str(folder),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "NUMBA_DISABLE_JIT": "1",
    }
    return subprocess.run(
        [sys.executable, "-m", "backend", "solve", *arguments],
        input=asked,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_a_problem_is_solved_and_told_as_json(tmp_path: Path) -> None:
    problem = tmp_path / "problem.json"
    problem.write_text(json.dumps(PROBLEM))
    done = run(tmp_path, str(problem), "--iterations", "20", "--seed", "7")
    told: dict[str, Any] = json.loads(done.stdout)
    assert told == {
        "prize": 65,
        "routes": [{"shift": "mon", "stops": [{"id": 7, "start": 29700}, {"id": "deli", "start": 32400}]}],
        "dropped": [{"id": "night", "reason": "NO_WINDOW_FITS"}],
        "seed": 7,
        "iterations": 20,
        "engine": "own",
    }
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("asked", "code"),
    [("no json", "PROBLEM_INVALID"), (json.dumps({**PROBLEM, "matrix": [[0]]}), "LOCATION_UNKNOWN")],
)
def test_a_refusal_has_a_code_and_prints_no_plan(tmp_path: Path, asked: str, code: str) -> None:
    done = run(tmp_path, "-", asked=asked)
    assert done.returncode != 0
    assert code in done.stderr
    assert done.stdout == ""
