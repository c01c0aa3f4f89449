"""The supervisor behind `fieldbeat serve`: readies the database, starts the processes, keeps them, and ends them all."""

import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

import httpx
from django.db import connections
from rich.console import Console

from backend.config import children
from backend.config.checks import CannotStart, check_folder, check_redis, listen
from backend.config.children import Child
from backend.config.env import Env
from backend.config.prepare import Report, bring_up_to_date, start_database
from backend.config.progress import Progress
from backend.config.welcome import SignIn, show_welcome
from backend.kit.embedded_postgres import EmbeddedServer
from backend.telemetry import metrics, tally

READY_SECONDS = 90.0
TICK_SECONDS = 0.2


class _Ended(BaseException):
    """Somebody asked for the end. Not an Exception, so that nobody on the way mistakes it for a fault."""


@dataclass(frozen=True, slots=True)
class Demo:
    """What a start needs of the demo: whether it is to be loaded, the loading, and who may sign in afterwards."""

    wants_loading: Callable[[], bool]
    load: Callable[[Report], None]
    sign_ins: Callable[[], list[SignIn]]


class Supervisor:
    """One run of the whole product. `demo` is asked once Django is set up, and only when the settings want the demo."""

    def __init__(self, env: Env, *, demo: Callable[[], Demo], console: Console) -> None:
        self._env = env
        self._demo = demo
        self._console = console
        self._database: EmbeddedServer | None = None
        self._children: list[Child] = []
        self._listening: socket.socket | None = None
        self._counts: str | None = None
        self._asked = 0

    def run(self) -> None:
        """Serves until SIGINT or SIGTERM; raises CannotStart. Nothing it started is left when it returns."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            while True:
                time.sleep(TICK_SECONDS)
                self._keep()
        except (_Ended, Exception):
            if not self._asked:
                raise
            # What fails while the end breaks in (a statement cut in two) is no news.
            self._console.print("Stopping; the data stays.", highlight=False)
        finally:
            self._asked = max(self._asked, 1)
            children.stop(self._children)
            if self._database is not None:
                self._database.stop()
            if self._listening is not None:
                self._listening.close()
            if self._counts is not None:
                shutil.rmtree(self._counts, ignore_errors=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._asked += 1
        if self._asked == 1:
            raise _Ended
        self._console.print("Ending everything at once.", highlight=False)
        children.kill(self._children)

    def _start(self) -> None:
        began = time.monotonic()
        check_folder(self._env.data_dir)
        self._listening = listen(self._env.host, self._env.port)
        with Progress(self._console) as progress:
            self._database = start_database(self._env, progress.step)
            if self._env.redis_url is not None:
                check_redis(self._env.redis_url)
            bring_up_to_date(progress, embedded=self._database is not None)
            who = self._with_demo(progress) if self._env.demo else []
            connections.close_all()
            progress.step("Starting the web and the worker")
            self._start_children(self._listening.fileno())
            self._wait_ready()
        show_welcome(self._console, self._env, who, dev_fcm=self._dev_fcm_url, seconds=time.monotonic() - began)

    def _with_demo(self, progress: Progress) -> list[SignIn]:
        demo = self._demo()
        if demo.wants_loading():
            progress.step("Loading the demo (once)")
            demo.load(progress.step)
        return demo.sign_ins()

    @property
    def _dev_fcm_url(self) -> str | None:
        return next(
            (child.environment.get("FIELDBEAT_FCM_URL") for child in self._children if child.name == "worker"), None
        )

    def _start_children(self, fd: int) -> None:
        shared = {"DATABASE_URL": self._database.uri} if self._database is not None else {}
        # Of this machine and this run alone: processes elsewhere have the same numbers, and count from nought too.
        shared[tally.FOLDER] = self._counts = tempfile.mkdtemp(prefix="fieldbeat-metrics-")
        # It shows every alert to whoever asks on this machine: for trying things out, not for real people.
        if self._env.fcm_credentials is None and self._env.fcm_url is None and not self._env.production:
            port = _free_port()
            shared["FIELDBEAT_FCM_URL"] = f"http://127.0.0.1:{port}"
            self._children.append(Child("dev-fcm", ["dev-fcm", "--port", str(port)], shared))
        for number in range(1, self._env.web_processes + 1):
            self._children.append(Child(f"web {number}", ["web", "--fd", str(fd)], shared, pass_fds=(fd,)))
        self._children.append(Child("worker", ["worker"], shared))
        for number in range(1, self._env.job_processes + 1):
            self._children.append(Child(f"jobs {number}", ["jobs"], shared))
        for child in self._children:
            child.start()

    def _wait_ready(self) -> None:
        host = self._env.host if self._env.host not in ("0.0.0.0", "::", "") else "127.0.0.1"  # noqa: S104
        name = f"[{host}]" if ":" in host else host
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            for child in self._children:
                if child.ended() is not None:
                    raise CannotStart(
                        f"The {child.name} process could not start (exit code {child.ended()}); its reason stands above."
                    )
            try:
                if httpx.get(f"http://{name}:{self._env.port}/readyz", timeout=5, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise CannotStart(f"The web process did not get ready in {READY_SECONDS:.0f} seconds; its log stands above.")

    def _keep(self) -> None:
        if self._database is not None and not self._database.alive():
            self._console.print("The database ended; starting it again.", highlight=False)
            self._database.stop()
            self._database = start_database(self._env, lambda step: None)
        for child in self._children:
            pause = child.revive()
            if pause is not None:
                self._forget(child)
                self._console.print(
                    f"The {child.name} process ended (exit code {child.ended()}); starting it again in {pause:.0f} s.",
                    highlight=False,
                )

    def _forget(self, child: Child) -> None:
        if child.process is not None and self._counts is not None:
            metrics.forget_process(self._counts, child.process.pid)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
