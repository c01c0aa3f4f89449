"""Reading territories."""

from uuid import UUID

from backend.identity.actor import Actor
from backend.territories.coverage import visible_roots_sql
from backend.territories.models import Territory
from backend.territories.rules import territory_not_found


def territory_for(actor: Actor, territory_id: UUID, *, in_coverage: bool = True) -> Territory:
    """Returns a territory of the org, by default only one in the actor's own coverage; raises NotFound."""
    rows = Territory.objects.select_related("model").filter(org_id=actor.org_id, pk=territory_id, deleted_at=None)
    if in_coverage:
        rows = rows.filter(pk__in=visible_roots_sql(actor))
    territory = rows.first()
    if territory is None:
        raise territory_not_found()
    return territory
