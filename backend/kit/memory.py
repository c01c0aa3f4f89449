"""How a process keeps memory that it has given back."""

import ctypes
import sys

ARENAS = 2
_M_ARENA_MAX = -8


def few_arenas() -> bool:
    """Has all threads share a few heaps, where the C library is glibc; says whether it was understood.

    Else each thread of a pool keeps as much as the largest answer that it ever made: a process that answers with megabytes
    grew by 200 MB. Python's threads take turns anyhow."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and bool(mallopt(_M_ARENA_MAX, ARENAS))
