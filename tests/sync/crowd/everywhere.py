"""What may happen to rows of any synced table, whatever it is: a table added to the wire tomorrow is in it."""

from django.db import connection

from backend.kit.ids import new_id
from backend.sync.tables import TABLES, SyncedTable
from tests.sync.crowd.happenings import Happening, Happenings

PARENTS = ("account_id", "opportunity_id", "visit_id", "owner_id", "user_id", "rep_id", "order_id")


def _table(at: Happenings) -> SyncedTable:
    return at.chance.choice(TABLES)


def _not_the_inbox(at: Happenings) -> SyncedTable:
    """The inbox is part of what we count by: an entry that is copied may be tried again twice."""
    return at.chance.choice([table for table in TABLES if table.entity != "syncIssue"])


def _org(table: SyncedTable) -> str:
    return "id" if table.entity == "org" else "org_id"


def _one(at: Happenings, table: SyncedTable) -> str:
    """Returns the id of a row of this org; IndexError when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id::text FROM {table.table} WHERE {_org(table)} = %s ORDER BY id", [at.world.org.pk])
        return str(at.chance.choice(cursor.fetchall())[0])


def _columns(table: SyncedTable) -> set[str]:
    with connection.cursor() as cursor:
        return {one.name for one in connection.introspection.get_table_description(cursor, table.table)}


def touch(at: Happenings, table: SyncedTable) -> None:
    """One row is written in plain SQL; its version rises."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table.table} SET version = version WHERE id = %s", [_one(at, table)])


def touch_one(at: Happenings) -> None:
    touch(at, _table(at))


def touch_all(at: Happenings) -> None:
    """A whole table in one statement, as an administrator's change of a list does it."""
    table = _table(at)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table.table} SET version = version WHERE {_org(table)} = %s", [at.world.org.pk])


def copy(at: Happenings, table: SyncedTable) -> None:
    """A row is born in plain SQL, like another but for its id; refused where something must be unique."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table.table} SELECT (jsonb_populate_record(o, jsonb_build_object('id', %s::text))).* "
            f"FROM {table.table} o WHERE o.id = %s",
            [str(new_id()), _one(at, table)],
        )


def copy_one(at: Happenings) -> None:
    copy(at, _not_the_inbox(at))


def rehang_one(at: Happenings) -> None:
    """A row gets another row's parent."""
    table = _table(at)
    columns = sorted(set(PARENTS) & _columns(table))
    column, row, other = at.chance.choice(columns), _one(at, table), _one(at, table)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.table} SET {column} = o.{column} FROM (SELECT {column} FROM {table.table} WHERE id = %s) o "
            "WHERE id = %s",
            [other, row],
        )


def flip_one(at: Happenings) -> None:
    """A row is deleted softly, or comes back."""
    table = _table(at)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.table} SET deleted_at = CASE WHEN deleted_at IS NULL THEN now() END WHERE id = %s",
            [_one(at, table)],
        )


def drop_one(at: Happenings) -> None:
    """A row is deleted for good; refused while something needs it."""
    table = _not_the_inbox(at)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table.table} WHERE id = %s", [_one(at, table)])


EVERYWHERE: tuple[Happening, ...] = (touch_one, touch_all, copy_one, rehang_one, flip_one, drop_one)
