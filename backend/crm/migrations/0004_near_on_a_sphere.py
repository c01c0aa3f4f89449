"""The nearest accounts on a sphere, by an index over a plane: the earth as it is seen from the south pole through the equator
(stereographic projection). Whatever lies within so many metres of a place lies within a circle of that plane, across the date
line and around the north pole, too; by degrees there were three rectangles, and much in their corners.

An org comes first in the index: where few of its accounts are near, those of others were read one by one. A range over its id's
hash gives equality without an extension (ADR 0007). It is made while others go on writing; where it was broken off, it begins
anew."""

from django.db import migrations

# Nobody lives at the south pole itself, which is nowhere on that plane; a centimetre beside it is.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION crm_near_org(org uuid) RETURNS int8range LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN int8range(uuid_hash(org)::bigint, uuid_hash(org)::bigint, '[]');

CREATE OR REPLACE FUNCTION crm_near_point(lat double precision, lng double precision) RETURNS point
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN point(tan(radians(90 - greatest(lat, -89.9999999)) / 2) * cos(radians(lng)),
    tan(radians(90 - greatest(lat, -89.9999999)) / 2) * sin(radians(lng)));
"""
DROPPED = """
DROP FUNCTION crm_near_point(double precision, double precision);
DROP FUNCTION crm_near_org(uuid);
"""
ROWS = "WHERE is_primary AND deleted_at IS NULL AND lat IS NOT NULL"
SPHERE = f"""CREATE INDEX CONCURRENTLY address_on_sphere ON crm_address
    USING gist (crm_near_org(org_id), crm_near_point(lat, lng)) {ROWS}"""
DEGREES = f"CREATE INDEX CONCURRENTLY address_near ON crm_address USING gist (point(lng, lat)) {ROWS}"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0003_search_and_near")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROPPED),
        migrations.RunSQL(
            ["DROP INDEX CONCURRENTLY IF EXISTS address_on_sphere", SPHERE], "DROP INDEX CONCURRENTLY address_on_sphere"
        ),
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS address_near", DEGREES),
    ]
