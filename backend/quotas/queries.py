"""Reading quotas, and how far people are."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.field_rules import may_read
from backend.quotas.facts import ASKED_OF_QUOTAS, FACTS
from backend.quotas.models import Quota
from backend.quotas.rules import quota_not_found
from backend.territories.coverage import visible

_REACHED = f"""
    WITH asked AS ({ASKED_OF_QUOTAS} WHERE q.id = ANY(%(quotas)s::uuid[]))
    SELECT f.id, sum(f.worth) FROM ({FACTS}) f WHERE f.at <= %(until)s GROUP BY f.id
"""  # noqa: S608


def quotas_seen(actor: Actor, *, user_id: UUID | None = None, on: date | None = None) -> QuerySet[Quota]:
    """Returns the actor's quotas and those of people beneath; of one person, or of those that hold on a day."""
    found = visible(Quota.objects.all(), actor, root="user_id")
    if not may_read(Quota, actor.role):
        return found.none()
    if user_id is not None:
        found = found.filter(user_id=user_id)
    return found if on is None else found.filter(first_day__lte=on, last_day__gte=on)


def quota_for(actor: Actor, quota_id: UUID) -> Quota:
    """Returns one of them; raises NotFound."""
    quota = quotas_seen(actor).filter(pk=quota_id).first()
    if quota is None:
        raise quota_not_found()
    return quota


def figured(quotas: Sequence[Quota]) -> list[Quota]:
    """Returns the quotas, each with how far its person is by now; one query for all."""
    with connection.cursor() as cursor:
        cursor.execute(_REACHED, {"quotas": [one.pk for one in quotas], "until": clock.now()})
        found = dict(cursor.fetchall())
    for one in quotas:
        one.reached = found.get(one.pk, Decimal(0))
    return list(quotas)
