"""Which travel times a plan of a rep rests on: the engine of the settings, the rep's own speed, the org's, or the default."""

from uuid import UUID

from django.conf import settings
from django.db.models import F

from backend.identity.models import User
from backend.planning.travel.cache import CellCache, engine_key
from backend.planning.travel.great_circle import GreatCircle, Profile
from backend.planning.travel.matrix import Provider
from backend.planning.travel.models import TravelProfile
from backend.planning.travel.osrm import Osrm
from backend.planning.travel.road_times import RoadTimes
from backend.planning.travel.table import Engine
from backend.planning.travel.valhalla import Valhalla

ENGINES: dict[str, type[Osrm | Valhalla]] = {"osrm": Osrm, "valhalla": Valhalla}


def provider_for(rep: User) -> Provider:
    """Returns who answers for the rep's plans; one query."""
    profile = Profile() if rep.org_id is None else profile_of(rep.org_id, rep.pk)
    estimate = GreatCircle(profile, settings.TRAVEL_CAUTION)
    engine, url, days = engine_of_settings(), settings.ROUTING_URL, settings.ROUTING_CACHE_DAYS
    if engine is None or url is None:
        return estimate
    cache = CellCache(engine_key(engine.name, url), days) if days else None
    return RoadTimes(engine, url, estimate, settings.ROUTING_TIMEOUT, settings.ROUTING_FACTOR, cache)


def engine_of_settings() -> Engine | None:
    """Returns the road engine that the settings name, None when there is none."""
    kind = ENGINES.get(settings.ROUTING)
    if kind is None:
        return None
    return kind() if settings.ROUTING_BLOCK is None else kind(settings.ROUTING_BLOCK)


def profile_of(org_id: UUID, rep_id: UUID) -> Profile:
    """Returns the newest fit of the rep's own drives, else of the org's, else the default; one query."""
    in_use = TravelProfile.objects.filter(org_id=org_id, adopted=True)
    found = (
        (in_use.filter(rep_id=rep_id) | in_use.filter(rep_id=None))
        .order_by(F("rep_id").asc(nulls_last=True), "-made_at", "-id")
        .first()
    )
    return Profile() if found is None else profile_from(found)


def profile_from(row: TravelProfile) -> Profile:
    """Returns a kept fit as a profile."""
    return Profile(row.name, row.scale, row.exponent)
