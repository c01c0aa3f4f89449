"""Finds a Python that is new enough for the engine's package, wherever people keep theirs."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

OLDEST = (3, 12)
NEWEST_NAMED = 19
ASK_SECONDS = 20

# Asked of each candidate, because a name on the path may be a shim for nothing, or a build that no wheel fits.
_PROBE = """
import json, sys, sysconfig
import ensurepip, venv
print(json.dumps({
    "version": list(sys.version_info[:2]),
    "kind": sys.implementation.name,
    "threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


def find_python() -> Path | None:
    """Returns a CPython of 3.12 or newer that can make environments, None when this machine shows none."""
    seen: set[Path] = set()
    for candidate in _candidates():
        path = candidate.absolute()
        if path in seen:
            continue
        seen.add(path)
        if fits(path):
            return path
    return None


def fits(python: Path) -> bool:
    """Says whether the engine's package can be installed for this interpreter."""
    try:
        told = subprocess.run(
            [str(python), "-I", "-c", _PROBE], capture_output=True, check=True, timeout=ASK_SECONDS, text=True
        ).stdout
        found = json.loads(told)
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    return tuple(found["version"]) >= OLDEST and found["kind"] == "cpython" and not found["threaded"]


def _candidates() -> Iterator[Path]:
    """Yields interpreters in the order of trust: our own, those on the path, those that tools keep elsewhere."""
    yield Path(sys.executable)
    # A wheel of 3.12 is for all that follow, and the older ones are the better tried.
    names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST_NAMED + 1)]
    for name in (*names, "python3", "python"):
        found = shutil.which(name)
        if found:
            yield Path(found)
    home = Path.home()
    kept = [
        Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions",
        Path(os.environ.get("UV_PYTHON_INSTALL_DIR") or home / ".local" / "share" / "uv" / "python"),
        Path("/opt/homebrew/bin"),
        Path("/usr/local/bin"),
        Path("/opt"),
    ]
    for folder in kept:
        for name in names:
            yield from sorted(folder.glob(f"*/bin/{name}"))
            yield from sorted(folder.glob(name))
