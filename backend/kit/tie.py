"""Ties a child process to its parent, so that a killed parent leaves nobody behind."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
# Found now and not after a fork, where looking up a library is not safe.
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def tie(parent: int, death: signal.Signals) -> None:
    """Makes the kernel send `death` to this process when the thread that started it ends (Linux; nothing elsewhere)."""
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if os.getppid() != parent:  # it ended before the call above
        os.kill(os.getpid(), death)


def tier(death: signal.Signals) -> Callable[[], None]:
    """Returns a preexec function for a child of this process; start the child from a thread that lives as long as it should."""
    parent = os.getpid()
    return lambda: tie(parent, death)
