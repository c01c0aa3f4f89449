"""An empty queue before each test, and a table in which jobs leave their marks."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.jobs import marks


@pytest.fixture
def queue(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_events CASCADE")
        cursor.execute(marks.TABLE)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_events CASCADE")
        cursor.execute("DROP TABLE job_marks")
