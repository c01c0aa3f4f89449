"""Ana is a rep, Ben her manager, Cy a rep of another territory under Dan, Dee the admin, Pat a partner.

Monday 7 June 2027 in Des Moines; Ana works from nine to five from her home downtown.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from backend.crm.models import Account, Address, Tier
from backend.field.models import CallCycle, Visit, WorkingHours
from backend.identity.actor import Actor
from backend.identity.models import Org, Role, User
from backend.kit.ids import new_id
from backend.territories.models import AccountTerritory, ModelState, Territory, TerritoryModel, UserTerritory

MONDAY = date(2027, 6, 7)
ZONE = "America/Chicago"
SUNDAY_EVENING = datetime(2027, 6, 6, 23, 0, tzinfo=UTC)
LONG_AGO = SUNDAY_EVENING - timedelta(days=400)
HOME = (41.59, -93.62)


@dataclass(slots=True)
class Story:
    """One org with two territories; shops are opened in them as the tests need them."""

    org: Org
    ana: User
    ben: User
    cy: User
    dan: User
    dee: User
    pat: User
    north: Territory
    south: Territory

    def shop(
        self,
        name: str,
        *,
        east: float = 0.0,
        tier: str = Tier.A,
        located: bool = True,
        where: Territory | None = None,
        seen: datetime | None = SUNDAY_EVENING - timedelta(days=20),
        **fields: Any,
    ) -> Account:
        """Opens a shop `east` degrees from Ana's home (0.1 is 8 km), in her territory unless said otherwise."""
        account = Account.objects.create(org=self.org, name=name, tier=tier, lifecycle="active", **fields)
        if located:
            lat, lng = HOME[0], HOME[1] + east
            Address.objects.create(org=self.org, account=account, lat=lat, lng=lng, quality="exact")
        AccountTerritory.objects.create(
            org=self.org, account=account, territory=where or self.north, valid_from=LONG_AGO, source="manual"
        )
        if seen is not None:
            self.visit(account, self.ana, seen, state="completed", ended_at=seen)
        return account

    def visit(self, account: Account, rep: User, start: datetime, minutes: int = 30, **fields: Any) -> Visit:
        """Puts a visit straight into the calendar."""
        end = start + timedelta(minutes=minutes)
        return Visit.objects.create(
            org=self.org, account=account, rep=rep, planned_start=start, planned_end=end, **fields
        )

    def give(self, account: Account, to: Territory, at: datetime) -> None:
        """Moves the account to another territory from `at` on."""
        AccountTerritory.objects.filter(account=account, valid_to=None).update(valid_to=at)
        AccountTerritory.objects.create(org=self.org, account=account, territory=to, valid_from=at, source="manual")


def actor(person: User) -> Actor:
    """Returns the person as a caller."""
    assert person.org_id is not None
    return Actor(
        user_id=person.pk,
        org_id=person.org_id,
        role=Role(person.role),
        username=person.username,
        timezone=person.timezone,
    )


def begin() -> Story:
    """Writes the org, its people, their hours, two territories and the call cycles."""
    org = Org.objects.create(slug=f"org-{new_id().hex}", name="Fieldbeat Foods", timezone=ZONE)

    def person(name: str, role: Role, manager: User | None = None) -> User:
        return User.objects.create(
            org=org,
            username=f"{name.lower()}-{org.pk.hex}",
            full_name=name,
            role=role,
            manager=manager,
            timezone=ZONE,
            start_lat=HOME[0],
            start_lng=HOME[1],
        )

    dee = person("Dee", Role.ADMIN)
    ben, dan = person("Ben", Role.MANAGER), person("Dan", Role.MANAGER)
    ana, cy = person("Ana", Role.REP, ben), person("Cy", Role.REP, dan)
    pat = person("Pat", Role.PARTNER)
    model = TerritoryModel.objects.create(org=org, name="2027", state=ModelState.ACTIVE, activated_at=LONG_AGO)
    north = Territory.objects.create(org=org, model=model, name="North")
    south = Territory.objects.create(org=org, model=model, name="South")
    for who, where in ((ana, north), (cy, south)):
        UserTerritory.objects.create(org=org, user=who, territory=where, valid_from=LONG_AGO)
        for weekday in range(1, 6):
            WorkingHours.objects.create(org=org, user=who, weekday=weekday, start=time(9), end=time(17))
    for tier, days in (("A", 14), ("B", 28)):
        CallCycle.objects.create(org=org, tier=tier, interval_days=days)
    return Story(org, ana, ben, cy, dan, dee, pat, north, south)
