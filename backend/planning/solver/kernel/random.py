"""Chance of our own (xorshift64*): the same numbers on every machine, and no state shared with anybody else."""

import numpy as np
from numpy.typing import NDArray

from backend.kit.compiled import kernel

Chance = NDArray[np.uint64]


def chance(seed: int) -> Chance:
    """Returns the state of a generator."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % 2**64
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    return np.array([mixed | 1], dtype=np.uint64)


@kernel
def fraction(state: Chance) -> float:
    """Returns a number from 0 up to, not including, 1."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@kernel
def below(state: Chance, limit: int) -> int:
    """Returns a whole number from 0 up to, not including, `limit`."""
    return int(fraction(state) * limit)
