"""Reading what was learnt about travel times."""

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.identity.models import OUTSIDERS, User
from backend.planning.travel.models import TravelProfile


def profiles(actor: Actor, rep: User | None) -> QuerySet[TravelProfile]:
    """Returns the fits of the actor's org, or of a rep the actor may see, newest first; people of another firm see none."""
    found = TravelProfile.objects.filter(org_id=actor.org_id, rep=rep).order_by("-made_at", "-id")
    return found.none() if actor.role in OUTSIDERS else found
