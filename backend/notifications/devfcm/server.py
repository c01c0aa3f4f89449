"""Runs the local FCM server, in the foreground or beside a test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from backend.notifications import devserver
from backend.notifications.devfcm.account import ServiceAccount
from backend.notifications.devfcm.app import DevFcm
from backend.notifications.devfcm.store import Accepted, Store
from backend.notifications.devserver import Port, say

Running = devserver.Running[DevFcm]


def run(port: int, data_dir: Path = Path("data/dev-fcm")) -> None:
    """Serves until interrupted; the key and the alerts stay in `data_dir`. Raises SystemExit as `devserver.run` does."""
    hello = "Local FCM server on {} (alerts are shown there; Ctrl-C stops it)"
    devserver.run("FCM server", port, _made_in(data_dir, _print), hello.format)


def in_thread(data_dir: Path, port: int = 0) -> AbstractContextManager[Running]:
    """Serves on a free port (or `port`) for the length of the block; raises TimeoutError if it does not come up."""
    return devserver.in_thread("dev-fcm", port, _made_in(data_dir, lambda accepted: None))


def _made_in(folder: Path, tell: Callable[[Accepted], None]) -> Callable[[Port], DevFcm]:
    return lambda port: DevFcm(
        account=ServiceAccount(folder),
        store=Store(folder / "messages.jsonl"),
        base_url=port.base_url,
        cut=port.cut,
        tell=tell,
    )


def _print(accepted: Accepted) -> None:
    what = f"{accepted.title}: {accepted.body}" if accepted.title else "wakes"
    say(f"{accepted.at[11:19]}  {accepted.kind} {accepted.address[-16:]}  {what}  ({accepted.nid[:8]})")
