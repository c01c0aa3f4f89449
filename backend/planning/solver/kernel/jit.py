"""Compiles the kernels, and keeps what was compiled on disk so that only the first process waits for it."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numba

from backend.planning.solver.kernel import place

P = ParamSpec("P")
R = TypeVar("R")

# Its types know neither this setting nor the option below.
config: Any = numba.config
njit: Any = numba.njit
config.CACHE_DIR = str(place.folder())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a kernel of a function: compiled at its first call, or read from the disk.

    Kernels allocate nothing, so they need not count who holds an array (which cost more than their work), and they let
    other threads run meanwhile.
    """
    kernel: Callable[P, R] = njit(cache=True, error_model="numpy", nogil=True, _nrt=False)(function)
    return kernel
