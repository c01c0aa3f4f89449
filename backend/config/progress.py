"""Says what is being done, so that a long step never looks like a dead one."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status


class Progress:
    """On a terminal a turning mark with the step's name and seconds; elsewhere one line for each step."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._began = time.monotonic()
        self._step = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.done()

    def step(self, text: str) -> None:
        """Ends the step before, and begins this one."""
        self.done()
        self._step, self._began = text, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._console.print(f"{text} ...", highlight=False)

    def detail(self, text: str) -> None:
        """Says how far the step at hand has come; only a terminal shows it."""
        if self._status is not None:
            self._status.update(f"{self._step}: {text}")

    def done(self) -> None:
        """Ends the step at hand with the time it took."""
        if self._status is not None:
            self._status.stop()
            self._status = None
            self._console.print(
                f"[green]✓[/green] {self._step} [dim]{time.monotonic() - self._began:.1f} s[/dim]", highlight=False
            )
