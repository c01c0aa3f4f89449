"""Two web processes and two workers (or as many as are asked for) on one database; one is killed now and then, and started again."""

import subprocess
import sys
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Self

import httpx

from tests.config.serving import environment, free_port, until
from tests.flows.line import Line

SECRET = "a secret that only the farm of the tests uses"


class Farm:
    """The processes by name, and lines that lead to whichever web process lives."""

    def __init__(self, database_url: str, folder: Path, *, workers: int = 2, **settings: str) -> None:
        self.folder = folder
        self.ports = {"web 1": free_port(), "web 2": free_port()}
        self.names = [*self.ports, *(f"worker {number + 1}" for number in range(workers))]
        self.kills: list[str] = []
        self._settings = settings | {"DATABASE_URL": database_url}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lines: list[Line] = []

    def __enter__(self) -> Self:
        for name in self.names:
            self.start(name)
        self.until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            process.wait(60)

    def start(self, name: str) -> None:
        """Starts one of them."""
        env = environment(
            **self._settings,
            FIELDBEAT_DATA_DIR=str(self.folder),
            FIELDBEAT_SECRET_KEY=SECRET,
            FIELDBEAT_PORT=str(self.ports.get(name, 0) or free_port()),
        )
        with (self.folder / f"{name}.log").open("ab") as words:
            role = name.partition(" ")[0]
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "backend", role], env=env, stdout=words, stderr=words
            )

    def until_ready(self) -> None:
        """Waits until both web processes answer, and both workers live."""
        until(lambda: all(self._answers(name) for name in self.ports), "both web processes")
        assert all(process.poll() is None for process in self._running.values())

    def _answers(self, name: str) -> bool:
        try:
            return httpx.get(f"{self.base(name)}/readyz", timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def base(self, name: str) -> str:
        """Returns the address of a web process."""
        return f"http://127.0.0.1:{self.ports[name]}"

    def kill(self, chance: Random) -> None:
        """Kills one of them (-9), leads lines elsewhere, and starts it again."""
        name = chance.choice(self.names)
        self._running[name].kill()
        self._running[name].wait(60)
        self.kills.append(name)
        living = [one for one in self.ports if one != name]
        for line in self._lines:
            line.lead_to(self.base(chance.choice(living)))
        self.start(name)

    def line(self, chance: Random) -> Line:
        """Returns a line to one of the web processes, that leads to another one after a kill."""
        self._lines.append(Line(self.base(chance.choice(list(self.ports)))))
        return self._lines[-1]
