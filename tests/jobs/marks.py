"""Tasks that leave a mark in a table, for tests; run as a program, this is a process that does them."""

import time
from uuid import UUID

from django.db import connection, transaction

from backend.jobs.port import Task

TABLE = "CREATE TABLE job_marks (task text, id text, at timestamptz DEFAULT clock_timestamp())"


def mark(task: str, number: object) -> None:
    """Leaves a mark, at once."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO job_marks (task, id) VALUES (%s, %s)", [task, str(number)])


def found(task: str) -> list[str]:
    """Returns the ids under which a task left marks, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM job_marks WHERE task = %s ORDER BY at", [task])
        return [row[0] for row in cursor.fetchall()]


def greet(*, person: UUID) -> None:
    """Marks a person."""
    mark("greet", person)


def fail(*, number: int) -> None:
    """Never works."""
    mark("fail", number)
    raise RuntimeError("no")


def mourn(*, number: int) -> None:
    """Is told that `fail` was given up."""
    mark("mourn", number)


def linger(*, number: int) -> None:
    """Takes long the first time, and leaves one result however often it is run."""
    mark("begun", number)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM job_marks WHERE task = 'begun'")
        if cursor.fetchone()[0] == 1:
            time.sleep(600)
        cursor.execute(
            "INSERT INTO job_marks (task, id) SELECT 'result', %s "
            "WHERE NOT EXISTS (SELECT FROM job_marks WHERE task = 'result' AND id = %s)",
            [str(number), str(number)],
        )


def own(*, number: int) -> None:
    """Marks the connection that it is given: which one, and how many locks of its session were left on it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()")
        left = cursor.fetchone()[0]
        cursor.execute("SELECT pg_backend_pid()")
        mark("own", f"{cursor.fetchone()[0]} {left}")
        if number == 0:
            cursor.execute("SELECT pg_advisory_lock(7, 7)")
            raise RuntimeError("no")


GREET = Task("greet", greet)
FAIL = Task("fail", fail, attempts=1, gave_up=mourn)
LINGER = Task("linger", linger)
OWN = Task("own", own, attempts=1)
TASKS = (GREET, FAIL, LINGER, OWN)


def main() -> None:
    """Works on the database of DATABASE_URL until it is ended."""
    import django

    django.setup()
    from backend.jobs import worker

    worker.STALLED_SECONDS, worker.HEARTBEAT_SECONDS = 2.0, 0.4
    worker.run(TASKS)


if __name__ == "__main__":
    main()
