"""Where other people's servers live: an environment of Node and one of Python under data/, made at the first call."""

import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.clients.node import environment as with_npm
from tests.clients.node import programs

SERVERS = Path(__file__).with_name("servers")
FOLDER = Path(__file__).parents[3] / "data" / "rivals"

_SAME_AS_OURS = (
    "django strawberry-graphql channels uvicorn uvloop httptools websockets psycopg psycopg-binary orjson".split()
)
_OTHERS = (
    "psycopg-pool>=3.3",
    "strawberry-graphql-django==0.93.*",
    "channels-redis==4.3.*",
    # From 8 on its time to wait and its time out are the same five seconds: subscribers that hear nothing are cut off.
    "redis>=7,<8",
)
_NODE = 22
"""PostGraphile 5 answers every question about data with null on an older one."""


def python() -> Path:
    """Returns the interpreter of the rivals in Python; they have the versions that we have of what both use."""
    packages = " ".join([*(f"{name}=={version(name)}" for name in _SAME_AS_OURS), *_OTHERS])
    home = FOLDER / "python"
    ready = home / ".ready"
    if not ready.exists() or ready.read_text() != packages:
        venv.create(home, with_pip=True, clear=True)
        _quietly([home / "bin" / "python", "-m", "pip", "install", "--quiet", *packages.split()], home)
        ready.write_text(packages)
    return home / "bin" / "python"


def node() -> Path:
    """Returns Node for the rivals in JavaScript; their programs lie in `FOLDER`/node, beside what they import."""
    home = FOLDER / "node"
    home.mkdir(parents=True, exist_ok=True)
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64"}.get(platform.machine().lower(), platform.machine())
    kind = f"node-{sys.platform}-{machine}"
    wanted = json.loads((SERVERS / "package.json").read_text())
    wanted["dependencies"][kind] = str(_NODE)
    words = json.dumps(wanted, indent=2)
    ready = home / ".ready"
    if not ready.exists() or ready.read_text() != words:
        (home / "package.json").write_text(words)
        npm = [programs()["npm"], "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _quietly(npm, home, with_npm())
        ready.write_text(words)
    for program in SERVERS.glob("*.mjs"):
        shutil.copy(program, home)
    return home / "node_modules" / kind / "bin" / "node"


def _quietly(words: Sequence[str | Path], folder: Path, environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(
        words, cwd=folder, env=environment or dict(os.environ), capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"The rivals cannot be installed: {done.stderr.strip()[-800:]}")


if __name__ == "__main__":
    sys.stdout.write(f"{python()}\n{node()}\n")
