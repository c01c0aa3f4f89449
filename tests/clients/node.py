"""Node and other people's clients, installed once beside these tests; Node comes as a Python package, or is there already."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
INSTALLED = FOLDER / "node_modules" / ".installed"
OLDEST = 20
PATIENCE = 600


class NoClients(Exception):
    """The clients cannot be installed here; the message says why."""


@cache
def programs() -> dict[str, str]:
    """Returns the paths of node and npm: those of this Python environment, else those of the machine."""
    ours = str(Path(sys.executable).parent)
    for path in (ours, os.environ.get("PATH", "")):
        node, npm = shutil.which("node", path=path), shutil.which("npm", path=path)
        if node and npm and _major(node) >= OLDEST:
            return {"node": node, "npm": npm}
    raise NoClients(f"there is no Node {OLDEST} or newer with npm")


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    number = said.stdout.strip().lstrip("v").partition(".")[0]
    return int(number) if said.returncode == 0 and number.isdigit() else 0


def environment() -> dict[str, str]:
    """Returns the environment in which npm finds the node it belongs to."""
    folder = str(Path(programs()["node"]).parent)
    return os.environ | {"PATH": folder + os.pathsep + os.environ.get("PATH", "")}


def install() -> None:
    """Installs what package-lock.json names, unless it is there; one process at a time. Raises NoClients."""
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    with (FOLDER / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if INSTALLED.exists() and INSTALLED.read_text() == wanted:
            return
        words = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--omit=peer",
            "--omit=optional",
            "--loglevel=error",
            # Without a line it shall say so soon.
            "--fetch-retries=1",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=5000",
        ]
        done = subprocess.run(
            [programs()["npm"], *words],
            cwd=FOLDER,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        if done.returncode != 0:
            raise NoClients(f"npm could not install them: {done.stderr.strip()[-500:]}")
        if missing := _missing():
            raise NoClients(f"npm said it was done, and left out {', '.join(missing)}")
        INSTALLED.write_text(wanted)


def _missing() -> list[str]:
    # Where it cannot reach a package, npm may leave an empty folder and call it success.
    return [name for name in locked() if not (FOLDER / "node_modules" / name / "package.json").is_file()]


def locked() -> dict[str, str]:
    """Returns the versions that the lock file holds of what we ask for by name."""
    lock = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    return {name: lock[f"node_modules/{name}"]["version"] for name in lock[""]["dependencies"]}
