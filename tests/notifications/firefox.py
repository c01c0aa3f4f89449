"""A real Firefox without a window, spoken to by WebDriver BiDi, as it stands on this machine."""

import http.server
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

NAMES = ("firefox-esr", "firefox")
PATIENCE = 120
START = 60
PAGE = Path(__file__).parent / "page"

_PREFERENCES: dict[str, object] = {
    "dom.push.testing.allowInsecureServerURL": True,
    "dom.push.requestTimeout": 60_000,  # a busy machine may take longer than ten seconds
    "dom.push.retryBaseInterval": 500,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": False,  # without a desktop nobody would take them
    "remote.prefs.recommended": False,  # they keep push off
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.server": "",
    "app.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 0,
    "services.settings.server": "",
    "extensions.update.enabled": False,
}


class NoFirefox(Exception):
    """There is none that can be used here; the message says why."""


class Firefox:
    """One page of one browser."""

    def __init__(self, line: ClientConnection) -> None:
        self._line = line
        self._asked = 0
        self._do("session.new", capabilities={})
        self._page = self._do("browsingContext.create", type="tab")["context"]

    def open(self, url: str) -> None:
        """Opens a page and waits until it is there."""
        self._do("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def call(self, name: str, *words: str) -> Any:
        """Calls a function of the page and returns what it promised, read as JSON."""
        said = self._do(
            "script.callFunction",
            functionDeclaration=f"(...words) => {name}(...words)",
            awaitPromise=True,
            target={"context": self._page},
            arguments=[{"type": "string", "value": word} for word in words],
        )
        assert said["type"] == "success", said
        return json.loads(said["result"]["value"])

    def _do(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        self._line.send(json.dumps({"id": self._asked, "method": method, "params": params}))
        while True:
            told = json.loads(self._line.recv(timeout=PATIENCE))
            if told.get("id") == self._asked:
                assert told["type"] == "success", told
                result: dict[str, Any] = told["result"]
                return result


@contextmanager
def firefox(folder: Path, push_url: str) -> Iterator[Firefox]:
    """Starts a Firefox with a profile of its own whose push service is ours; ends it with the block. Raises NoFirefox."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        raise NoFirefox(f"neither {' nor '.join(NAMES)} is installed")
    folder.mkdir(parents=True)
    preferences = _PREFERENCES | {"dom.push.serverURL": push_url.replace("http", "ws", 1) + "/"}
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items())
    (folder / "user.js").write_text("".join(lines))
    words = ["--headless", "--no-remote", "--profile", str(folder), "--remote-debugging-port", "0", "about:blank"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen([path, *words], stdout=log, stderr=log, start_new_session=True)
    try:
        with _line(folder, running) as line:
            yield Firefox(line)
    finally:
        running.terminate()
        try:
            running.wait(30)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(30)


def _line(folder: Path, running: subprocess.Popen[bytes]) -> ClientConnection:
    deadline = time.monotonic() + START
    while time.monotonic() < deadline and running.poll() is None:
        # It says on which port it listens, and then writes this.
        kept = folder / "WebDriverBiDiServer.json"
        try:
            at = json.loads(kept.read_text())
            return connect(f"ws://{at['ws_host']}:{at['ws_port']}/session", proxy=None, max_size=None)
        except (OSError, ValueError, WebSocketException):
            time.sleep(0.1)
    raise NoFirefox(f"it does not start here: {(folder / 'log').read_text()[-300:]}")


@contextmanager
def page() -> Iterator[str]:
    """Serves the page that subscribes; gives its address."""
    handler = partial(_Quiet, directory=str(PAGE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/index.html"
        server.shutdown()
        thread.join(10)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        del format, args
