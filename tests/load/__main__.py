"""`python -m tests.load --devices 500 --minutes 10`: locust against two web processes; says what was asked, what failed, and how
much memory each process held, minute by minute. Locust lives in an environment of its own under data/load."""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections import defaultdict
from pathlib import Path
from typing import Any

import psutil

from backend.kit import embedded_postgres
from tests.config.serving import Serving, alive, environment, run

TOOLS = ("locust==2.47.0", "websocket-client==1.9.0")
FOLDER = Path(__file__).parents[2] / "data" / "load"
SECRET = "only for the length of a load test, and for nothing else"
GROWTH = 1.15
"""So much more than after the first third a process may hold at the end, and be called flat."""


def locust() -> str:
    """Returns the program, installed at the first call."""
    home = FOLDER / "python"
    ready = home / ".ready"
    if not ready.exists() or ready.read_text() != " ".join(TOOLS):
        venv.create(home, with_pip=True, clear=True)
        subprocess.run([home / "bin" / "python", "-m", "pip", "install", "--quiet", *TOOLS], check=True)
        ready.write_text(" ".join(TOOLS))
    return str(home / "bin" / "locust")


def say(words: str) -> None:
    """Says a line."""
    sys.stdout.write(f"{words}\n")


def held(serving: Serving) -> dict[str, float]:
    """Returns how much memory each process of ours holds of its own, in MB, by role and number."""
    found: dict[str, float] = {}
    for role in ("web", "worker", "jobs"):
        for child in serving.all_of(role):
            if alive(child):
                found[f"{role} {child.pid}"] = child.memory_full_info().uss / 1e6
    return found


def main() -> int:
    """Runs it; returns 0 when nothing failed and memory was flat."""
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--devices", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--every", type=float, default=30, help="seconds between two rounds of a device")
    given = parser.parse_args()
    program = locust()
    with tempfile.TemporaryDirectory(prefix="fb-") as folder:
        database = embedded_postgres.start(Path(folder) / "database")
        try:
            env = environment(
                DATABASE_URL=database.uri,
                FIELDBEAT_SECRET_KEY=SECRET,
                FIELDBEAT_DATA_DIR=folder,
                DJANGO_SETTINGS_MODULE="backend.config.settings",
            )
            assert run("migrate", env=env).returncode == 0
            subprocess.run([sys.executable, "-m", "tests.load.planting"], env=env, check=True)
            serving = Serving.start(
                Path(folder), DATABASE_URL=database.uri, FIELDBEAT_SECRET_KEY=SECRET, FIELDBEAT_WEB_PROCESSES="2"
            )
            try:
                return _play(program, serving, given)
            finally:
                serving.process.terminate()
                serving.process.wait(60)
        finally:
            database.stop()


def _play(program: str, serving: Serving, given: argparse.Namespace) -> int:
    seconds = int(given.minutes * 60)
    words = [program, "-f", str(Path(__file__).with_name("locustfile.py")), "--headless", "--json", "--skip-log"]
    words += ["-u", str(given.devices), "-r", str(max(1, given.devices // 30)), "-t", f"{seconds}s", "-H", serving.base]
    memory: dict[str, list[float]] = defaultdict(list)
    asked = environment(LOAD_EVERY=str(given.every))
    with tempfile.TemporaryFile("w+") as said:
        playing = subprocess.Popen(words, stdout=said, stderr=subprocess.DEVNULL, env=asked)
        begun = time.monotonic()
        while playing.poll() is None:
            for name, size in held(serving).items():
                memory[name].append(size)
            # A look each minute, and more often where there are few.
            _wait(playing, min(60.0, max(5.0, seconds / 10)))
        said.seek(0)
        stats: list[dict[str, Any]] = json.loads(said.read() or "[]")
    _tell(stats, memory, time.monotonic() - begun, psutil.getloadavg()[0])
    failed = sum(one["num_failures"] for one in stats)
    flat = all(sizes[-1] <= GROWTH * sizes[len(sizes) // 3] for sizes in memory.values())
    say(f"\n{failed} failures; memory is {'flat' if flat else 'NOT flat'}.")
    return 0 if stats and not failed and flat else 1


def _wait(playing: "subprocess.Popen[bytes]", seconds: float) -> None:
    try:
        playing.wait(seconds)
    except subprocess.TimeoutExpired:
        return


def _tell(stats: list[dict[str, Any]], memory: dict[str, list[float]], seconds: float, load: float) -> None:
    say(f"{seconds:.0f} s; load of the machine at the end {load:.1f}\n")
    say(f"{'what':<16}{'asked':>8}{'failed':>8}{'a second':>10}{'mean ms':>10}{'longest':>10}")
    for one in stats:
        asked = one["num_requests"]
        mean = one["total_response_time"] / max(1, asked)
        say(
            f"{one['name']:<16}{asked:>8}{one['num_failures']:>8}{asked / seconds:>10.1f}{mean:>10.0f}"
            f"{one['max_response_time']:>10.0f}"
        )
    say("\nMB held by each process, from look to look:")
    for name, sizes in memory.items():
        say(f"{name:<16}" + " ".join(f"{size:.0f}" for size in sizes))


if __name__ == "__main__":
    sys.exit(main())
