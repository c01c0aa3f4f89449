"""How long to wait before trying again: twice as long each time, never in step with other phones."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Patience:
    """`tries` in all, the nth wait between half and the whole of `base * 2**n` seconds, `cap` at most."""

    tries: int = 4
    base: float = 0.5
    cap: float = 60.0
    sleep: Callable[[float], object] = time.sleep
    chance: Callable[[], float] = field(default=random.random)

    def wait(self, attempt: int, least: float = 0.0) -> None:
        """Sleeps after attempt 0, 1, 2 …; `least` seconds at least, where somebody said so."""
        self.sleep(self.seconds(attempt, least))

    def seconds(self, attempt: int, least: float = 0.0) -> float:
        """Returns the length of that sleep."""
        whole = min(self.cap, self.base * 2.0 ** min(attempt, 30))
        own = whole * (0.5 + self.chance() / 2)
        # Who was told the same second as others comes a little after it.
        return max(own, least + self.base * self.chance()) if least else own
