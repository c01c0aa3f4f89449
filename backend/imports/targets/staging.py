"""A temporary table that holds a file's facts while they are judged: on the server's disk, so that memory stays bounded."""

from collections.abc import Iterator, Sequence
from typing import Self
from uuid import UUID

from django.db import connection, transaction

from backend.imports.problems import Problem

Row = tuple[object, ...]

_COLUMNS = "line, account, sku, order_no, line_no, ordered_on, quantity, amount"
_CREATE = """
    CREATE TEMPORARY TABLE import_staged (
        line bigint NOT NULL, account text NOT NULL, sku text NOT NULL, order_no text NOT NULL, line_no int NOT NULL,
        ordered_on date NOT NULL, quantity int NOT NULL, amount numeric(14, 2) NOT NULL);
    CREATE TEMPORARY TABLE import_refused (line bigint NOT NULL, field text, message text, code text)
"""
_DROP = "DROP TABLE IF EXISTS pg_temp.import_staged, pg_temp.import_refused"
_TWICE = """
    INSERT INTO import_refused
    SELECT s.line, 'order_no, line_no', format('''%%s'' line %%s is on line %%s too', s.order_no, s.line_no, d.first),
           'DUPLICATE_KEY'
    FROM (SELECT order_no, line_no, min(line) AS first FROM import_staged GROUP BY 1, 2 HAVING count(*) > 1) d
    JOIN import_staged s ON s.order_no = d.order_no AND s.line_no = d.line_no AND s.line <> d.first
"""
_NO_ACCOUNT = """
    INSERT INTO import_refused
    SELECT s.line, 'account', format('no account ''%%s'' from %%s', s.account, %(accounts)s::text), 'UNKNOWN_REFERENCE'
    FROM import_staged s
    WHERE NOT EXISTS (SELECT FROM crm_externalid a WHERE a.org_id = %(org)s AND a.source = %(accounts)s
                      AND a.entity = 'account' AND a.value = s.account)
      AND NOT EXISTS (SELECT FROM import_refused r WHERE r.line = s.line)
"""
_FROM = """
    FROM import_staged s
    JOIN crm_externalid a ON a.org_id = %(org)s AND a.source = %(accounts)s AND a.entity = 'account'
        AND a.value = s.account
    LEFT JOIN crm_externalid p ON p.org_id = %(org)s AND p.source = %(products)s AND p.entity = 'product'
        AND p.value = s.sku
"""
_SAME_LINE = "o.org_id = %(org)s AND o.order_no = s.order_no AND o.line_no = s.line_no"
_RANGE = "s.line > %(after)s AND s.line <= %(upto)s"
_OURS = "(o.account_id, o.product_id, o.sku, o.ordered_on, o.quantity, o.amount)"
_THEIRS = "(a.row_id, p.row_id, s.sku, s.ordered_on, s.quantity, s.amount)"
_UPDATE = f"""
    UPDATE crm_orderline t SET account_id = n.account_id, product_id = n.product_id, sku = n.sku,
           ordered_on = n.ordered_on, quantity = n.quantity, amount = n.amount
    FROM (SELECT o.id, a.row_id AS account_id, p.row_id AS product_id, s.sku, s.ordered_on, s.quantity, s.amount
          {_FROM} JOIN crm_orderline o ON {_SAME_LINE}
          WHERE {_RANGE} AND {_OURS} IS DISTINCT FROM {_THEIRS}) n
    WHERE t.id = n.id
"""  # noqa: S608
_INSERT = f"""
    INSERT INTO crm_orderline (org_id, account_id, product_id, sku, order_no, line_no, ordered_on, quantity, amount)
    SELECT %(org)s, a.row_id, p.row_id, s.sku, s.order_no, s.line_no, s.ordered_on, s.quantity, s.amount
    {_FROM} LEFT JOIN crm_orderline o ON {_SAME_LINE}
    WHERE {_RANGE} AND o.id IS NULL ORDER BY s.line
    ON CONFLICT (org_id, order_no, line_no) DO NOTHING
"""
_COUNT = f"""
    SELECT count(*) FILTER (WHERE o.id IS NULL),
           count(*) FILTER (WHERE o.id IS NOT NULL AND {_OURS} IS DISTINCT FROM {_THEIRS})
    {_FROM} LEFT JOIN crm_orderline o ON {_SAME_LINE} WHERE {_RANGE}
"""  # noqa: S608


class Staging:
    """The table, from `with` to the end of it; one import at a time in one connection."""

    def __init__(self, org: UUID, *, accounts: str, products: str) -> None:
        self._names: dict[str, UUID | str | int] = {"org": org, "accounts": accounts, "products": products}
        self._had_lines = True

    def __enter__(self) -> Self:
        with connection.cursor() as cursor:
            cursor.execute(_DROP)
            cursor.execute(_CREATE)
            cursor.execute("SELECT EXISTS (SELECT FROM crm_orderline WHERE org_id = %(org)s)", self._names)
            self._had_lines = bool(cursor.fetchone()[0])
        return self

    def __exit__(self, *_: object) -> None:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute(_DROP)

    def take(self, rows: Sequence[Row]) -> None:
        """Adds rows; a transaction of its own, so that a slow file never holds one open."""
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy(f"COPY import_staged ({_COLUMNS}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def judge(self) -> Iterator[Problem]:
        """Takes out rows whose key stands twice (the first stays) or whose account is not known, and gives each."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("CREATE INDEX ON import_staged (line)")
            # Fresh tables have no statistics yet, and without them the planner joins a million rows one by one.
            cursor.execute("ANALYZE import_staged")
            cursor.execute("ANALYZE crm_externalid")
            cursor.execute(_TWICE, [])
            cursor.execute(_NO_ACCOUNT, self._names)
            cursor.execute("DELETE FROM import_staged s USING import_refused r WHERE r.line = s.line")
            cursor.execute("ANALYZE import_refused")
        after = 0
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT line, field, message, code FROM import_refused WHERE line > %s ORDER BY line LIMIT 1000",
                    [after],
                )
                found = cursor.fetchall()
            if not found:
                return
            for line, field, message, code in found:
                yield Problem(line, field, message, code)
            after = found[-1][0]

    def without_product(self) -> int:
        """Returns how many rows name a product that is not known."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) {_FROM} WHERE p.row_id IS NULL", self._names)
            return int(cursor.fetchone()[0])

    def ranges(self, size: int) -> list[tuple[int, int, int]]:
        """Returns (after, upto, rows) of consecutive parts of about `size` lines."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT part * %(size)s, (part + 1) * %(size)s, rows FROM ("
                "SELECT (line - 1) / %(size)s AS part, count(*) AS rows FROM import_staged GROUP BY 1) x ORDER BY 1",
                {"size": size},
            )
            return [(int(after), int(upto), int(rows)) for after, upto, rows in cursor.fetchall()]

    def count(self, after: int, upto: int) -> tuple[int, int]:
        """Returns how many rows of the part would be created and changed."""
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, self._names | {"after": after, "upto": upto})
            created, changed = cursor.fetchone()
            return int(created), int(changed)

    def merge(self, after: int, upto: int) -> tuple[int, int]:
        """Writes the part in one transaction, rows that are the same untouched; returns how many were created and changed."""
        part = self._names | {"after": after, "upto": upto}
        with transaction.atomic(), connection.cursor() as cursor:
            changed = 0
            # The import lock keeps others out: where no line was at the start, none but ours can be there now.
            if self._had_lines:
                cursor.execute(_UPDATE, part)
                changed = cursor.rowcount
            cursor.execute(_INSERT, part)
            return cursor.rowcount, changed
