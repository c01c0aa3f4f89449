"""Where accounts are, asked from a point."""

from math import cos, radians

from django.db.models import F, Q, QuerySet
from django.db.models.expressions import CombinedExpression

from backend.crm.models import Address
from backend.kit.geo import LatLng

METRES_A_DEGREE = 110_500.0
"""Of latitude, at least; a box made with it is never too small."""


def addresses_near(point: LatLng, metres: float) -> QuerySet[Address]:
    """Returns the primary addresses within a box that holds the circle; across the antimeridian too."""
    up = metres / METRES_A_DEGREE
    across = up / max(0.01, cos(radians(min(89.0, abs(point.lat) + up))))
    west, east = point.lng - across, point.lng + across
    lng = Q(lng__gte=west, lng__lte=east)
    if west < -180:
        lng |= Q(lng__gte=west + 360)
    if east > 180:
        lng |= Q(lng__lte=east - 360)
    return Address.objects.filter(
        lng, is_primary=True, deleted_at=None, lat__gte=point.lat - up, lat__lte=point.lat + up
    )


def square_of_distance(point: LatLng) -> CombinedExpression:
    """Returns what orders addresses by their distance, near enough to choose among them; not across the antimeridian."""
    north, east = F("lat") - point.lat, (F("lng") - point.lng) * cos(radians(point.lat))
    return north * north + east * east
