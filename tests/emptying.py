"""How a database is emptied between tests that really commit.

Django's own way takes half a second: it makes the files of all tables anew, and then writes down once more what models
and permissions there are. Most tables are empty then; the others have a few rows."""

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase

KEPT = ("django_content_type", "auth_permission")
"""What models and permissions there are is the same for every test."""
LARGE = 4_000_000
"""A table of so many bytes is made anew, for its files stay when its rows go, and would be read through every time."""

# Its types do not tell of this method, which is the one to replace all the same.
_case: Any = TransactionTestCase
_flush = _case._fixture_teardown


def empty_instead_of_flush() -> None:
    """Has Django empty databases this way."""
    _case._fixture_teardown = _emptied


def _emptied(case: TransactionTestCase) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')")
        may_pass_over_triggers = cursor.fetchone()[0]
    if not may_pass_over_triggers:
        _flush(case)
        return
    tables = set(connection.introspection.django_table_names(include_views=False)).difference(KEPT)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "SELECT t.oid::regclass::text, "
            "coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree(t.oid)), pg_relation_size(t.oid)) "
            "FROM pg_class t WHERE t.relname = ANY(%s) AND t.relnamespace = current_schema()::regnamespace",
            [sorted(tables)],
        )
        sizes = dict(cursor.fetchall())
        large = [name for name, size in sizes.items() if size > LARGE]
        if large:
            cursor.execute(f"TRUNCATE {', '.join(large)} CASCADE")
        cursor.execute("; ".join(f"DELETE FROM {name}" for name in sizes))
