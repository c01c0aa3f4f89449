"""The door to numba: numeric inner loops are compiled once, and what was compiled is kept for the next process.

numba asks only whether the file of a function changed, not the files of those it calls. So what is kept lies in a folder
named for the text of all files that come through this door: a new version never runs loops of the old one."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

COMPILES = find_spec("numba") is not None
"""Says whether numba is here; without it the same functions run as plain Python, some hundred times slower."""

DOOR = b"from backend.kit.compiled import"


@cache
def kept_in() -> Path:
    """Returns the folder for what this version compiles, beneath the user's own for caches (XDG_CACHE_HOME names another); one
    for this process alone where that cannot be written."""
    caches = os.environ.get("XDG_CACHE_HOME")
    base = Path(caches) if caches else Path.home() / ".cache"
    chosen = base / "fieldbeat" / "compiled" / _fingerprint()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _own()
    return chosen if os.access(chosen, os.W_OK) else _own()


def _own() -> Path:
    # Never a place that others can write to: what lies there is run.
    return Path(tempfile.mkdtemp(prefix="fieldbeat-compiled-"))


def _fingerprint() -> str:
    home = Path(__file__).parent.parent
    sources = (path.read_bytes() for path in sorted(home.rglob("*.py")))
    numba = version("numba").encode() if COMPILES else b""
    # numba tells functions apart by where their file lies: another copy of the program finds nothing of this one's.
    parts = [str(home).encode(), numba, *(text for text in sources if DOOR in text)]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]


def compiled(function: F) -> F:
    """Compiles a numeric function at its first call, or finds it compiled by an earlier process."""
    return _through_numba(function)


def kernel(function: F) -> F:
    """Compiles as `compiled` does a function that allocates nothing, and so need not count who holds an array: for the
    innermost loops the counting costs more than their work."""
    return _through_numba(function, _nrt=False)


def _through_numba(function: F, **options: object) -> F:
    if not COMPILES:
        return function
    import numba

    # Its types know neither this setting nor all of the options.
    config: Any = import_module("numba.core.config")
    njit: Any = numba.njit
    # The folder is asked for at this moment only; another library keeps its own elsewhere.
    before = config.CACHE_DIR
    config.CACHE_DIR = str(kept_in())
    try:
        return cast(F, njit(cache=True, nogil=True, error_model="numpy", **options)(function))
    finally:
        config.CACHE_DIR = before
