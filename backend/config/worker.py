"""The worker: hands events to their handlers, sends what waits, does the periodic jobs, until it is told to stop."""

import signal
import threading
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

from django.db import Error, connection

from backend.config import traces
from backend.config.wiring import JOBS, QUEUES, WIRING, Job, Queue
from backend.events import outbox
from backend.kit import clock
from backend.kit.locks import Lock, release, try_hold
from backend.kit.logs import bind, clear, logger
from backend.telemetry import metrics

IDLE_SECONDS = 0.25
"""How long it sleeps when nothing waits: the most by which a push is late for that reason."""

FAULT_SECONDS = 2.0

_log = logger("worker")


class Worker:
    """One loop. Work is claimed in the database, so many may run; `stop` lets the piece at hand finish."""

    def __init__(self, queues: Sequence[Queue], jobs: Sequence[Job]) -> None:
        self._queues = queues
        self._jobs = jobs
        self._due = {job.name: 0.0 for job in jobs}
        self._stop = threading.Event()

    def stop(self) -> None:
        """Asks the loop to end."""
        self._stop.set()

    def run(self) -> None:
        """Works until `stop`."""
        _log.info("worker_started")
        while not self._stop.is_set():
            pause = 0.0 if self.turn() else IDLE_SECONDS
            self._stop.wait(pause)
        clear()
        _log.info("worker_stopped")

    def turn(self) -> bool:
        """Does what is due now, once, and says whether there was anything; a piece that fails is told and tried again later."""
        busy = False
        metrics.WORKER_TURN.set(clock.now().timestamp())
        for queue in self._queues:
            busy = self._safely(queue.name, queue.drain) or busy
        for job in self._jobs:
            if time.monotonic() >= self._due[job.name] and not self._stop.is_set():
                self._due[job.name] = time.monotonic() + job.every.total_seconds()
                self._safely(job.name, partial(_alone, job))
        return busy

    def _safely(self, name: str, work: Callable[[], int]) -> bool:
        clear()
        bind(request_id=f"worker-{name}")
        try:
            return work() > 0
        except Error as error:
            _log.error("database_failed", job=name, error=type(error).__name__, exc_info=True)
            connection.close()
        except Exception:  # noqa: BLE001  (one broken job must not stop the others; it is told, and tried again)
            _log.error("job_failed", job=name, exc_info=True)
        self._stop.wait(FAULT_SECONDS)
        return False


def _alone(job: Job) -> int:
    """Runs the job unless another worker is at it."""
    key = zlib.crc32(job.name.encode())
    if not try_hold(Lock.PERIODIC, key):
        return 0
    began = time.perf_counter()
    try:
        job.run()
    finally:
        release(Lock.PERIODIC, key)
    _log.debug("job_done", job=job.name, ms=round((time.perf_counter() - began) * 1000, 1))
    return 1


def run() -> None:
    """Runs the worker of this process until SIGTERM or SIGINT."""
    worker = Worker((Queue("events", lambda: outbox.drain(WIRING)), *QUEUES), JOBS)

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with traces.told("worker"):
        worker.run()
