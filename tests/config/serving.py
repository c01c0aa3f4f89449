"""Runs `fieldbeat` as an operator does: a real process, an environment of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

PATIENCE = 240.0

_OURS = ("DATABASE_URL", "TEST_DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")


def environment(**given: str) -> dict[str, str]:
    """Returns this process's environment without Fieldbeat's settings, plus the given ones."""
    kept = {key: value for key, value in os.environ.items() if key not in _OURS and not key.startswith("FIELDBEAT_")}
    return kept | {"FIELDBEAT_DEMO": "0", "NO_COLOR": "1"} | given


def free_port() -> int:
    """Returns a port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs `fieldbeat` with the words to its end."""
    return subprocess.run(
        [sys.executable, "-m", "backend", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def until(true: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Waits for a condition; fails with `what` when it does not come in `patience` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.05)


def alive(process: psutil.Process) -> bool:
    """Says whether the process still does anything."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@dataclass
class Serving:
    """One `fieldbeat serve`; its words are in `log`."""

    process: subprocess.Popen[bytes]
    base: str
    log: Path

    @classmethod
    def start(cls, folder: Path, patience: float = PATIENCE, /, **given: str) -> "Serving":
        """Starts it on a free port with its data in `folder`/data, and returns when it is ready."""
        port = free_port()
        log = folder / "serve.log"
        env = environment(FIELDBEAT_PORT=str(port), FIELDBEAT_DATA_DIR=str(folder / "data"), **given)
        with log.open("ab") as words:
            process = subprocess.Popen([sys.executable, "-m", "backend", "serve"], env=env, stdout=words, stderr=words)
        serving = cls(process, f"http://127.0.0.1:{port}", log)
        until(lambda: serving.ready() or process.poll() is not None, "readiness", patience)
        assert process.poll() is None, log.read_text()
        return serving

    def ready(self) -> bool:
        """Says whether it says so itself."""
        try:
            return httpx.get(f"{self.base}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def readiness(self) -> tuple[int, dict[str, str]]:
        """Returns the status and the checks of /readyz."""
        answer = httpx.get(f"{self.base}/readyz", timeout=30, trust_env=False)
        return answer.status_code, answer.json()["checks"]

    def all_of(self, role: str) -> list[psutil.Process]:
        """Returns the living processes of one role."""
        return [
            child
            for child in psutil.Process(self.process.pid).children()
            if alive(child) and child.cmdline()[1:4] == ["-m", "backend", role]
        ]

    def family(self) -> dict[str, psutil.Process]:
        """Returns every process it started, by role, with the database's own children by number."""
        found: dict[str, psutil.Process] = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                words = child.cmdline()
            except psutil.NoSuchProcess:  # it ended in this very moment
                continue
            role = words[words.index("backend") + 1] if "backend" in words else str(child.pid)
            found["database" if "-D" in words else role] = child
        return found

    def end(self, word: int) -> int:
        """Signals the supervisor alone and returns its exit code."""
        self.process.send_signal(word)
        return self.process.wait(PATIENCE)
