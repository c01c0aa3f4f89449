"""Runs the local push service, in the foreground or beside a test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from backend.notifications import devserver
from backend.notifications.devpush.app import DevPush
from backend.notifications.devpush.store import Pushed, Store
from backend.notifications.devserver import Port, say

Running = devserver.Running[DevPush]

HELP = """Local push service on {url} (Ctrl-C stops it). To be reached through it:
  this server:  FIELDBEAT_WEBPUSH_URL={url}
  Firefox, in about:config:  dom.push.serverURL = {ws}/  and  dom.push.testing.allowInsecureServerURL = true"""


def run(port: int, data_dir: Path) -> None:
    """Serves until interrupted; who subscribed stays in `data_dir`. Raises SystemExit as `devserver.run` does."""
    devserver.run("push service", port, _made_in(data_dir, _print), _hello, "websockets-sansio")


def in_thread(data_dir: Path, port: int = 0) -> AbstractContextManager[Running]:
    """Serves on a free port (or `port`) for the length of the block; raises TimeoutError if it does not come up."""
    return devserver.in_thread("dev-push", port, _made_in(data_dir, lambda message: None), "websockets-sansio")


def _made_in(folder: Path, tell: Callable[[Pushed], None]) -> Callable[[Port], DevPush]:
    return lambda port: DevPush(
        store=Store(folder / "subscriptions.json"), base_url=port.base_url, cut=port.cut, tell=tell
    )


def _hello(url: str) -> str:
    return HELP.format(url=url, ws=url.replace("http", "ws", 1))


def _print(message: Pushed) -> None:
    say(f"{message.at:%H:%M:%S}  {message.to.token[:8]}  {len(message.body)} bytes, {message.urgency}, {message.topic}")
