"""An admin says how the org weighs its accounts; each time a new version, which plans made from then on carry."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from backend.identity.actor import Actor
from backend.identity.models import Org
from backend.kit import clock
from backend.planning import rules, weights
from backend.planning.models import PlanningWeights


@transaction.atomic
def set_weights(
    *, actor: Actor, points: Mapping[str, Any], note: str = "", base_version: int | None = None
) -> PlanningWeights:
    """Adds a version that says `points` (see weights.points_of) where they differ from the product's own.

    Raises NotPermitted for who is no admin, Invalid naming each wrong weight, Conflict when `base_version` is not the
    newest any more."""
    rules.check_may_weigh(actor)
    kept = weights.checked(points)
    # Two admins at once get two versions, one after the other.
    Org.objects.select_for_update(no_key=True).get(pk=actor.org_id)
    newest, _ = weights.current(actor.org_id)
    rules.check_newest(base_version, newest)
    return PlanningWeights.objects.create(
        org_id=actor.org_id,
        version=newest + 1,
        points=kept,
        note=note.strip()[:200],
        created_by_id=actor.user_id,
        created_at=clock.now(),
    )
