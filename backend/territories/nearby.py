"""The nearest accounts of one person's coverage, in one statement.

Whoever sees few has all of them measured. Whoever sees many has them read from an index in the order of their distance, until
enough of those that are met are seen; where they are not met soon, as far from one's own, all that is seen is measured.

The index is over a plane (crm migration 0004): what lies within an angle of a place lies within a circle there, but not around
the place itself. The nearest to the place on the plane say how far the nearest can lie at the most; the circle of that holds
all of them. Where that is far, the nearest to that circle's centre say it closer before."""

from math import cos, pi, radians, sin, tan
from typing import Any

from backend.crm.models import Account
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.territories.seen import Root, Way, condition

RADIUS_M = 6_371_008.8
FEW = 2_000
"""So many are measured faster than one of them is found among a million that are not seen."""

LOOKED_AT = 5_000
"""Of who sees many, so many accounts are looked at from the point on before all that is seen is measured."""

FAR = 0.01
"""An angle, in radians, below which the plane is as good as even: 64 km."""

_THERE = "ad.org_id = %(org)s AND ad.is_primary AND ad.deleted_at IS NULL AND ad.lat IS NOT NULL"
_INDEXED = f"{_THERE} AND crm_near_org(ad.org_id) = crm_near_org(%(org)s)"
# To the millimetre, so that those in one building are as far in every statement.
_METRES = f"""round(2000 * {RADIUS_M} * asin(least(1, sqrt(sin(radians(ad.lat - %(lat)s) / 2) ^ 2
    + %(cos)s * cos(radians(ad.lat)) * sin(radians(ad.lng - %(lng)s) / 2) ^ 2)))) / 1000"""
_AT = "crm_near_point(ad.lat, ad.lng)"
_SEEN = condition(Way.EACH, Root.ACCOUNT, "ad.account_id")
_ADMIN = "(SELECT me.role = 'admin' FROM identity_user me WHERE me.id = %(user)s)"
# More than is seen: what begins later, or is over by a day that was told before.
_GIVEN = """SELECT att.account_id FROM territories_accountterritory att
    WHERE att.territory_id = ANY (ARRAY(SELECT v.id FROM visible_territories(%(user)s, %(now)s) v)) AND att.deleted_at IS NULL
        AND (att.valid_to IS NULL OR att.valid_to > %(now)s)
    UNION ALL SELECT s.account_id FROM territories_accountshare s WHERE s.user_id = %(user)s AND s.deleted_at IS NULL"""
_WIDE = "(tan((%(down)s + r) / 2) {} tan((%(down)s - r) / 2)) / 2"


def _met(centre: str, also: str = "") -> str:
    """Returns how far, as an angle, the last of as many as are asked for lies, of those nearest to a point of the plane."""
    return f"""SELECT max(metres) / {RADIUS_M} + 1e-9 AS r FROM (SELECT ad.metres FROM (
            SELECT ad.account_id, {_METRES} AS metres FROM crm_address ad WHERE {_INDEXED}{also}
            ORDER BY {_AT} <-> {centre} LIMIT %(looked_at)s) ad
        WHERE {_SEEN} LIMIT %(first)s) met HAVING count(*) = %(first)s"""  # noqa: S608


# A circle around the pole that is nowhere on the plane is none there: everything is measured.
_CIRCLE = f"""SELECT r, circle(point({_WIDE.format("+")} * %(x)s, {_WIDE.format("+")} * %(y)s),
        {_WIDE.format("-")} * (1 + 1e-9) + 1e-9) AS area
    FROM {{}} WHERE %(down)s + r < {pi - 1e-3}"""  # noqa: S608
_NEAREST = f"""
    WITH few AS MATERIALIZED (SELECT CASE WHEN {_ADMIN} THEN FALSE
        ELSE (SELECT count(*) <= %(few)s FROM (
            {_GIVEN}
            LIMIT %(few)s + 1) given) END AS so),
    met AS MATERIALIZED ({_met("point(%(px)s, %(py)s)", " AND NOT (SELECT so FROM few)")}),
    around AS MATERIALIZED ({_CIRCLE.format("met")}),
    again AS MATERIALIZED ({_met("(SELECT @@ area FROM around)", f" AND (SELECT r > {FAR} FROM around)")}),
    within AS MATERIALIZED ({_CIRCLE.format("(SELECT least(met.r, again.r) AS r FROM met LEFT JOIN again ON TRUE) nearest")}),
    nearest AS (
        (SELECT ad.account_id, {_METRES} AS metres FROM crm_address ad
        WHERE {_INDEXED} AND {_AT} <@ (SELECT area FROM within) AND {_SEEN} AND EXISTS (SELECT FROM within) OFFSET 0)
        UNION ALL
        (SELECT ad.account_id, ad.metres FROM (
            SELECT ad.account_id, {_METRES} AS metres FROM crm_address ad WHERE {_THERE} AND NOT EXISTS (SELECT FROM within) AND {_ADMIN}
            UNION ALL
            SELECT ad.account_id, {_METRES} FROM crm_address ad WHERE {_THERE} AND NOT EXISTS (SELECT FROM within) AND NOT {_ADMIN}
                AND ad.account_id IN ({_GIVEN})
            ORDER BY metres, account_id) ad
        WHERE {_SEEN} LIMIT %(first)s)
        ORDER BY metres, account_id LIMIT %(first)s)
    SELECT acc.*, nearest.metres FROM nearest JOIN crm_account acc ON acc.id = nearest.account_id
    ORDER BY nearest.metres, nearest.account_id
"""  # noqa: S608


def question(actor: Actor, point: LatLng, first: int) -> tuple[str, dict[str, Any]]:
    """Returns the SQL that reads the nearest accounts, each with `metres`, and its parameters."""
    down = radians(90 - max(point.lat, -89.9999999))
    x, y = cos(radians(point.lng)), sin(radians(point.lng))
    return _NEAREST, {
        "user": actor.user_id,
        "org": actor.org_id,
        "now": clock.now(),
        "lat": point.lat,
        "lng": point.lng,
        "cos": cos(radians(point.lat)),
        "down": down,
        "x": x,
        "y": y,
        "px": tan(down / 2) * x,
        "py": tan(down / 2) * y,
        "first": first,
        "few": FEW,
        "looked_at": LOOKED_AT,
    }


def accounts(actor: Actor, point: LatLng, first: int) -> list[tuple[Account, float]]:
    """Returns up to `first` (account, metres on a sphere), nearest first, by their id where they are as far; accounts without a
    point are left out. One query."""
    sql, given = question(actor, point, first)
    # What is read beside the columns is put onto the row.
    return [(account, account.__dict__["metres"]) for account in Account.objects.raw(sql, given)]
