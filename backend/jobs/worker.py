"""A process that does what was put off, until it is told to stop; any number of them share the queue.

A job whose process was killed is found by the heartbeat that stopped, and done again by another."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from procrastinate import App, JobContext, RetryStrategy
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from backend.jobs.engine import working_app
from backend.jobs.hands import Hands
from backend.jobs.port import TRACE, Schedule, Task
from backend.kit.logs import bind, clear, logger
from backend.telemetry import metrics, tracing

AT_ONCE = 2
"""Jobs at once in one process: they share a processor, so that a short one need not wait for the end of a long one."""

HEARTBEAT_SECONDS = 3.0
STALLED_SECONDS = 15.0
TIDY_SECONDS = 3_600.0
KEPT_HOURS = 72
"""How long jobs that are done, or have failed for good, are kept to be looked at."""

_log = logger("jobs")


def run(tasks: Sequence[Task], schedules: Sequence[Schedule] = ()) -> None:
    """Does jobs until SIGTERM or SIGINT; the jobs at hand are finished first."""
    asyncio.run(work(tasks, schedules))


async def work(tasks: Sequence[Task], schedules: Sequence[Schedule] = (), *, wait: bool = True) -> None:
    """Does jobs; with `wait` False, only those that wait now. On the main thread, signals end it."""
    hands = Hands(AT_ONCE)
    app = build(tasks, schedules, hands)
    async with app.open_async():
        await rescue(app, tasks)
        keeper = asyncio.create_task(_keep(app, tasks))
        for task in tasks:
            # A count that begins with its first event shows no rise to who asks for one.
            metrics.JOBS.add(task.name, "given up", n=0)
        _log.info("jobs_started")
        try:
            await app.run_worker_async(
                concurrency=AT_ONCE,
                wait=wait,
                install_signal_handlers=wait,
                listen_notify=wait,
                fetch_job_polling_interval=2.0,
                update_heartbeat_interval=HEARTBEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        finally:
            keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeper
            await hands.close()
    _log.info("jobs_stopped")


def build(tasks: Sequence[Task], schedules: Sequence[Schedule] = (), hands: Hands | None = None) -> App:
    """Returns a worker's app that knows the tasks and when the scheduled ones are due; `hands` do them."""
    app, by = working_app(), hands or Hands(AT_ONCE)
    for task in tasks:
        app.task(
            name=task.name,
            pass_context=True,
            priority=task.priority,
            retry=RetryStrategy(max_attempts=task.attempts - 1, exponential_wait=2) if task.attempts > 1 else False,
        )(_caller(task, by))
    for schedule in schedules:
        on_time = app.task(name=f"{schedule.task.name}@{schedule.cron}", pass_context=True)(
            _scheduled(schedule.task, by)
        )
        app.periodic(cron=schedule.cron)(on_time)
    return app


def _caller(task: Task, hands: Hands) -> Callable[..., Awaitable[None]]:
    async def call(context: JobContext, **words: Any) -> None:
        await hands.do(partial(_do, task, context, words))

    return call


def _scheduled(task: Task, hands: Hands) -> Callable[..., Awaitable[None]]:
    async def call(context: JobContext, timestamp: int) -> None:
        del timestamp
        await hands.do(partial(_do, task, context, {}))

    return call


def _do(task: Task, context: JobContext, words: Mapping[str, Any]) -> None:
    clear()
    bind(request_id=f"job-{context.job.id}")
    began, outcome = time.perf_counter(), "failed"
    try:
        with tracing.span(
            f"job {task.name}", "consumer", {"fieldbeat.job": task.name}, after=str(words.get(TRACE, ""))
        ):
            task.run(**_ids(words))
        outcome = "done"
    except Exception:
        _log.error("job_failed", job=task.name, exc_info=True)
        if context.job.attempts + 1 >= task.attempts:
            outcome = "given up"
            _give_up(task, words)
        raise
    finally:
        metrics.JOBS.add(task.name, outcome)
        metrics.JOB_SECONDS.add(time.perf_counter() - began, task.name)


def _ids(words: Mapping[str, Any]) -> dict[str, UUID | int]:
    ids = {name: value for name, value in words.items() if name != TRACE}
    return {name: UUID(value) if isinstance(value, str) else int(value) for name, value in ids.items()}


def _give_up(task: Task, words: Mapping[str, Any]) -> None:
    _log.error("job_given_up", job=task.name)
    if task.gave_up is not None:
        task.gave_up(**_ids(words))


async def _keep(app: App, tasks: Sequence[Task]) -> None:
    """Looks after jobs of processes that died, and after old ones, until it is cancelled."""
    tidied = 0.0
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        try:
            await rescue(app, tasks)
            now = asyncio.get_running_loop().time()
            if now - tidied > TIDY_SECONDS:
                tidied = now
                await app.job_manager.delete_old_jobs(
                    nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
                )
        except Exception:  # noqa: BLE001 - a database that is away for a while ends no worker; it is told, and tried again
            _log.error("keeping_failed", exc_info=True)


async def rescue(app: App, tasks: Sequence[Task]) -> int:
    """Puts jobs back whose process no longer gives a sign of life; returns how many. One that kills its process again and
    again is given up."""
    known = {task.name: task for task in tasks}
    stalled = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS))
    for job in stalled:
        task = known.get(job.task_name)
        _log.warning("job_stalled", job=job.task_name, attempts=job.attempts)
        try:
            if task is not None and job.attempts + 1 >= task.attempts:
                await asyncio.to_thread(_bury, task, job.task_kwargs)
                await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
            else:
                await app.job_manager.retry_job(job)
        except ConnectorException as error:
            # Another worker saw it too, and was first.
            _log.info("job_taken_by_another", job=job.task_name, error=type(error).__name__)
    return len(stalled)


def _bury(task: Task, words: Mapping[str, Any]) -> None:
    try:
        _give_up(task, words)
    finally:
        connection.close()
