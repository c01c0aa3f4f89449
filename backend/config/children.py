"""The processes that `fieldbeat serve` keeps: each in its own group, started again when it dies, ended together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from backend.kit.tie import tier

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
HEALTHY_SECONDS = 60.0
GRACE_SECONDS = 10.0


@dataclass
class Child:
    """One `fieldbeat` process; `words` is its command line after the program's name."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    _began: float = 0.0
    _pause: float = FIRST_PAUSE
    _due: float | None = None

    def start(self) -> None:
        """Starts it, from the main thread: the kernel ends it when that thread ends."""
        self._began = time.monotonic()
        self._due = None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend", *self.words],
            env={**os.environ, **self.environment},
            pass_fds=self.pass_fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal must reach the supervisor alone
            preexec_fn=tier(signal.SIGTERM),  # noqa: PLW1509  (it makes one system call)
        )

    def ended(self) -> int | None:
        """Returns its exit code, or None while it runs."""
        return None if self.process is None else self.process.poll()

    def revive(self) -> float | None:
        """Starts it again if it died and its pause is over; returns the pause, in seconds, when one begins now."""
        if self.ended() is None:
            return None
        now = time.monotonic()
        if self._due is None:
            if now - self._began > HEALTHY_SECONDS:
                self._pause = FIRST_PAUSE
            self._due, pause = now + self._pause, self._pause
            self._pause = min(LONGEST_PAUSE, self._pause * 2)
            return pause
        if now >= self._due:
            self.start()
        return None

    def send(self, word: signal.Signals) -> None:
        """Signals its whole group, if it runs."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, word)


def stop(children: Sequence[Child]) -> None:
    """Ends them all: politely, and after GRACE_SECONDS by force; returns when none is left."""
    for child in children:
        child.send(signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for child in children:
        if child.process is not None:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.send(signal.SIGKILL)
                child.process.wait()


def kill(children: Sequence[Child]) -> None:
    """Ends them all at once, whatever they do."""
    for child in children:
        child.send(signal.SIGKILL)
