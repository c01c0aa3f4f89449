"""Somebody whose transaction stays open while others come and go."""

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from django.db import connections

from backend.kit.ids import new_id
from tests.factories.world import World


class SlowWriter:
    """One transaction after another on a line of its own."""

    def __init__(self, world: World, chance: Random) -> None:
        self.world = world
        self.chance = chance
        self.line = connections.create_connection("default")
        self.line.set_autocommit(False)

    def turn(self) -> None:
        """Writes one more row, or commits, or thinks better of it."""
        ending = self.chance.random()
        if ending < 0.3:
            self.line.commit()
        elif ending < 0.4:
            self.line.rollback()
        else:
            with self.line.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO crm_activity (id, org_id, version, created_at, updated_at, account_id, owner_id, kind, "
                    "subject, body, status) SELECT %s, %s, 1, now(), now(), a.id, %s, 'note', 'Slow', '', 'done' "
                    "FROM crm_account a WHERE a.org_id = %s ORDER BY a.id OFFSET %s LIMIT 1",
                    [new_id(), self.world.org.pk, self.world.ana.pk, self.world.org.pk, self.chance.randrange(6)],
                )


@contextmanager
def slow_writer(world: World, chance: Random) -> Iterator[SlowWriter]:
    """Opens a slow writer, and commits what it has written in the end."""
    writer = SlowWriter(world, chance)
    try:
        yield writer
        writer.line.commit()
    finally:
        writer.line.close()
