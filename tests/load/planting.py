"""Plants a force into the database of the environment: fifty reps, each with a territory of their own; `python -m tests.load.planting`."""

import django

django.setup()

from django.db import transaction  # noqa: E402

from backend.identity.models import Role  # noqa: E402
from backend.kit import clock  # noqa: E402
from backend.territories.models import Territory, UserTerritory  # noqa: E402
from tests.factories.world import BEFORE, build, person  # noqa: E402

REPS = 50
STORES = 20

with transaction.atomic():
    world = build()
    for number in range(REPS):
        rep = person(world.org, f"rep{number}", Role.REP, world.ben)
        territory = Territory.objects.create(
            org=world.org, model=world.model, name=f"Territory {number}", parent=world.region
        )
        UserTerritory.objects.create(org=world.org, user=rep, territory=territory, valid_from=clock.now() - BEFORE)
        for store in range(STORES):
            account = world.account(f"Store {number}.{store}", territory)
            world.contact(account)
            world.deal(account, owner=rep)
