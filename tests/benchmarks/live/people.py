"""A thousand reps who share one territory: all see its deals, and each has a deal that nobody else on a socket sees."""

from dataclasses import dataclass

from django.db import connection, transaction

from backend.crm.models import Opportunity
from backend.identity.models import Device, Role, User
from backend.identity.tokens import open_session
from backend.kit import clock
from backend.territories.models import UserTerritory
from tests.factories.world import BEFORE, World, build, person

SHARED = 30
RIVAL_TABLE = """
CREATE TABLE bench_deal AS SELECT id, notes FROM crm_opportunity;
ALTER TABLE bench_deal ADD PRIMARY KEY (id);
"""
"""What the rivals' events are written to, so that ours does not tell of them."""


@dataclass
class People:
    """`shared`: ids of deals that all see; `own`: of each person's own, in the order of the users."""

    world: World
    users: list[User]
    devices: list[Device]
    shared: list[str]
    own: list[str]

    def listeners(self) -> list[dict[str, str]]:
        """Returns what each says when a socket is opened: their token, and their name for those who know no tokens."""
        with transaction.atomic():
            tokens = [open_session(device).access_token for device in self.devices]
        return [
            {"authorization": f"Bearer {token}", "user": device.user.username, "device": str(device.pk)}
            for token, device in zip(tokens, self.devices, strict=True)
        ]


def people(count: int) -> People:
    """Makes them."""
    world = build()
    like = person(world.org, "rep", Role.REP, world.ben)
    like.delete()
    users = [
        User(
            username=f"rep{number}",
            password=like.password,
            org=world.org,
            role=Role.REP,
            manager=world.ben,
            full_name=f"Rep {number}",
        )
        for number in range(count)
    ]
    User.objects.bulk_create(users)
    since = clock.now() - BEFORE
    UserTerritory.objects.bulk_create(
        UserTerritory(org=world.org, user=user, territory=world.north, valid_from=since) for user in users
    )
    devices = [Device(org=world.org, user=user, install_key=user.username, platform="android") for user in users]
    Device.objects.bulk_create(devices)
    shared = [world.deal(world.account(f"Store {number}", world.north)) for number in range(SHARED)]
    own = [
        Opportunity(
            org=world.org, owner=user, name="Lead of my own", pipeline=world.pipeline, stage=world.stages["new"]
        )
        for user in users
    ]
    Opportunity.objects.bulk_create(own)
    with connection.cursor() as cursor:
        cursor.execute(RIVAL_TABLE)
        cursor.execute("ANALYZE")
    return People(world, users, devices, [str(one.pk) for one in shared], [str(one.pk) for one in own])
