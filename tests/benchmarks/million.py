"""A large org in a database of its own, filled inside the database: cities and empty land, islands on the date line, a
territory for every 400 accounts that lie together.

The log of changes is off meanwhile, and what indexes are dear to keep is made once at the end: through the ORM, row by row,
a million accounts took hours."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from backend.identity.models import Role, User
from backend.kit.geo import LatLng
from tests.factories import world

_ID = "('01930000-0000-7000-{kind}-' || lpad(to_hex({n}), 12, '0'))::uuid"
_ACCOUNT, _ADDRESS, _SPAN, _PERSON, _PART, _DEAL, _AREA, _LAND = (
    _ID.replace("{kind}", f"8{number:03}") for number in range(8)
)
OF_ONE = 400
"""So many accounts has a territory; fifty territories have a head, ten heads one above them."""

_FILL = f"""
SELECT setseed(0.6);
CREATE TEMP TABLE city AS SELECT c, 26 + 22 * random() AS lat, -122 + 52 * random() AS lng FROM generate_series(0, 399) c;
UPDATE city SET lat = -17.5, lng = 179.95 WHERE c = 399;
UPDATE city SET lat = 40.71, lng = -74.0 WHERE c = 0;
CREATE TEMP TABLE put AS
    WITH whose AS MATERIALIZED (SELECT
            CASE WHEN random() < 0.002 THEN 399 WHEN random() < 0.15 THEN NULL ELSE floor(399 * random() ^ 3)::int END AS c,
            random() AS a, random() AS b, random() AS far FROM generate_series(1, %(count)s)),
    spread AS (SELECT c, coalesce(lat + 0.15 * far * sin(2 * pi() * a), 25 + 24 * a) AS lat,
        coalesce(lng + 0.2 * far * cos(2 * pi() * a), -124 + 57 * b) AS lng FROM whose LEFT JOIN city USING (c))
    SELECT row_number() OVER (ORDER BY floor(lng / 4), floor(lat), c, lng) AS n, lat,
        CASE WHEN lng > 180 THEN lng - 360 ELSE lng END AS lng, c
    FROM spread;
CREATE TEMP TABLE word AS SELECT
    ARRAY['Market', 'Pharmacy', 'Liquor', 'Bakery', 'Corner', 'Garden', 'Harbor', 'Central', '商店', '東京書店'] AS w,
    ARRAY['Maria', 'James', 'Wei', 'Aisha', 'Jorge', 'Lena', 'Yuki', 'Omar'] AS given,
    ARRAY['Lopez', 'Smith', 'Chen', 'Khan', 'Silva', '田中', 'Novak'] AS family;
INSERT INTO territories_territory (id, org_id, version, created_at, updated_at, model_id, name, parent_id)
    SELECT {_LAND.replace("{n}", "n")}, %(org)s, 1, now(), now(), %(model)s, 'Land ' || n, %(region)s
    FROM generate_series(0, %(count)s / {OF_ONE * 500}) n;
INSERT INTO territories_territory (id, org_id, version, created_at, updated_at, model_id, name, parent_id)
    SELECT {_LAND.replace("{n}", "n + 1000")}, %(org)s, 1, now(), now(), %(model)s, 'Area ' || n, {_LAND.replace("{n}", "n / 10")}
    FROM generate_series(0, %(count)s / {OF_ONE * 50}) n;
INSERT INTO territories_territory (id, org_id, version, created_at, updated_at, model_id, name, parent_id)
    SELECT {_AREA.replace("{n}", "n")}, %(org)s, 1, now(), now(), %(model)s, 'Territory ' || n, {_LAND.replace("{n}", "1000 + n / 50")}
    FROM generate_series(0, %(count)s / {OF_ONE}) n;
INSERT INTO crm_account (id, org_id, version, created_at, updated_at, name, kind, tier, lifecycle, segment, phone, notes,
    consent, visit_windows, service_minutes, boost, tags, displays, journal)
    SELECT {_ACCOUNT.replace("{n}", "n")}, %(org)s, 1, now(), now(),
        'Store ' || n || ' ' || w[1 + n %% 10] || CASE WHEN n %% 3 = 0 THEN ' ' || w[1 + n / 7 %% 10] ELSE '' END,
        'business', 'A', 'active', '', '',
        CASE WHEN n %% 5 = 0 THEN 'Asked for shelf ' || n %% 1000 ELSE '' END, '{{}}', '[]', 30, 0, '[]', 0, ''
    FROM put, word ORDER BY n;
INSERT INTO crm_address (id, org_id, version, created_at, updated_at, account_id, is_primary, verbatim, street, city, region,
    postcode, country, lat, lng, quality)
    SELECT {_ADDRESS.replace("{n}", "n")}, %(org)s, 1, now(), now(), {_ACCOUNT.replace("{n}", "n")}, true, '', n %% 900 || ' Main Street',
        'City ' || coalesce(c, 400 + n %% 5000), '', '', 'US', lat, lng, 'source' FROM put ORDER BY n;
INSERT INTO territories_accountterritory (id, org_id, version, created_at, updated_at, account_id, territory_id, role, source, valid_from)
    SELECT {_SPAN.replace("{n}", "n")}, %(org)s, 1, now(), now(), {_ACCOUNT.replace("{n}", "n")}, {_AREA.replace("{n}", f"n / {OF_ONE}")},
        'primary', 'manual', now() - interval '30 days' FROM put ORDER BY n;
INSERT INTO crm_contact (id, org_id, version, created_at, updated_at, full_name, given_name, family_name, email, phone, consent)
    SELECT {_PERSON.replace("{n}", "n")}, %(org)s, 1, now(), now(),
        given[1 + n %% 8] || ' ' || family[1 + n / 8 %% 7], '', '', '', '', '{{}}'
    FROM generate_series(1, %(count)s / 5) n, word;
INSERT INTO crm_accountcontactrelation (id, org_id, version, created_at, updated_at, account_id, contact_id, role, is_primary)
    SELECT {_PART.replace("{n}", "n")}, %(org)s, 1, now(), now(), {_ACCOUNT.replace("{n}", "5 * n")},
        {_PERSON.replace("{n}", "n")}, 'buyer', true FROM generate_series(1, %(count)s / 5) n;
INSERT INTO crm_opportunity (id, org_id, version, created_at, updated_at, name, currency, reason, notes,
    account_id, owner_id, pipeline_id, stage_id)
    SELECT {_DEAL.replace("{n}", "n")}, %(org)s, 1, now(), now(), 'Spring order ' || n, 'USD', '', '', {_ACCOUNT.replace("{n}", "5 * n")},
        %(owner)s, %(pipeline)s, %(stage)s FROM generate_series(1, %(count)s / 5) n;
INSERT INTO territories_accountshare (id, org_id, version, created_at, updated_at, account_id, user_id, shared_by_id, valid_from)
    SELECT gen_random_uuid(), %(org)s, 1, now(), now(),
        {_ACCOUNT.replace("{n}", f"n * (%(count)s / {OF_ONE})")}, %(partner)s, %(owner)s, now() - interval '1 day'
    FROM generate_series(1, {OF_ONE}) n;
INSERT INTO territories_userterritory (id, org_id, version, created_at, updated_at, user_id, territory_id, role, valid_from)
    VALUES
    (gen_random_uuid(), %(org)s, 1, now(), now(), %(rep)s,
        {_AREA.replace("{n}", f"%(count)s / {OF_ONE * 2}")}, 'primary', now() - interval '1 day'),
    (gen_random_uuid(), %(org)s, 1, now(), now(), %(manager)s,
        {_LAND.replace("{n}", f"1000 + %(count)s / {OF_ONE * 100}")}, 'primary', now() - interval '1 day'),
    (gen_random_uuid(), %(org)s, 1, now(), now(), %(head)s,
        {_LAND.replace("{n}", f"%(count)s / {OF_ONE * 1000}")}, 'primary', now() - interval '1 day')
"""
_TABLES = "crm_account crm_address crm_contact crm_opportunity territories_accountterritory".split()
_DEAR = """
SELECT CASE WHEN indisexclusion THEN 'ALTER TABLE ' || indrelid::regclass || ' DROP CONSTRAINT ' || c.relname
        ELSE 'DROP INDEX ' || indexrelid::regclass END,
    CASE WHEN NOT indisexclusion THEN pg_get_indexdef(indexrelid) END
    FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_am am ON am.oid = c.relam
    WHERE indrelid = ANY(%(tables)s::regclass[]) AND am.amname IN ('gin', 'gist')
"""
Person = tuple[str, User]


def fill(count: int) -> list[Person]:
    """Makes the org with so many accounts; returns people with a word of what they see."""
    field = world.build()
    head = world.person(field.org, "head", Role.MANAGER, field.dee)
    lead = world.person(field.org, "lead", Role.MANAGER, field.dee)
    rep = world.person(field.org, "rep", Role.REP, lead)
    owns: dict[str, Any] = {
        "org": field.org.pk, "count": count, "model": field.model.pk, "region": field.region.pk, "owner": field.dee.pk,
        "partner": field.pat.pk, "rep": rep.pk, "manager": lead.pk, "head": head.pk,
        "pipeline": field.pipeline.pk, "stage": field.stages["new"].pk,
    }  # fmt: skip
    with _unlogged(), connection.cursor() as cursor:
        cursor.execute(_FILL, owns)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE, PARALLEL 0)")
    return [
        (f"rep of {OF_ONE} that lie together", rep),
        (f"partner of {OF_ONE} all over the country", field.pat),
        (f"manager of {OF_ONE * 50:,}", lead),
        (f"head of {OF_ONE * 500:,}", head),
        ("admin of all", field.dee),
        ("admin of another, empty org", field.zoe),
    ]


def home(person: User) -> LatLng | None:
    """Returns where an account lies that somebody sees; None: they see none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lat, lng FROM crm_address WHERE is_primary AND account_id = "
            "(SELECT root FROM all_visible_roots(%s, now()) WHERE kind = 'account' LIMIT 1)",
            [person.pk],
        )
        found = cursor.fetchone()
    return None if found is None else LatLng(*found)


@contextmanager
def _unlogged() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(_DEAR, {"tables": _TABLES})
        dear = cursor.fetchall()
        for drop, _ in dear:
            cursor.execute(drop)
        yield
        # Nobody writes spans afterwards: that they do not overlap needs no index.
        for make in [again for _, again in dear if again is not None]:
            cursor.execute(make)
        cursor.execute("RESET session_replication_role")
        cursor.execute("RESET maintenance_work_mem")
