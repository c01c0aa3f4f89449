"""The nearest accounts of one person's coverage."""

from math import cos, radians
from typing import Any

from django.db import connection

from backend.crm.models import Account
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.territories.seen import Root, Way, condition

RADIUS_M = 6_371_008.8
LOOKED_AT = 5_000
"""Of who sees much, so many accounts are looked at from the point on; where too few of them are seen, all that is seen is read."""

_METRES = f"""2 * {RADIUS_M} * asin(least(1, sqrt(sin(radians(ad.lat - %(lat)s) / 2) ^ 2
    + %(cos)s * cos(radians(ad.lat)) * sin(radians(ad.lng - %(lng)s) / 2) ^ 2)))"""
_THERE = "ad.org_id = %(org)s AND ad.is_primary AND ad.deleted_at IS NULL AND ad.lat IS NOT NULL"

# Whoever sees little: all of it.
_ALL = f"""
    SELECT ad.account_id, {_METRES} AS metres
    FROM crm_address ad
    WHERE {_THERE} AND ad.account_id IN (SELECT root FROM all_visible_roots(%(user)s, %(now)s) WHERE kind = 'account')
    ORDER BY metres, ad.account_id LIMIT %(first)s
"""  # noqa: S608


def _from(lng: str) -> str:
    return f"""(SELECT ad.id, ad.metres FROM (
        SELECT ad.id, ad.account_id, {_METRES} AS metres FROM crm_address ad WHERE {_THERE}
        ORDER BY point(ad.lng, ad.lat) <-> point({lng}, %(lat)s) LIMIT {LOOKED_AT}) ad
        WHERE {condition(Way.EACH, Root.ACCOUNT, "ad.account_id")} LIMIT %(first)s)"""  # noqa: S608


# The index orders by degrees, as if they were as long everywhere. The nearest by degrees, as many as are asked for, say how
# far the nearest can lie at the most; then everything in the rectangle around that circle is measured. Beyond the date line
# is the same point 360 degrees on. None: fewer than asked for were met.
_NEAREST = f"""
    WITH met AS (SELECT * FROM {_from("%(lng)s")} here UNION SELECT * FROM {_from("%(beyond)s")} there),
    reach AS (SELECT radians(0.001) / 100 + metres / {RADIUS_M} AS r FROM met ORDER BY metres OFFSET %(first)s - 1 LIMIT 1),
    box AS (SELECT degrees(r) AS high, CASE
        WHEN r + radians(abs(%(lat)s)) >= pi() / 2 THEN 180 ELSE degrees(asin(least(1, sin(r) / %(cos)s))) + 1e-9 END AS wide
        FROM reach),
    boxes AS (SELECT box(point(%(lng)s - wide + around, %(lat)s - high), point(%(lng)s + wide + around, %(lat)s + high)) AS area
        FROM box, (VALUES (0), (360), (-360)) v(around) WHERE abs(%(lng)s + around) - wide <= 180)
    SELECT near.account_id, near.metres FROM boxes CROSS JOIN LATERAL (
        SELECT ad.account_id, {_METRES} AS metres FROM crm_address ad
        WHERE {_THERE} AND point(ad.lng, ad.lat) <@ boxes.area
            AND {condition(Way.EACH, Root.ACCOUNT, "ad.account_id")} OFFSET 0) near
    GROUP BY near.account_id, near.metres ORDER BY near.metres, near.account_id LIMIT %(first)s
"""  # noqa: S608


def question(actor: Actor, point: LatLng, first: int) -> tuple[str, dict[str, Any]]:
    """Returns the SQL that finds the nearest by the index, and its parameters; it finds nothing where too few are seen."""
    return _NEAREST, _asked(actor, point, first)


def accounts(actor: Actor, point: LatLng, first: int) -> list[tuple[Account, float]]:
    """Returns up to `first` (account, metres on a sphere), nearest first; accounts without a point are left out.

    One query, and one for the accounts; one more for who leads, and sees few near the point."""
    asked = _asked(actor, point, first)
    found: list[tuple[Any, float]] = []
    with connection.cursor() as cursor:
        if actor.leads:
            cursor.execute(_NEAREST, asked)
            found = cursor.fetchall()
        if not found:
            cursor.execute(_ALL, asked)
            found = cursor.fetchall()
    rows = Account.objects.in_bulk([account_id for account_id, _ in found])
    return [(rows[account_id], metres) for account_id, metres in found if account_id in rows]


def _asked(actor: Actor, point: LatLng, first: int) -> dict[str, Any]:
    return {
        "user": actor.user_id,
        "org": actor.org_id,
        "now": clock.now(),
        "lat": point.lat,
        "lng": point.lng,
        "beyond": point.lng + (360 if point.lng < 0 else -360),
        "cos": max(cos(radians(point.lat)), 1e-12),
        "first": first,
    }
