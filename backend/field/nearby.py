"""What lies near a rep: accounts that are due, with the reasons, and the circles a phone can watch."""

from dataclasses import dataclass, replace
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.crm.models import Account, Address, Lifecycle
from backend.field.geofence import RADIUS_M, SAME_PLACE_M
from backend.field.models import Visit
from backend.field.places import addresses_near, square_of_distance
from backend.field.queries import DueAccount, day_bounds, due_accounts
from backend.field.walltime import instant_of
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.kit.field_rules import may_read
from backend.kit.geo import LatLng, distance_m
from backend.territories.coverage import visible

MOST = 100
REACHES_M = (2_000.0, 20_000.0, 200_000.0)
"""How far fences are looked for, one after the other until there are enough."""
LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Nearby:
    """A due account, how far it is in a straight line, and why it is named, in words."""

    account: DueAccount
    distance_m: float
    open_until: datetime | None
    open_now: bool
    why: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A fence that a phone can watch. `others` share the building, so the phone asks which it is."""

    account_id: UUID
    name: str
    centre: LatLng
    radius_m: float
    distance_m: float
    reason: str
    others: tuple[UUID, ...] = ()


def check_count(n: int) -> int:
    """Refuses less than one, and more than MOST."""
    if not 1 <= n <= MOST:
        raise Invalid("OUT_OF_RANGE", f"n is from 1 to {MOST}.", fields={"n": "out of range"})
    return n


def nearby_due(rep: User, point: LatLng, n: int) -> list[Nearby]:
    """Returns the n due accounts of the rep's nearest to a point, nearest first. One query."""
    check_count(n)
    zone = ZoneInfo(rep.timezone)
    now = clock.now()
    due = due_accounts(rep, now.astimezone(zone).date())
    found = [(distance_m(point, one.point), one) for one in due if one.point is not None]
    found.sort(key=lambda pair: (pair[0], pair[1].account_id))
    return [_nearby(rep, one, metres, now, zone) for metres, one in found[:n]]


def _nearby(rep: User, account: DueAccount, metres: float, now: datetime, zone: ZoneInfo) -> Nearby:
    is_open, until = open_at(account, now, zone)
    words = [due_words(account)]
    if account.tier and may_read(Account, rep.role, "tier"):
        words.append(f"tier {account.tier}")
    words.append(_far(metres))
    words.append(_opening(account, is_open, until, now, zone))
    return Nearby(account, metres, until, is_open, ", ".join(word for word in words if word))


def open_at(account: DueAccount, now: datetime, zone: ZoneInfo) -> tuple[bool, datetime | None]:
    """Says whether the doors are open, and until when; (True, None) where they always are."""
    if account.open_all_week:
        return True, None
    day = now.astimezone(zone).date()
    for opens, closes in account.windows:
        if instant_of(day, opens, zone) <= now < instant_of(day, closes, zone):
            return True, instant_of(day, closes, zone)
    return False, None


def due_words(account: DueAccount) -> str:
    """Returns when it is due, in words."""
    if account.last_visit is None:
        return "never visited"
    if account.days_overdue == 0:
        return "due today"
    return f"due {account.days_overdue} day{'s' if account.days_overdue > 1 else ''} ago"


def _far(metres: float) -> str:
    return f"{round(metres / 10) * 10} m" if metres < 995 else f"{metres / 1000:.1f} km"


def _opening(account: DueAccount, is_open: bool, until: datetime | None, now: datetime, zone: ZoneInfo) -> str:
    if is_open:
        return "" if until is None else f"open now until {until.astimezone(zone):%H:%M}"
    day = now.astimezone(zone).date()
    later: list[time] = [opens for opens, _ in account.windows if instant_of(day, opens, zone) > now]
    return f"opens at {min(later):%H:%M}" if later else "closed for today"


def nearest_geofences(actor: Actor, rep: User, point: LatLng, n: int) -> list[Circle]:
    """Returns up to n circles for the rep's phone: those planned for today first, then those due, then the nearest.

    Accounts that share a building share a circle. Few queries, however many accounts."""
    check_count(n)
    planned = _planned_today(rep)
    due = {one.account_id: one for one in due_accounts(rep, clock.now().astimezone(ZoneInfo(rep.timezone)).date())}
    addresses = _around(actor, point, n, {*planned, *due})
    ranked = sorted(
        ((_rank(one.account_id, planned, due), _metres(one, point), one) for one in addresses),
        key=lambda found: (found[0], found[1], found[2].account_id),
    )
    circles: list[Circle] = []
    for rank, metres, address in ranked:
        centre = _point(address)
        shared = next((k for k, one in enumerate(circles) if distance_m(one.centre, centre) <= SAME_PLACE_M), None)
        if shared is not None:
            circles[shared] = replace(circles[shared], others=(*circles[shared].others, address.account_id))
        elif len(circles) < n:
            reason = ("planned today", due_words(due[address.account_id]) if rank == 1 else "", "near")[rank]
            circles.append(Circle(address.account_id, address.account.name, centre, RADIUS_M, metres, reason))
    return circles


def _planned_today(rep: User) -> set[UUID]:
    now = clock.now()
    start, end = day_bounds(rep, now.astimezone(ZoneInfo(rep.timezone)).date())
    ahead = Visit.objects.filter(
        rep=rep,
        deleted_at=None,
        state__in=("planned", "en_route", "in_progress"),
        planned_end__gt=start,
        planned_start__lt=end,
    )
    return set(ahead.values_list("account_id", flat=True))


def _around(actor: Actor, point: LatLng, n: int, wanted: set[UUID]) -> list[Address]:
    """Returns addresses near the point, and all that are wanted wherever they are."""
    living = {"account__deleted_at": None, "lat__isnull": False, "lng__isnull": False}
    found: list[Address] = []
    for reach in REACHES_M:
        near = visible(addresses_near(point, reach).filter(**living), actor, root="account_id")
        rows = near.exclude(account__lifecycle=Lifecycle.CLOSED).select_related("account")
        rows = rows.order_by(square_of_distance(point), "account_id")[:LOOKED_AT]
        found = list(rows)
        if len(found) >= n:
            break
    missing = wanted - {one.account_id for one in found}
    if missing:
        more = Address.objects.filter(is_primary=True, account_id__in=missing, **living)
        found += list(visible(more, actor, root="account_id").select_related("account"))
    return found


def _rank(account_id: UUID, planned: set[UUID], due: dict[UUID, DueAccount]) -> int:
    return 0 if account_id in planned else 1 if account_id in due else 2


def _point(address: Address) -> LatLng:
    assert address.lat is not None
    assert address.lng is not None
    return LatLng(address.lat, address.lng)


def _metres(address: Address, point: LatLng) -> float:
    return distance_m(point, _point(address))
