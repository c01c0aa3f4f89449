"""Points on the earth and the distance between two of them."""

from dataclasses import dataclass

from backend.kit.errors import Invalid


@dataclass(frozen=True, slots=True)
class LatLng:
    """A WGS 84 point in degrees; refuses what cannot be a place."""

    lat: float
    lng: float

    def __post_init__(self) -> None:
        if not (-90.0 <= self.lat <= 90.0 and -180.0 <= self.lng <= 180.0):
            raise ValueError(f"impossible coordinate {self.lat}, {self.lng}")


def checked_point(lat: float, lng: float) -> LatLng:
    """Returns the point; raises Invalid, naming both fields, for what cannot be a place."""
    try:
        return LatLng(lat, lng)
    except ValueError as error:
        raise Invalid("IMPOSSIBLE_COORDINATE", str(error), fields={"lat": "impossible", "lng": "impossible"}) from error


def distance_m(a: LatLng, b: LatLng) -> float:
    """Returns the geodesic distance in metres (geopy, WGS 84)."""
    from geopy.distance import geodesic  # loaded only where it is used: it takes long

    return float(geodesic((a.lat, a.lng), (b.lat, b.lng)).meters)
