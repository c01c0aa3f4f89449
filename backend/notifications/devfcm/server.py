"""Runs the local FCM server, in the foreground or beside a test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from backend.notifications.devfcm.account import ServiceAccount
from backend.notifications.devfcm.app import DevFcm
from backend.notifications.devfcm.store import Accepted, Store
from backend.notifications.devserver import Port, say


def run(port: int, data_dir: Path = Path("data/dev-fcm")) -> None:
    """Serves until interrupted; the key and the alerts stay in `data_dir`.

    Raises SystemExit with one clear line when the port is taken or the folder cannot be written.
    """
    try:
        opened = Port(port)
        state = _make(opened, data_dir, _print)
    except OSError as error:
        where = f"port {port}" if error.filename is None else str(error.filename)
        raise SystemExit(f"The local FCM server cannot use {where}: {error.strerror}. Choose another.") from error
    say(f"Local FCM server on {opened.base_url} (alerts are shown there; Ctrl-C stops it)")
    opened.run(state.app())
    state.store.close()


@dataclass(frozen=True, slots=True)
class Running:
    """A server inside this process; `state` may be looked at directly."""

    base_url: str
    state: DevFcm


@contextmanager
def in_thread(data_dir: Path, port: int = 0) -> Iterator[Running]:
    """Serves on a free port (or `port`) for the length of the block; raises TimeoutError if it does not come up."""
    opened = Port(port)
    state = _make(opened, data_dir, lambda accepted: None)
    try:
        with opened.beside(state.app(), "dev-fcm"):
            yield Running(opened.base_url, state)
    finally:
        state.store.close()


def _make(port: Port, folder: Path, tell: Callable[[Accepted], None]) -> DevFcm:
    return DevFcm(
        account=ServiceAccount(folder),
        store=Store(folder / "messages.jsonl"),
        base_url=port.base_url,
        cut=port.cut,
        tell=tell,
    )


def _print(accepted: Accepted) -> None:
    what = f"{accepted.title}: {accepted.body}" if accepted.title else "wakes"
    say(f"{accepted.at[11:19]}  {accepted.kind} {accepted.address[-16:]}  {what}  ({accepted.nid[:8]})")
