"""Compiles the kernels, and keeps what was compiled on disk so that only the first process waits for it."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba

from backend.planning.solver.kernel import place

P = ParamSpec("P")
R = TypeVar("R")


def fingerprint() -> str:
    """Returns the mark of the kernels' sources and of the compiler.

    A compiled file knows only the age of its own source, not of what it calls, hence one mark for them all.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    mark = hashlib.sha256(b"".join([numba.__version__.encode(), *(one.read_bytes() for one in sources)]))
    return mark.hexdigest()[:16]


def writable(folder: Path) -> Path:
    """Returns the folder, made if need be, or one for this machine's life where that is forbidden."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        allowed = os.access(folder, os.W_OK)
    except OSError:
        allowed = False
    return folder if allowed else Path(tempfile.gettempdir()) / "fieldbeat-kernels"


numba.config.CACHE_DIR = str(writable(place.base()) / fingerprint())


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a kernel of a function: compiled at its first call, or read from the disk."""
    kernel: Callable[P, R] = numba.njit(cache=True, error_model="numpy", _nrt=False)(function)
    return kernel
