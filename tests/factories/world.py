"""The people of every story. Ana is a rep in the north, Ben her manager, Cy a rep in the south (under Bea), Dee the admin,
Pat a partner; Zoe is the admin of another org altogether. Cy and Zoe are those a leak would leak to."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from uuid import UUID

from django.contrib.auth.hashers import PBKDF2PasswordHasher

from backend.crm.models import (
    Account,
    AccountContactRelation,
    Address,
    Contact,
    Opportunity,
    Pipeline,
    Product,
    Stage,
    StageHistory,
)
from backend.field.models import CallCycle, Visit, WorkingHours
from backend.identity.actor import Actor
from backend.identity.models import Device, Org, Role, User
from backend.identity.tokens import actor_of
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.models import (
    AccountTerritory,
    AssignmentSource,
    ModelState,
    Territory,
    TerritoryModel,
    UserTerritory,
)

PASSWORD = "correct horse"
BEFORE = timedelta(days=30)


@dataclass(slots=True)
class World:
    """One org with two territories, and a stranger's org beside it."""

    org: Org
    other_org: Org
    ana: User
    ben: User
    cy: User
    bea: User
    dee: User
    pat: User
    zoe: User
    model: TerritoryModel
    region: Territory
    north: Territory
    south: Territory
    pipeline: Pipeline
    stages: dict[str, Stage]
    product: Product

    def account(self, name: str, territory: Territory | None, *, lat: float = 42.03, lng: float = -93.62) -> Account:
        """Makes an active tier-A account with a point, in a territory or in none."""
        account = Account.objects.create(org=self.org, name=name, tier="A", lifecycle="active")
        Address.objects.create(org=self.org, account=account, lat=lat, lng=lng, quality="source", city="Ames")
        if territory is not None:
            self.place(account, territory)
        return account

    def place(self, account: Account, territory: Territory, *, since: datetime | None = None) -> AccountTerritory:
        """Puts an account into a territory, for a month already."""
        return AccountTerritory.objects.create(
            org=self.org,
            account=account,
            territory=territory,
            source=AssignmentSource.MANUAL,
            valid_from=since or clock.now() - BEFORE,
        )

    def deal(self, account: Account | None, *, owner: User | None = None, name: str = "Spring order") -> Opportunity:
        """Opens a deal in the first stage."""
        owner = owner or self.ana
        deal = Opportunity.objects.create(
            org=self.org,
            account=account,
            owner=owner,
            name=name,
            pipeline=self.pipeline,
            stage=self.stages["new"],
            amount="1200.00",
        )
        StageHistory.objects.create(
            org=self.org, opportunity=deal, to_stage=self.stages["new"], moved_by=owner, moved_at=clock.now()
        )
        return deal

    def contact(self, account: Account, full_name: str = "Maria de la Vega") -> AccountContactRelation:
        """Takes down a person at an account."""
        person = Contact.objects.create(org=self.org, full_name=full_name)
        return AccountContactRelation.objects.create(org=self.org, account=account, contact=person, role="buyer")

    def visit(self, account: Account, rep: User | None = None, *, start: datetime | None = None) -> Visit:
        """Plans a visit of half an hour, now by default."""
        begin = start or clock.now()
        return Visit.objects.create(
            org=self.org,
            account=account,
            rep=rep or self.ana,
            planned_start=begin,
            planned_end=begin + timedelta(minutes=30),
        )

    def phone(self, user: User) -> Device:
        """Gives a person one more phone."""
        assert user.org_id is not None
        return Device.objects.create(org_id=user.org_id, user=user, install_key=new_id().hex, platform="android")


@cache
def _password() -> str:
    """Returns PASSWORD hashed in one round: it is slow on purpose for real people, and each sign-in of a test would be so too."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(PASSWORD, hasher.salt(), iterations=1)


def person(org: Org, username: str, role: Role, manager: User | None = None) -> User:
    """Makes a person who can sign in with PASSWORD."""
    return User.objects.create(
        username=username,
        password=_password(),
        org=org,
        role=role,
        manager=manager,
        full_name=username.title(),
        timezone="America/Chicago",
    )


def acting(user: User, device: Device | None = None) -> Actor:
    """Returns the caller a person is, from a phone or from a script."""
    return actor_of(user, device.pk if device else None)


def build(tag: str = "") -> World:
    """Makes the world; with a tag of its own it stands beside others in one database (user names end in it)."""
    org = Org.objects.create(slug=f"field{tag}", name="Field Co", timezone="America/Chicago")
    other = Org.objects.create(slug=f"other{tag}", name="Other Co")

    def named(name: str, role: Role, manager: User | None = None, org: Org = org) -> User:
        return person(org, f"{name}{tag}", role, manager)

    dee = named("dee", Role.ADMIN)
    ben = named("ben", Role.MANAGER, dee)
    bea = named("bea", Role.MANAGER, dee)
    ana, cy = named("ana", Role.REP, ben), named("cy", Role.REP, bea)
    pat, zoe = named("pat", Role.PARTNER), named("zoe", Role.ADMIN, org=other)
    model = TerritoryModel.objects.create(org=org, name="Now", state=ModelState.ACTIVE, activated_at=clock.now())
    region = Territory.objects.create(org=org, model=model, name="State")
    north = Territory.objects.create(org=org, model=model, name="North", parent=region)
    south = Territory.objects.create(org=org, model=model, name="South", parent=region)
    for user, territory in ((ana, north), (cy, south)):
        UserTerritory.objects.create(org=org, user=user, territory=territory, valid_from=clock.now() - BEFORE)
    pipeline = Pipeline.objects.create(org=org, name="Sales")
    steps = (("new", 10, "open"), ("offer", 60, "open"), ("won", 100, "won"), ("lost", 0, "lost"))
    stages = {
        name: Stage.objects.create(
            org=org, pipeline=pipeline, name=name, position=number, probability=probability, category=category
        )
        for number, (name, probability, category) in enumerate(steps)
    }
    product = Product.objects.create(org=org, sku="P1", name="Gin", unit_price="12.50")
    CallCycle.objects.create(org=org, tier="A", interval_days=14)
    for weekday in range(1, 6):
        WorkingHours.objects.create(org=org, user=ana, weekday=weekday, start=time(8), end=time(17))
    return World(org, other, ana, ben, cy, bea, dee, pat, zoe, model, region, north, south, pipeline, stages, product)


def ids(rows: list[UUID]) -> set[str]:
    """Returns ids as the wire has them."""
    return {str(row) for row in rows}
