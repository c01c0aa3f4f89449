"""What phones say of the inbox; registered when Django is ready, because sync lies below this room."""

from backend.notifications.actions import mark_read
from backend.notifications.models import Notification
from backend.notifications.rules import notification_not_found
from backend.sync.mutators import decode
from backend.sync.mutators.registry import DONE, Caller, Outcome, mutator
from backend.sync.protocol import Mutation


@mutator("notification.read")
def read(caller: Caller, mutation: Mutation) -> Outcome:
    """The person has read it, on a phone that was offline perhaps; also what was withdrawn meanwhile."""
    decode.only(mutation.args)
    told = Notification.objects.filter(
        pk=decode.entity_id(mutation), org_id=caller.actor.org_id, user_id=caller.actor.user_id
    ).first()
    if told is None:
        raise notification_not_found()
    mark_read(actor=caller.actor, notification=told)
    return DONE
