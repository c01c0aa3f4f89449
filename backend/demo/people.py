"""The people who sign in to the demo; they are made up, as are their hours."""

from dataclasses import dataclass
from datetime import time
from functools import cache

from django.contrib.auth.hashers import make_password

from backend.crm.models import ExternalId
from backend.field.models import CallCycle, WorkingHours
from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.territories.models import ModelState, Territory, TerritoryModel, UserTerritory

PASSWORD = "fieldbeat"  # noqa: S105
WORKDAYS = range(1, 6)
DAY_START, DAY_END = time(8, 30), time(17)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo; `starts_at`: where a rep's day begins, as latitude and longitude."""

    username: str
    full_name: str
    role: Role
    starts_at: tuple[float, float] | None = None


@cache
def password_hash() -> str:
    """Returns one hash of the demo's password, made once because it is made to be slow."""
    return make_password(PASSWORD)


def make_people(org: Org, people: list[Person], *, manager: str | None = None) -> dict[str, User]:
    """Makes the people of an org by name; the reps among them report to `manager`, who is made with them."""
    made: dict[str, User] = {}
    for person in sorted(people, key=lambda one: one.username != manager):
        lat, lng = person.starts_at or (None, None)
        made[person.username] = User.objects.create(
            org=org,
            username=person.username,
            full_name=person.full_name,
            role=person.role,
            manager=made[manager] if manager is not None and person.role == Role.REP else None,
            timezone=org.timezone,
            start_lat=lat,
            start_lng=lng,
            password=password_hash(),
        )
    return made


def name_people(org: Org, source: str, names: dict[str, User]) -> None:
    """Says under which names a source system knows people, so that an import finds them."""
    ExternalId.objects.bulk_create(
        [ExternalId(org=org, source=source, entity="user", value=name, row_id=user.pk) for name, user in names.items()]
    )


def give_hours(org: Org) -> None:
    """Gives every rep of the org Monday to Friday, 08:30 to 17:00."""
    WorkingHours.objects.bulk_create(
        WorkingHours(org=org, user=rep, weekday=weekday, start=DAY_START, end=DAY_END)
        for rep in User.objects.filter(org=org, role=Role.REP)
        for weekday in WORKDAYS
    )


def set_cycles(org: Org, days: dict[str, int]) -> None:
    """Says how often accounts of each tier are called on."""
    CallCycle.objects.bulk_create(CallCycle(org=org, tier=tier, interval_days=count) for tier, count in days.items())


def make_territories(
    org: Org, model: str, top: str, leaves: dict[str, dict[str, object] | None]
) -> dict[str, Territory]:
    """Makes an active model of one top territory over leaves with their areas; returns all by name."""
    active = TerritoryModel.objects.create(org=org, name=model, state=ModelState.ACTIVE, activated_at=clock.now())
    made = {top: Territory.objects.create(org=org, model=active, name=top)}
    for name, area in leaves.items():
        made[name] = Territory.objects.create(org=org, model=active, parent=made[top], name=name, area=area)
    return made


def give_territory(user: User, territory: Territory) -> UserTerritory:
    """Lets a person work a territory from now on."""
    return UserTerritory(org_id=territory.org_id, user=user, territory=territory, valid_from=clock.now())
