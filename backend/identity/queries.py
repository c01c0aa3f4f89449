"""Reading people of an org."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.errors import NotFound


def person_for(actor: Actor, user_id: UUID) -> User:
    """Returns an active person of the actor's own org, whoever they are to the actor; raises NotFound."""
    user = User.objects.filter(org_id=actor.org_id, pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound("USER_NOT_FOUND", "There is no such person for you.", fields={"userId": "not found"})
    return user


# The tables could hold a circle; nobody is so far down.
_ABOVE = """
    WITH RECURSIVE up AS (
        SELECT u.id AS person, u.manager_id AS above, 1 AS step FROM identity_user u WHERE u.id = ANY(%s::uuid[])
        UNION ALL
        SELECT up.person, u.manager_id, up.step + 1 FROM up JOIN identity_user u ON u.id = up.above WHERE up.step < 50
    )
    SELECT up.person, up.above FROM up JOIN identity_user m ON m.id = up.above AND m.is_active
    WHERE up.above <> up.person ORDER BY up.person, up.step
"""


def managers_above(people: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Returns the active managers above each person, the nearest first; who has none is absent. One query."""
    above: dict[UUID, list[UUID]] = {}
    if not people:
        return above
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [sorted(people)])
        for person, manager in cursor.fetchall():
            if manager not in above.setdefault(person, []):
                above[person].append(manager)
    return above
