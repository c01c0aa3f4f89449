"""AccountSales, made from order lines in one statement."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# A UUIDv7 made by any PostgreSQL from 15 on: 48 bits of milliseconds over a random one, then the version bits.
_NEW_ID = (
    "encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING "
    "substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), "
    "'hex')::uuid"
)
_REFRESH = f"""
    WITH newest AS (SELECT max(ordered_on) AS as_of FROM crm_orderline WHERE org_id = %(org)s),
    orders AS (
        SELECT account_id, ordered_on, sum(amount) AS amount, count(DISTINCT order_no) AS orders
        FROM crm_orderline WHERE org_id = %(org)s
          AND (%(only)s::uuid[] IS NULL OR account_id = ANY(%(only)s::uuid[])) GROUP BY 1, 2
    ),
    gaps AS (
        SELECT account_id, ordered_on, amount, orders,
               ordered_on - lag(ordered_on) OVER (PARTITION BY account_id ORDER BY ordered_on) AS gap
        FROM orders
    ),
    figures AS (
        SELECT g.account_id, n.as_of, max(g.ordered_on) AS last_order_on,
               COALESCE(sum(g.amount) FILTER (WHERE g.ordered_on > n.as_of - interval '1 year'), 0) AS amount_12m,
               COALESCE(sum(g.orders) FILTER (WHERE g.ordered_on > n.as_of - interval '1 year'), 0) AS orders_12m,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY g.gap) AS median_gap_days
        FROM gaps g CROSS JOIN newest n GROUP BY g.account_id, n.as_of
    )
    INSERT INTO crm_accountsales AS s
        (id, org_id, account_id, as_of, amount_12m, orders_12m, last_order_on, median_gap_days, version, created_at,
         updated_at)
    SELECT {_NEW_ID}, %(org)s, f.account_id, f.as_of, f.amount_12m, f.orders_12m, f.last_order_on, f.median_gap_days, 1,
           clock_timestamp(), clock_timestamp()
    FROM figures f
    ON CONFLICT (account_id) DO UPDATE SET as_of = excluded.as_of, amount_12m = excluded.amount_12m,
        orders_12m = excluded.orders_12m, last_order_on = excluded.last_order_on,
        median_gap_days = excluded.median_gap_days, deleted_at = NULL
    WHERE (s.as_of, s.amount_12m, s.orders_12m, s.last_order_on, s.median_gap_days, s.deleted_at)
        IS DISTINCT FROM (excluded.as_of, excluded.amount_12m, excluded.orders_12m, excluded.last_order_on,
                          excluded.median_gap_days, NULL)
"""  # noqa: S608


def refresh_sales(org_id: UUID, only: Collection[UUID] | None = None) -> int:
    """Recomputes the figures of the org's accounts (or `only` of these) that have order lines; returns how many changed.

    The year ends on the newest order day of the org's data; the median gap is that between the days on which the
    account ordered, over all its lines, in days (None with fewer than two such days)."""
    with connection.cursor() as cursor:
        cursor.execute(_REFRESH, {"org": org_id, "only": None if only is None else list(only)})
        return int(cursor.rowcount)
