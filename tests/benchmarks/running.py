"""A server that is measured: its processes, its own connections to the database, and what both have cost so far."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import psycopg

from backend.kit.tie import tier

READY_SECONDS = 90


def free_port() -> int:
    """Returns a port that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _cpu(pid: int) -> int:
    """Returns the CPU nanoseconds of a process, of all its threads, by the kernel's own account."""
    try:
        return time.clock_gettime_ns((~pid << 3) | 2)  # the clock that clock_getcpuclockid(3) names
    except OSError:  # it has ended
        return 0


@dataclass
class Running:
    """One server. `name` is also how its connections call themselves (application_name)."""

    name: str
    words: Sequence[str | Path]
    port: int
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    ready: str = ""
    """A path that answers 200 once it is ready; without one, its open port says so."""
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Running":
        """Starts it, and returns when its port answers."""
        with self.log.open("wb") as words:
            self._process = subprocess.Popen(
                self.words,
                env={**os.environ, **self.environment},
                pass_fds=self.pass_fds,
                stdout=words,
                stderr=words,
                start_new_session=True,
                preexec_fn=tier(signal.SIGTERM),  # noqa: PLW1509  (it makes one system call)
            )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with suppress(OSError, httpx.HTTPError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                url = f"http://127.0.0.1:{self.port}{self.ready}"
                if not self.ready or httpx.get(url, trust_env=False, timeout=5).status_code == 200:
                    return self
            time.sleep(0.05)
        self.stop()
        raise SystemExit(f"{self.name} did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """Ends it with all its processes."""
        if self._process is None:
            return
        for word, patience in ((signal.SIGTERM, 8), (signal.SIGKILL, 8)):
            if self._process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, word)
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(patience)

    @property
    def pid(self) -> int:
        """Returns the number of its first process."""
        assert self._process is not None
        return self._process.pid

    def tree(self) -> list[int]:
        """Returns its processes."""
        first = psutil.Process(self.pid)
        return [first.pid, *(child.pid for child in first.children(recursive=True))]

    def resident(self) -> int:
        """Returns the kilobytes it holds now."""
        return sum(_kilobytes(pid, "VmRSS") for pid in self.tree())

    def forget_peak(self) -> None:
        """Lets the peak begin anew, at what it holds now."""
        for pid in self.tree():
            Path(f"/proc/{pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """Returns the most kilobytes it has held since `forget_peak`."""
        return sum(_kilobytes(pid, "VmHWM") for pid in self.tree())


def _kilobytes(pid: int, name: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


class Accounts:
    """Keeps the account of all servers of a run, over a connection of its own."""

    def __init__(self, database: str) -> None:
        self._line = psycopg.connect(database, autocommit=True, application_name="bench-accounts")

    def close(self) -> None:
        """Lets the connection go."""
        self._line.close()

    def spent(self, server: Running) -> dict[int, int]:
        """Returns CPU nanoseconds, by process: the server's own and the backends that work for it."""
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        backends = [row[0] for row in self._line.execute(asked, [server.name])]
        return {pid: _cpu(pid) for pid in [*server.tree(), *backends]}

    def since(self, server: Running, before: Mapping[int, int]) -> tuple[float, float]:
        """Returns the CPU milliseconds of the server and of its backends since `spent`; one that began since counts whole."""
        own = set(server.tree())
        parts = [0.0, 0.0]
        for pid, now in self.spent(server).items():
            parts[pid not in own] += (now - before.get(pid, 0)) / 1e6
        return parts[0], parts[1]
