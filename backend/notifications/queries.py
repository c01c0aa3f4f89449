"""Reads of this room."""

from uuid import UUID

from django.db.models import QuerySet

from backend.identity.actor import Actor
from backend.identity.models import Device
from backend.notifications import rules
from backend.notifications.models import Notification
from backend.territories import coverage


def _visible(actor: Actor) -> QuerySet[Notification]:
    """The actor's own, as long as the actor still sees what they are about."""
    mine = Notification.objects.filter(user_id=actor.user_id, withdrawn_at=None)
    return coverage.visible(mine.select_related("user"), actor, root="root_id")


def inbox(actor: Actor, *, unread_only: bool = False) -> QuerySet[Notification]:
    """Returns the actor's notifications, newest first."""
    rows = _visible(actor)
    if unread_only:
        rows = rows.filter(read_at=None)
    return rows.order_by("-created_at", "-id")


def notification_for(actor: Actor, notification_id: UUID) -> Notification:
    """Returns one of the actor's notifications; raises NotFound."""
    found = _visible(actor).filter(pk=notification_id).first()
    if found is None:
        raise rules.notification_not_found()
    return found


def device_for(actor: Actor, device_id: UUID | None) -> Device:
    """Returns the actor's own device: the one named, or the one that calls; raises NotFound."""
    chosen = device_id or actor.device_id
    if chosen is None:
        raise rules.device_not_found()
    own = Device.objects.filter(org_id=actor.org_id, user_id=actor.user_id, revoked_at=None)
    found = own.filter(pk=chosen).first()
    if found is None:
        raise rules.device_not_found()
    return found
