"""Where compiled kernels are kept; to be said before the first of them is imported."""

import os
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
