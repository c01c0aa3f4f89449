"""Runs the local push service, in the foreground or beside a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.notifications.devpush.app import DevPush
from backend.notifications.devpush.store import Pushed, Store
from backend.notifications.devserver import Port, say

HELP = """Local push service on {url} (Ctrl-C stops it). To be reached through it:
  this server:  FIELDBEAT_WEBPUSH_URL={url}
  Firefox, in about:config:  dom.push.serverURL = {ws}/  and  dom.push.testing.allowInsecureServerURL = true"""


def run(port: int, data_dir: Path) -> None:
    """Serves until interrupted; who subscribed stays in `data_dir`.

    Raises SystemExit with one clear line when the port is taken or the folder cannot be written.
    """
    try:
        opened = Port(port)
        state = _make(opened, data_dir, _print)
    except OSError as error:
        where = f"port {port}" if error.filename is None else str(error.filename)
        raise SystemExit(f"The local push service cannot use {where}: {error.strerror}. Choose another.") from error
    for line in HELP.format(url=opened.base_url, ws=opened.base_url.replace("http", "ws", 1)).splitlines():
        say(line)
    opened.run(state.app(), ws="websockets-sansio")


@dataclass(frozen=True, slots=True)
class Running:
    """A push service inside this process; `state` may be looked at directly."""

    base_url: str
    state: DevPush


@contextmanager
def in_thread(data_dir: Path, port: int = 0) -> Iterator[Running]:
    """Serves on a free port (or `port`) for the length of the block; raises TimeoutError if it does not come up."""
    opened = Port(port)
    state = _make(opened, data_dir, lambda message: None)
    with opened.beside(state.app(), "dev-push", ws="websockets-sansio"):
        yield Running(opened.base_url, state)


def _make(port: Port, folder: Path, tell: Callable[[Pushed], None]) -> DevPush:
    return DevPush(store=Store(folder / "subscriptions.json"), base_url=port.base_url, cut=port.cut, tell=tell)


def _print(message: Pushed) -> None:
    say(f"{message.at:%H:%M:%S}  {message.to.token[:8]}  {len(message.body)} bytes, {message.urgency}, {message.topic}")
