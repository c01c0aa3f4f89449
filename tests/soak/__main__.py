"""`make soak ROUNDS=10000 SEED=1 JOBS=2`: the model test for as long as one likes; asked again, it goes on where it stopped."""

import argparse
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import psycopg

from backend.kit import embedded_postgres
from tests.soak.chapters import ROUNDS, TEMPLATE, begin, environment, play_chapter

SEEDS_APART = 1_000_000


def main() -> int:
    """Plays all chapters that are not in the file yet; returns an exit code."""
    # Ended from outside, it ends its PostgreSQL too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--rounds", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--file", type=Path, help="where the figures are kept (soak-SEED.jsonl)")
    given = parser.parse_args()
    kept = given.file or Path(f"soak-{given.seed}.jsonl")
    done = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    good = {one["seed"]: one for one in done if "failure" not in one}
    chapters = [
        (given.seed * SEEDS_APART + number, min(ROUNDS, given.rounds - number * ROUNDS))
        for number in range(-(-given.rounds // ROUNDS))
    ]
    wanted = [(seed, rounds) for seed, rounds in chapters if good.get(seed, {}).get("rounds") != rounds]
    played = {seed: good[seed] for seed, rounds in chapters if (seed, rounds) not in wanted}
    if played:
        say(f"{sum(one['rounds'] for one in played.values()):,} rounds were played before ({kept}).")
    began = time.monotonic()
    failures = _play(wanted, played, given.jobs, kept) if wanted else []
    _tell(list(played.values()), time.monotonic() - began)
    for failure in failures:
        again = f"CROWD_SEED={failure['seed']} CROWD_ROUNDS={ROUNDS} python -m pytest tests/sync/test_model.py -k given"
        say(f"\n{failure['failure']}\n\nTo play it again:\n    {again}")
    return 1 if failures else 0


def _play(
    wanted: list[tuple[int, int]], played: dict[int, dict[str, Any]], jobs: int, kept: Path
) -> list[dict[str, Any]]:
    failures: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="fieldbeat-soak-") as folder:
        server = embedded_postgres.start(Path(folder), durable=False)
        try:
            _lay_out(server.uri, folder)
            pool = ProcessPoolExecutor(
                jobs,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=begin,
                initargs=(server.uri, folder),
            )
            with pool, kept.open("a") as figures:
                waiting = [pool.submit(play_chapter, server.uri, seed, rounds) for seed, rounds in wanted]
                for number, chapter in enumerate(as_completed(waiting), 1):
                    one = chapter.result()
                    figures.write(json.dumps(one) + "\n")
                    figures.flush()
                    if "failure" in one:
                        failures.append(one)
                        say(f"seed {one['seed']} failed")
                    else:
                        played[one["seed"]] = one
                    if number % 10 == 0 or number == len(wanted):
                        say(f"{sum(one['rounds'] for one in played.values()):,} rounds played, {len(failures)} failed")
        finally:
            server.stop()
    return failures


def _lay_out(server: str, folder: str) -> None:
    """Makes the database that each chapter begins with a copy of."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{TEMPLATE}"'.encode())
    subprocess.run(
        [sys.executable, "-m", "backend", "manage", "migrate", "-v", "0"],
        env=os.environ | environment(server, TEMPLATE, folder),
        check=True,
    )


def _tell(played: list[dict[str, Any]], seconds: float) -> None:
    total: Counter[str] = Counter()
    for one in played:
        total.update({name: number for name, number in one.items() if name not in ("seed", "seconds")})
    busy = sum(one["seconds"] for one in played)
    for name, number in sorted(total.items(), key=lambda item: (item[0] != "rounds", item[0])):
        say(f"{number:>12,} {name}")
    say(f"{seconds:>12,.0f} seconds now, {busy:,.0f} seconds of all processes together")


def say(what: str) -> None:
    """Says it at once, also into a file."""
    print(what, flush=True)  # noqa: T201 - this is what one runs it for


if __name__ == "__main__":
    sys.exit(main())
