"""The registry of advisory locks: every key the house takes stands here, so that two rooms never meet by accident."""

from enum import IntEnum
from uuid import UUID

from django.db import connection


class Lock(IntEnum):
    """First half of a two-part key; the second half names the thing locked."""

    ACCOUNT_TREE = 1
    MANAGER_TREE = 2
    TERRITORY_TREE = 3
    IMPORT = 4
    PERIODIC = 5
    MIGRATE = 6
    SYNC_LOG = 7
    FILES = 8
    ALERT_RULES = 9


def _second(key: UUID | int) -> int:
    number = key if isinstance(key, int) else key.int
    return number % (1 << 32) - (1 << 31)


def take(lock: Lock, key: UUID | int) -> None:
    """Waits for the lock and holds it until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [int(lock), _second(key)])


def try_share(lock: Lock, key: UUID | int) -> bool:
    """Shares the lock until the transaction ends, unless somebody takes or holds it alone; says whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(%s, %s)", [int(lock), _second(key)])
        return bool(cursor.fetchone()[0])


def try_hold(lock: Lock, key: UUID | int) -> bool:
    """Takes the lock, if it is free, until `release` or the end of the connection; says whether it did."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [int(lock), _second(key)])
        return bool(cursor.fetchone()[0])


def release(lock: Lock, key: UUID | int) -> None:
    """Gives back what `try_hold` took."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [int(lock), _second(key)])
