"""Reading changes of territories: an admin sees all of the org, a manager those of their own branch and beneath."""

from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.territories.alignment.rules import alignment_not_found
from backend.territories.coverage import visible_roots_sql
from backend.territories.models import Alignment, AlignmentMove
from backend.territories.rules import check_leads


def alignments_seen(actor: Actor) -> QuerySet[Alignment]:
    """Returns the drafts, and what became of them, that the actor may see; for who leads."""
    check_leads(actor)
    seen = Alignment.objects.select_related("model").filter(org_id=actor.org_id)
    return seen if actor.role == Role.ADMIN else seen.filter(branch__in=visible_roots_sql(actor))


def alignment_for(actor: Actor, alignment_id: UUID) -> Alignment:
    """Returns one of them; raises NotFound."""
    alignment = alignments_seen(actor).filter(pk=alignment_id).first()
    if alignment is None:
        raise alignment_not_found()
    return alignment


def moves_of(alignment: Alignment) -> QuerySet[AlignmentMove]:
    """Returns the accounts that change their primary territory."""
    return alignment.moves.filter(role="primary")
