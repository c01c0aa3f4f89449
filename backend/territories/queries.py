"""Reading territories."""

from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.territories.coverage import visible_roots_sql
from backend.territories.models import Territory, TerritoryMove
from backend.territories.rules import check_leads, territory_not_found


def territory_for(actor: Actor, territory_id: UUID, *, in_coverage: bool = True) -> Territory:
    """Returns a territory of the org, by default only one in the actor's own coverage; raises NotFound."""
    rows = Territory.objects.select_related("model").filter(org_id=actor.org_id, pk=territory_id, deleted_at=None)
    if in_coverage:
        rows = rows.filter(pk__in=visible_roots_sql(actor))
    territory = rows.first()
    if territory is None:
        raise territory_not_found()
    return territory


def moves_seen(actor: Actor) -> QuerySet[TerritoryMove]:
    """Returns the moves out of territories or into them that the actor leads, newest first; for who leads."""
    check_leads(actor)
    seen = visible_roots_sql(actor)
    moves = TerritoryMove.objects.filter(org_id=actor.org_id)
    return (moves.filter(source__in=seen) | moves.filter(target__in=seen)).order_by("-asked_at", "-id")
