"""Doing what was put off, at once and on the test's own connection: no other process sees a test's transaction."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from backend.config.wiring import TASKS
from backend.jobs.port import Task
from backend.kit import clock


def waiting() -> list[str]:
    """Returns the names of the tasks that wait, in the order in which they will be done."""
    return [job.task_name for job in _todo()]


def _todo() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(status="todo").order_by("-priority", "id"))


def run_waiting(tasks: Sequence[Task] = TASKS, *, most: int = 1_000) -> int:
    """Does what waits and is due, and what that asks for in turn; returns how many jobs. A failure is the test's."""
    known = {task.name: task for task in tasks}
    for number in range(most):
        due = [job for job in _todo() if job.scheduled_at is None or job.scheduled_at <= clock.now()]
        if not due:
            return number
        job = due[0]
        ids = {name: UUID(value) if isinstance(value, str) else value for name, value in job.args.items()}
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job.pk])
        known[job.task_name].run(**ids)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_jobs SET status = 'succeeded' WHERE id = %s", [job.pk])
    raise AssertionError(f"{most} jobs, and no end")
