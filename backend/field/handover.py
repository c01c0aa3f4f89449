"""A planned visit goes to another rep at its time."""

from django.db import transaction

from backend.field import rules
from backend.field.actions import locked
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.identity.models import User


@transaction.atomic
def hand_over(*, actor: Actor, visit: Visit, rep: User) -> Visit:
    """Gives a visit that has not begun to another rep; for who leads, whom coverage has already let find both."""
    visit = locked(visit)
    rules.check_may_plan_for(actor, rep.pk)
    rules.check_not_begun(visit)
    visit.rep = rep
    visit.save(update_fields=["rep"])
    return visit
