"""What a phone says waits in its outbox: the server cannot see it, and who moves territories wants to know."""

from uuid import UUID

from django.db import connection

from backend.kit import clock
from backend.kit.errors import Invalid

MOST = 2**31 - 1

# A phone that says the same again, as nearly all do, is not written down anew within the hour.
_NOTE = """
    INSERT INTO sync_devicestate (device_id, last_seq, pending, told_at) VALUES (%(device)s, 0, %(pending)s, %(now)s)
    ON CONFLICT (device_id) DO UPDATE SET pending = EXCLUDED.pending, told_at = EXCLUDED.told_at
    WHERE sync_devicestate.pending IS DISTINCT FROM EXCLUDED.pending
       OR sync_devicestate.told_at < EXCLUDED.told_at - interval '1 hour'
"""


def note_pending(device_id: UUID, pending: int | None) -> None:
    """Notes how many operations a device says wait in its outbox; None: it does not say. Refuses what is no count."""
    if pending is None:
        return
    if not 0 <= pending <= MOST:
        raise Invalid("OUT_OF_RANGE", "pending counts what waits to be sent.", fields={"pending": "out of range"})
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"device": device_id, "pending": pending, "now": clock.now()})
