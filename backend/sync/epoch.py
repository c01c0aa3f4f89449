"""The life of this database: a restore must begin a new one, so that every device starts from what is really here.

What a device holds may be ahead of a database that was restored, and the same transaction ids are then used again for other
things, so its position means nothing any more. A database knows itself by its cluster, its own id, the id of this table, and
the line of history that the cluster writes (which changes when a backup is rolled forward or a standby takes over). When one
of them is not what it was, the next pull or the worker begins a new epoch by itself. A copy of the files of a whole cluster
has all of them: there, the first device that is ahead gives it away."""

from functools import cache

from django.db import DatabaseError, connection, transaction

from backend.kit.ids import new_id
from backend.kit.logs import logger
from backend.sync import partitions
from backend.sync.models import Epoch, Purge

_log = logger("sync")

LIFE = """
    s.system_identifier || '/' || d.oid || '/' || 'sync_epoch'::regclass::oid || '/'
    || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    FROM pg_control_system() s JOIN pg_database d ON d.datname = current_database()
"""


@cache
def _life() -> str:
    """Returns the SQL that says what the database is; some hosts do not let it be asked, and then it is told by nothing."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SELECT {LIFE}")
    except DatabaseError as error:
        _log.warning("life_unknown", error=type(error).__name__, advice="after a restore run: fieldbeat new-epoch")
        return "''::text FROM (VALUES (1)) v"
    return LIFE


def _read() -> tuple[str, str | None, str | None]:
    head, _, tail = _life().rpartition("FROM")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {head}, e.epoch, e.life FROM {tail} LEFT JOIN sync_epoch e ON TRUE")
        life, epoch, noted = cursor.fetchone()
    return life, None if epoch is None else str(epoch), noted


def current() -> str:
    """Returns the epoch as text; a database without one, or one that has another life than it had, begins one."""
    life, epoch, noted = _read()
    if epoch is None or (noted and life and noted != life):
        return renew()
    if life and not noted:
        Epoch.objects.filter(life="").update(life=life)
    return epoch


def renew() -> str:
    """Begins a new epoch and returns it; what was purged before matters to no device of it."""
    epoch = new_id()
    with connection.cursor() as cursor:
        # Two pulls may find it out at once: the later one fails to serialise, and looks again.
        cursor.execute(
            "INSERT INTO sync_epoch (id, epoch, life) VALUES (1, %s, %s) "
            "ON CONFLICT (id) DO UPDATE SET epoch = EXCLUDED.epoch, life = EXCLUDED.life",
            [epoch, _read()[0]],
        )
    Purge.objects.all().delete()
    return str(epoch)


@transaction.atomic
def begin_anew() -> str:
    """Begins a new epoch with an empty log and returns it; raises Busy when the log is in use for long."""
    partitions.empty()
    return renew()
