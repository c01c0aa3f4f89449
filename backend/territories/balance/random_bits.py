"""Chance for compiled loops: a stream of its own for each search, so that the same seed gives the same result everywhere."""

import numpy as np
from numpy.typing import NDArray

from backend.kit.compiled import compiled

Stream = NDArray[np.uint64]
"""One cell: the state of the stream."""


def stream(seed: int) -> Stream:
    """Returns a stream that starts at `seed`; neighbouring seeds give unlike streams."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % (1 << 64)
    return np.array([mixed or 1], dtype=np.uint64)


@compiled
def draw(state: Stream) -> float:
    """Returns the next number of the stream, at least 0 and below 1 (xorshift64*)."""
    bits = state[0]
    bits ^= bits >> np.uint64(12)
    bits ^= bits << np.uint64(25)
    bits ^= bits >> np.uint64(27)
    state[0] = bits
    return float((bits * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0
