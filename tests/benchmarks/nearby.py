"""The 50 nearest of 1,000,000 accounts: for the admin by the index, for a rep of 60 by what is theirs; and search in them."""

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

_FILL = """
INSERT INTO crm_account (id, org_id, version, created_at, updated_at, name, kind, tier, lifecycle, segment, phone, notes,
    consent, visit_windows, service_minutes, boost, tags, displays, journal)
SELECT md5('a' || n)::uuid, %(org)s, 1, now(), now(), 'Store ' || n || ' ' || (ARRAY['Market', 'Pharmacy', 'Liquor', '商店'])[1 + n %% 4],
    'business', 'A', 'active', '', '', 'Asked for shelf ' || n %% 1000, '{}', '[]', 30, 0, '[]', 0, ''
FROM generate_series(1, %(count)s) n;
INSERT INTO crm_address (id, org_id, version, created_at, updated_at, account_id, is_primary, verbatim, street, city, region,
    postcode, country, lat, lng, quality)
SELECT md5('b' || n)::uuid, %(org)s, 1, now(), now(), md5('a' || n)::uuid, true, '', n || ' Main Street', 'City ' || n %% 5000, '',
    '', 'US', 25 + 24 * random(), -124 + 57 * random(), 'source'
FROM generate_series(1, %(count)s) n;
INSERT INTO territories_accountterritory (id, org_id, version, created_at, updated_at, account_id, territory_id, role, source, valid_from)
SELECT md5('c' || n)::uuid, %(org)s, 1, now(), now(), md5('a' || n)::uuid, CASE WHEN n <= 60 THEN %(mine)s ELSE %(others)s END::uuid,
    'primary', 'manual', now() - interval '30 days'
FROM generate_series(1, %(count)s) n;
"""
PLACES = [(42.0, -93.6), (40.7, -74.0), (47.6, -122.3), (29.8, -95.4), (33.4, -112.1)]


def measure(arguments: Sequence[str], console: Console) -> None:
    """Prints milliseconds and buffers; the first argument says of how many accounts."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    from backend.kit.geo import LatLng
    from backend.territories import nearby, searching
    from tests.factories import world
    from tests.factories.world import acting

    count = int(arguments[0]) if arguments else 1_000_000
    field = world.build()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_FILL, {"org": field.org.pk, "count": count, "mine": field.north.pk, "others": field.south.pk})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    table = Table("who", "what", "ms (median)", "buffers")
    for who in (field.dee, field.ana):
        actor = acting(who)
        nearest = [_took(partial(nearby.accounts, actor, LatLng(*place), 50)) for place in PLACES * 4]
        table.add_row(
            who.username, f"50 nearest of {count:,}", f"{_median(nearest):.1f}", _buffers(connection, actor, nearby)
        )
        for text in ("store 77", "商店", "shelf 77", "street 4711"):
            taken = [_took(partial(searching.found, actor, text, searching.KINDS, 20)) for _ in range(5)]
            table.add_row(who.username, f"search {text!r}", f"{_median(taken):.1f}", "")
    console.print(table)


def _took(work: Any) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _buffers(connection: Any, actor: Any, nearby: Any) -> str:
    from backend.kit.geo import LatLng

    if not actor.leads:
        return ""
    sql, given = nearby.question(actor, LatLng(*PLACES[0]), 50)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", given)
        [plan] = cursor.fetchone()
    top = plan[0]["Plan"]
    return str(top["Shared Hit Blocks"] + top["Shared Read Blocks"])
