"""Reading people of an org."""

from uuid import UUID

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit.errors import NotFound


def person_for(actor: Actor, user_id: UUID) -> User:
    """Returns an active person of the actor's own org, whoever they are to the actor; raises NotFound."""
    user = User.objects.filter(org_id=actor.org_id, pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound("USER_NOT_FOUND", "There is no such person for you.", fields={"userId": "not found"})
    return user
