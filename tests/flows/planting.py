"""Plants a world into the database of the environment, for a test whose own process uses another: `python -m tests.flows.planting`."""

import django

django.setup()

from django.db import transaction  # noqa: E402

from tests.factories.world import build  # noqa: E402

with transaction.atomic():
    world = build()
    for number in range(6):
        world.account(f"Store {number}", world.north)
        world.account(f"Shop {number}", world.south)
