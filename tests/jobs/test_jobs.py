"""What is put off is done after the commit, once, by whoever lives."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from backend.jobs import worker
from backend.jobs.port import LOW, URGENT, Schedule, Task, defer
from backend.jobs.worker import build, work
from backend.kit import clock
from tests.config.serving import until
from tests.copies import uri_of
from tests.jobs import marks
from tests.jobs.now import run_waiting, waiting

ANA = UUID("00000000-0000-7000-8000-000000000001")


def finish() -> None:
    """Does what waits, in this process."""
    asyncio.run(work(marks.TASKS, wait=False))


def states() -> list[str]:
    return list(ProcrastinateJob.objects.order_by("id").values_list("status", flat=True))


def alive(connections: list[int]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ANY(%s))", [connections])
        return bool(cursor.fetchone()[0])


@pytest.mark.usefixtures("queue")
def test_what_was_asked_for_is_done_with_its_ids() -> None:
    defer(marks.GREET, person=ANA)
    assert marks.found("greet") == []
    finish()
    assert (marks.found("greet"), states()) == ([str(ANA)], ["succeeded"])


@pytest.mark.usefixtures("queue")
def test_what_was_undone_was_never_asked_for() -> None:
    with transaction.atomic():
        defer(marks.GREET, person=ANA)
        transaction.set_rollback(True)
    finish()
    assert (marks.found("greet"), states()) == ([], [])


@pytest.mark.usefixtures("queue")
def test_what_is_for_later_waits() -> None:
    defer(marks.GREET, at=clock.now() + timedelta(hours=1), person=ANA)
    finish()
    assert (marks.found("greet"), states()) == ([], ["todo"])


@pytest.mark.usefixtures("queue")
def test_asked_for_twice_under_one_name_it_is_done_once_and_the_caller_goes_on() -> None:
    with transaction.atomic():
        for number in (1, 2):
            defer(marks.GREET, once="ana", person=ANA)
            marks.mark("caller", number)
    finish()
    defer(marks.GREET, once="ana", person=ANA)
    finish()
    assert (marks.found("caller"), marks.found("greet")) == (["1", "2"], [str(ANA)] * 2)


@pytest.mark.usefixtures("queue")
def test_the_urgent_comes_first() -> None:
    for name, priority in (("low", LOW), ("usual", 0), ("urgent", URGENT)):
        defer(Task(name, marks.greet, priority=priority), person=ANA)
    assert waiting() == ["urgent", "usual", "low"]


@pytest.mark.usefixtures("queue")
def test_what_fails_for_good_is_told_and_holds_nobody_up() -> None:
    defer(marks.FAIL, number=7)
    defer(marks.GREET, person=ANA)
    finish()
    assert (marks.found("fail"), marks.found("mourn"), marks.found("greet")) == (["7"], ["7"], [str(ANA)])
    assert sorted(states()) == ["failed", "succeeded"]


@pytest.mark.usefixtures("queue")
def test_what_fails_once_is_tried_again() -> None:
    defer(Task("fail", marks.fail), number=7)
    asyncio.run(work((Task("fail", marks.fail, attempts=2, gave_up=marks.mourn),), wait=False))
    assert (marks.found("fail"), marks.found("mourn"), states()) == (["7"], [], ["todo"])


@pytest.mark.usefixtures("queue")
def test_a_connection_is_kept_from_job_to_job_and_given_up_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "AT_ONCE", 1)
    for number in (1, 2, 0, 3):
        defer(marks.OWN, number=number)
    finish()
    first, second, failed, after = marks.found("own")
    assert first == second == failed
    assert after.split()[0] != first.split()[0]
    assert {seen.split()[1] for seen in (first, second, failed, after)} == {"0"}
    until(lambda: not alive([int(seen.split()[0]) for seen in (first, after)]), "both connections to end")


def test_a_schedule_is_known_to_the_engine_under_the_name_of_its_task() -> None:
    app = build((), [Schedule(marks.GREET, "0 3 * * *")])
    [periodic] = app.periodic_registry.periodic_tasks.values()
    assert (periodic.task.name, periodic.cron) == ("greet@0 3 * * *", "0 3 * * *")


@pytest.mark.usefixtures("queue")
def test_the_helper_of_other_tests_does_what_the_engine_does() -> None:
    defer(marks.GREET, person=ANA)
    assert (run_waiting(marks.TASKS), marks.found("greet"), states()) == (1, [str(ANA)], ["succeeded"])


@contextmanager
def process() -> Iterator["subprocess.Popen[bytes]"]:
    """A worker of its own on the test's database."""
    uri = uri_of(str(connection.settings_dict["NAME"]))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.marks"], env={**os.environ, "DATABASE_URL": uri}, stderr=subprocess.DEVNULL
    ) as one:
        try:
            yield one
        finally:
            one.kill()


@pytest.mark.usefixtures("queue")
def test_a_job_whose_process_is_killed_is_done_by_another_and_leaves_one_result() -> None:
    with process() as first:
        defer(marks.LINGER, number=7)
        until(lambda: marks.found("begun") == ["7"], "the first to begin")
        with process():
            os.kill(first.pid, signal.SIGKILL)
            until(lambda: states() == ["succeeded"], "the second to finish")
    assert (marks.found("begun"), marks.found("result")) == (["7", "7"], ["7"])
    assert ProcrastinateJob.objects.get().attempts == 2
