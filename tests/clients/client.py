"""A client in a Node process of its own, for one person; it runs the code of its page in docs/clients."""

import json
import re
import subprocess
import threading
from types import TracebackType
from typing import Any, Self

from tests.clients.node import FOLDER, environment, programs

PAGES = FOLDER.parents[1] / "docs" / "clients"
PATIENCE = 60.0
_CODE = re.compile(r"^```js\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def write_page(name: str) -> None:
    """Writes the code of a page, if there is one, as the module that it is, beside the clients it imports."""
    if not (PAGES / f"{name}.md").exists():
        return
    blocks = _CODE.findall((PAGES / f"{name}.md").read_text())
    assert blocks, f"docs/clients/{name}.md shows no code"
    module = FOLDER / ".pages" / f"{name}.mjs"
    module.parent.mkdir(exist_ok=True)
    text = "\n".join(blocks)
    if not module.exists() or module.read_text() != text:
        module.write_text(text)


class Failed(Exception):
    """What was asked of the client threw."""


class Client:
    """Does in JavaScript what it is told: `client.do("edit", "account", id, {...})`."""

    def __init__(self, name: str) -> None:
        write_page(name)
        self._process = subprocess.Popen(
            [programs()["node"], "--no-warnings", str(FOLDER / "drive.mjs"), str(FOLDER / f"{name}.mjs")],
            cwd=FOLDER,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._watchdog: threading.Timer | None = None
        self._hear()

    def do(self, name: str, *words: Any) -> Any:
        """Has an action done and returns what it gave; raises Failed with what it threw."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": name, "with": words}) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def _hear(self) -> Any:
        assert self._process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Failed("the client ended")
        answer = json.loads(line)
        if "failed" in answer or "stray" in answer:
            raise Failed(answer.get("failed") or answer["stray"])
        return answer.get("done")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
