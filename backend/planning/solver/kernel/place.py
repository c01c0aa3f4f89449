"""Where compiled kernels are kept; to be said before the first of them is imported."""

import hashlib
import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

_said: list[Path] = []


def keep_in(folder: Path) -> None:
    """Keeps what is compiled from now on in this folder."""
    _said[:] = [folder]


def base() -> Path:
    """Returns the folder that was said, else the user's own for caches."""
    if _said:
        return _said[0]
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "fieldbeat-kernels"


def folder() -> Path:
    """Returns where this version's kernels are, made if need be, or a place for this process alone where that is forbidden."""
    chosen = base() / fingerprint()
    try:
        chosen.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _own()
    return chosen if os.access(chosen, os.W_OK) else _own()


@cache
def _own() -> Path:
    # Never a place that others can write to: what lies there is run.
    return Path(tempfile.mkdtemp(prefix="fieldbeat-kernels-"))


@cache
def fingerprint() -> str:
    """Returns the mark of the kernels' sources and of the compiler.

    A compiled file knows only the age of its own source, not of what it calls, hence one mark for them all.
    """
    sources = sorted(Path(__file__).parent.glob("*.py"))
    mark = hashlib.sha256(b"".join([version("numba").encode(), *(one.read_bytes() for one in sources)]))
    return mark.hexdigest()[:16]


def complete() -> Path:
    """Returns the file that says that all kernels are on the disk."""
    return folder() / "complete"
