"""100,000 accounts in our own tables, each with three people and one territory; all of them are seen by one manager."""

from collections.abc import Mapping
from uuid import UUID

from django.db import connection

from backend.crm.models import Account, AccountContactRelation, Contact
from backend.territories.models import AccountTerritory
from tests.factories.world import World, build

PEOPLE = 3
_TOWNS = "ARRAY['Ames','Boone','Carroll','Dubuque','Elkader','Fairfield','Grinnell','Humboldt','Iowa City','Jefferson']"
_KINDS = "ARRAY['Liquor','Grocery','Deli','Tavern','Market','Corner Shop','Wine & Spirits','Fuel Stop']"
_NAMES = "ARRAY['Maria','José','Anna','Wei','Fatima','Olu','Ingrid','Sam','Noor','Lena','Piotr']"


def stock(accounts: int) -> World:
    """Makes them, past the triggers: what the log costs is measured elsewhere."""
    world = build()
    account = world.account("Template", world.north)
    relation = world.contact(account)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET synchronous_commit = off")
        cursor.execute(
            "CREATE TEMP TABLE made AS SELECT n, uuidv7() AS account FROM generate_series(1, %s) n", [accounts]
        )
        cursor.execute(
            "CREATE TEMP TABLE met AS SELECT n, account, p, uuidv7() AS contact, uuidv7() AS relation "
            "FROM made, generate_series(1, %s) p",
            [PEOPLE],
        )
    later = "t.updated_at + n * interval '1.37 second'"
    _copies(
        Account._meta.db_table,
        account.pk,
        "made",
        {
            "id": "account",
            "number": "'C' || n",
            "name": f"({_NAMES})[1 + n * 7 %% 11] || '''s ' || ({_TOWNS})[1 + n * 3 %% 10] || ' ' "
            f"|| ({_KINDS})[1 + n %% 8] || ' ' || md5(n::text)::varchar(6)",
            "tier": "(ARRAY['A','B','C',''])[1 + n %% 4]",
            "lifecycle": "(ARRAY['prospect','active','lapsed'])[1 + n %% 3]",
            "segment": f"({_KINDS})[1 + n %% 8]",
            "phone": "'+1 515 ' || 1000000 + n",
            "notes": "CASE n %% 3 WHEN 0 THEN 'Ask for the \"cellar\" key; closed on Mondays.' ELSE '' END",
            "service_minutes": "15 + n %% 4 * 15",
            "boost": "n %% 11 - 5",
            "displays": "n %% 5",
            "version": "1 + n %% 9",
            "updated_at": later,
        },
    )
    _copies(
        Contact._meta.db_table,
        relation.contact_id,
        "met",
        {
            "id": "contact",
            "full_name": f"({_NAMES})[1 + (n + p * 5) %% 11] || ' ' || md5((n * p)::text)::varchar(8)",
            "email": "'p' || n || '.' || p || '@example.com'",
            "phone": "'+1 319 ' || 1000000 + n * 3 + p",
        },
    )
    _copies(
        AccountContactRelation._meta.db_table,
        relation.pk,
        "met",
        {
            "id": "relation",
            "account_id": "account",
            "contact_id": "contact",
            "role": "(ARRAY['owner','buyer','chef'])[p]",
            "is_primary": "p = 1",
        },
    )
    placed = AccountTerritory.objects.get(account=account)
    _copies(AccountTerritory._meta.db_table, placed.pk, "made", {"id": "uuidv7()", "account_id": "account"})
    with connection.cursor() as cursor:
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
        # Their workers would be nobody's in the account of CPU.
        cursor.execute("ALTER ROLE CURRENT_USER SET max_parallel_workers_per_gather = 0")
    connection.close()
    return world


def _copies(table: str, template: UUID, source: str, values: Mapping[str, str]) -> None:
    """Writes a copy of a row for each row of `source`, with other values where given (SQL, `%` doubled)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s "
            "AND is_generated = 'NEVER' ORDER BY ordinal_position",
            [table],
        )
        columns = [row[0] for row in cursor.fetchall()]
        chosen = ", ".join(values.get(name, f't."{name}"') for name in columns)
        named = ", ".join(f'"{name}"' for name in columns)
        cursor.execute(
            f"INSERT INTO {table} ({named}) SELECT {chosen} FROM {table} t, {source} WHERE t.id = %s", [template]
        )
