"""Compiles the kernels, and keeps what was compiled on disk so that only the first process waits for it."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

P = ParamSpec("P")
R = TypeVar("R")


@cache
def cache_folder() -> Path:
    """Returns where compiled kernels are kept: one folder for each version of their sources and of the compiler.

    A compiled file knows only the age of its own source, not of what it calls, hence the fingerprint of them all.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    mark = hashlib.sha256(b"".join([numba.__version__.encode(), *(one.read_bytes() for one in sources)])).hexdigest()
    base = os.environ.get("FIELDBEAT_KERNEL_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "fieldbeat" / "kernels" / mark[:16]


numba.config.CACHE_DIR = str(cache_folder())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a kernel of a function: compiled at its first call, or read from the disk."""
    kernel: Callable[P, R] = numba.njit(cache=True, error_model="numpy", _nrt=False)(function)
    return kernel


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a kernel that its callers take in whole, because it is small and called for every place of every route."""
    kernel: Callable[P, R] = numba.njit(cache=True, error_model="numpy", inline="never")(function)
    return kernel
