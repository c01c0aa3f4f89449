"""What can be wrong with one connection, and whole seasons of it from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random


class Ending(Enum):
    """How a connection ends once it has carried what it may."""

    CUT = "cut"
    """Both sides are told."""
    RESET = "reset"
    """Both sides are told rudely; what was on its way is lost."""
    SILENCE = "silence"
    """Nobody is told: nothing comes any more, and nothing says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`up`, `down`: how many bytes from the phone, and to it, are carried before the ending. `piece`: bytes at a time,
    `wait`: seconds before each piece. `again_after`: every byte of the phone's is said to the server once more, so many
    seconds later, on a connection whose answers nobody hears."""

    up: int | None = None
    down: int | None = None
    ending: Ending = Ending.CUT
    piece: int = 65536
    wait: float = 0.0
    again_after: float | None = None


GOOD = Fault()
SLOW = Fault(wait=0.05)
DRIPPING = Fault(piece=1)


def weather(seed: int) -> Iterator[Fault]:
    """Yields faults without end, each of which strikes sooner or later; the same seed yields the same."""
    chance = Random(seed)
    while True:
        size = int(10 ** chance.uniform(0, 4.3))
        ending = chance.choices(list(Ending), (6, 6, 1))[0]
        yield Fault(
            up=size if chance.random() < 0.3 else None,
            down=size if chance.random() < 0.7 else 20_000,
            ending=ending,
            piece=chance.choice([65536, 65536, 65536, 1, 7]),
            wait=0.03 if chance.random() < 0.1 else 0.0,
            again_after=chance.choice([0.0, 0.05]) if chance.random() < 0.2 else None,
        )
