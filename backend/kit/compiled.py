"""The door to numba: numeric inner loops are compiled once, and what was compiled is kept for the next process.

numba asks only whether the file of a function changed, not the files of those it calls. So what is kept lies in a folder
named for the text of all files that come through this door: a new version never runs loops of the old one."""

import hashlib
import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., object])

COMPILES = find_spec("numba") is not None
"""Says whether numba is here; without it the same functions run as plain Python, some hundred times slower."""


@cache
def kept_in() -> Path:
    """Returns the folder for what is compiled, beneath FIELDBEAT_KERNEL_CACHE or the user's own cache folder."""
    together = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        text = path.read_bytes()
        if b"from backend.kit.compiled import" in text:
            together.update(text)
    base = os.environ.get("FIELDBEAT_KERNEL_CACHE") or os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "fieldbeat" / "compiled" / together.hexdigest()[:16]


def compiled(function: F) -> F:
    """Compiles a numeric function at its first call, or finds it compiled by an earlier process."""
    if not COMPILES:
        return function
    import numba

    config: Any = import_module("numba.core.config")
    # The folder is asked for at this moment only; another room keeps its own elsewhere.
    before = config.CACHE_DIR
    config.CACHE_DIR = str(kept_in())
    try:
        return cast(F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = before
