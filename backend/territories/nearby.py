"""The nearest accounts of one person's coverage."""

from math import cos, radians

from django.db import connection

from backend.crm.models import Account
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import LatLng, distance_m

# Distance on a locally flat earth orders neighbours rightly; what is shown is geodesic. More rows than asked for are
# read, so that the two orders differing near the end drops nobody.
_NEAREST = """
    SELECT ad.account_id, ad.lat, ad.lng
    FROM crm_address ad
    JOIN visible_roots(%(user)s, %(now)s) seen ON seen.root = ad.account_id AND seen.kind = 'account'
    WHERE ad.org_id = %(org)s AND ad.is_primary AND ad.deleted_at IS NULL AND ad.lat IS NOT NULL
    ORDER BY (ad.lat - %(lat)s) ^ 2 + (%(squeeze)s * (mod((ad.lng - %(lng)s + 540)::numeric, 360)::float8 - 180)) ^ 2,
             ad.account_id
    LIMIT %(limit)s
"""


def accounts(actor: Actor, point: LatLng, first: int) -> list[tuple[Account, float]]:
    """Returns up to `first` (account, metres), nearest first; accounts without a point are left out. Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            _NEAREST,
            {
                "user": actor.user_id,
                "org": actor.org_id,
                "now": clock.now(),
                "lat": point.lat,
                "lng": point.lng,
                "squeeze": cos(radians(point.lat)),
                "limit": first + 20,
            },
        )
        found = {account_id: distance_m(point, LatLng(lat, lng)) for account_id, lat, lng in cursor.fetchall()}
    nearest = sorted(found, key=lambda account_id: (found[account_id], account_id))[:first]
    rows = Account.objects.in_bulk(nearest)
    return [(rows[account_id], found[account_id]) for account_id in nearest if account_id in rows]
