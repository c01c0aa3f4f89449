"""The worker's loop: queues until they are empty, jobs when they are due, and a fault stops nothing else."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import ProgrammingError, connection

from backend.config import worker as room
from backend.config.wiring import JOBS, QUEUES, WIRING, Job, Queue
from backend.config.worker import Worker
from backend.events.types import VOCABULARY


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FAULT_SECONDS", 0.0)


def test_a_turn_says_whether_anything_waited() -> None:
    waiting = [3, 0]
    worker = Worker([Queue("letters", lambda: waiting.pop(0))], [])
    assert worker.turn()
    assert not worker.turn()


def test_a_queue_that_fails_does_not_stop_the_next(caplog: pytest.LogCaptureFixture) -> None:
    drained: list[str] = []

    def broken() -> int:
        raise RuntimeError("no")

    def sound() -> int:
        drained.append("sound")
        return 1

    assert Worker([Queue("broken", broken), Queue("sound", sound)], []).turn()
    assert drained == ["sound"]
    assert [record.name for record in caplog.records] == ["worker"]


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_at_the_first_turn_and_then_when_it_is_due() -> None:
    runs: list[int] = []
    worker = Worker([], [Job("count", timedelta(hours=1), lambda: runs.append(1))])
    worker.turn()
    worker.turn()
    assert runs == [1]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_another_worker_is_at_is_left_to_it() -> None:
    began, finish = threading.Event(), threading.Event()
    runs: list[str] = []

    def slow() -> None:
        runs.append(threading.current_thread().name)
        began.set()
        finish.wait(60)

    def work() -> None:
        Worker([], [Job("slow", timedelta(hours=1), slow)]).turn()
        connection.close()

    first = threading.Thread(target=work, name="first")
    first.start()
    assert began.wait(60)
    Worker([], [Job("slow", timedelta(hours=1), slow)]).turn()
    finish.set()
    first.join()
    assert runs == ["first"]


@pytest.mark.django_db(transaction=True)
def test_a_job_that_failed_lets_its_lock_go() -> None:
    tries: list[int] = []

    def fails_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column")

    for _ in range(2):
        Worker([], [Job("fails once", timedelta(hours=1), fails_once)]).turn()
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_after_a_fault_of_the_database_the_worker_connects_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        before = cursor.fetchone()

    def wrong() -> int:
        raise ProgrammingError("no such table")

    Worker([Queue("wrong", wrong)], []).turn()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() != before


def test_stop_ends_the_loop_after_the_piece_at_hand() -> None:
    worker = Worker([Queue("endless", lambda: 1)], [])
    thread = threading.Thread(target=worker.run)
    thread.start()
    time.sleep(0.05)
    worker.stop()
    thread.join(60)
    assert not thread.is_alive()


def test_the_tables_name_known_events_and_every_name_once() -> None:
    assert set(WIRING) <= set(VOCABULARY.values())
    names = [queue.name for queue in QUEUES] + [job.name for job in JOBS]
    assert len(names) == len(set(names))
