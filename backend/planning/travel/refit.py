"""Learns from check-ins how fast people get on: first the whole org, then each rep who has driven enough."""

from datetime import timedelta
from uuid import UUID

from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.kit.logs import logger
from backend.planning.travel.choose import profile_from
from backend.planning.travel.drives import LEAST_OF_REP, MOST_OF_ORG, MOST_OF_REP, Drives, drives_of, together
from backend.planning.travel.fit import fit, unseen_errors
from backend.planning.travel.great_circle import Profile
from backend.planning.travel.models import TravelProfile

ENOUGH_FOR_ORG, ENOUGH_FOR_REP = 100, 150
"""Fewer drives are scattered too widely to tell a slow town from a slow week."""

EVERY = timedelta(days=7)
KEPT = timedelta(days=400)

_log = logger("routing")


def due_orgs() -> list[UUID]:
    """Returns the orgs whose last fit is EVERY old, and those without one, which may have driven enough by now."""
    recent = TravelProfile.objects.filter(made_at__gt=clock.now() - EVERY).values("org_id")
    return list(Org.objects.exclude(pk__in=recent).order_by("pk").values_list("pk", flat=True))


def refit(org: Org) -> list[TravelProfile]:
    """Fits the org's drives, and those of each rep who has enough; keeps each fit with its figures, adopted or not."""
    people = list(User.objects.filter(org=org, role=Role.REP, is_active=True).order_by("pk"))
    most = min(MOST_OF_REP, max(LEAST_OF_REP, MOST_OF_ORG // max(1, len(people))))
    parts: list[Drives] = []
    keen: list[User] = []
    for rep in people:
        found = drives_of(rep.pk, rep.timezone, most)
        if len(found):
            parts.append(found)
        if len(found) >= min(ENOUGH_FOR_REP, most):
            keen.append(rep)
    if sum(len(part) for part in parts) < ENOUGH_FOR_ORG:
        return []
    whole = _keep(org, None, together(parts), newest(org.pk, None) or Profile(), len(parts))
    base = newest(org.pk, None) or Profile()
    made = [whole]
    for rep in keen:
        own = drives_of(rep.pk, rep.timezone)
        if len(own) >= ENOUGH_FOR_REP:
            made.append(_keep(org, rep, own, newest(org.pk, rep.pk) or base, 1))
    _log.info("travel_refitted", org=str(org.pk), fits=len(made), adopted=sum(one.adopted for one in made))
    return made


def newest(org_id: UUID, rep_id: UUID | None) -> Profile | None:
    """Returns the newest adopted fit of exactly this rep, or with None of exactly the whole org."""
    row = TravelProfile.objects.filter(org_id=org_id, rep_id=rep_id, adopted=True).order_by("-made_at", "-id").first()
    return None if row is None else profile_from(row)


def forget_old() -> int:
    """Deletes fits older than KEPT but for those in use; returns how many."""
    old = TravelProfile.objects.filter(made_at__lt=clock.now() - KEPT)
    in_use = (
        TravelProfile.objects.filter(adopted=True)
        .order_by("org", "rep", "-made_at")
        .distinct("org", "rep")
        .values("pk")
    )
    return old.exclude(pk__in=in_use).delete()[0]


def _keep(org: Org, rep: User | None, drives: Drives, prior: Profile, people: int) -> TravelProfile:
    found = fit(drives.metres, drives.seconds, prior)
    errors = unseen_errors(drives.metres, drives.seconds, prior)
    return TravelProfile.objects.create(
        org=org,
        rep=rep,
        scale=found.scale,
        exponent=found.exponent,
        made_at=clock.now(),
        first_day=drives.first_day,
        last_day=drives.last_day,
        drives=len(drives),
        pauses=found.pauses,
        people=people,
        error_before=errors.before,
        error_after=errors.after,
        adopted=errors.after < errors.before,
    )
