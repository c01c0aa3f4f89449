"""What must be waited for after a process of ours was killed."""

import time

from django.db import connection

PATIENCE = 30.0


def until_the_server_noticed() -> None:
    """Waits until the database has no connection but ours: what the dead one held is given back a moment after its end."""
    deadline = time.monotonic() + PATIENCE
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
            if cursor.fetchone()[0] == 0:
                return
            assert time.monotonic() < deadline, "the dead one's connection never ended"
            time.sleep(0.02)
