"""Addresses of calendars: given out once, good until they are revoked, and never for anybody else's calendar."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from backend.field.models import CalendarFeed
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit import clock
from backend.kit.errors import NotFound

PATH = "/calendar.ics"


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """The address relative to the server's own, with its secret, which is not kept and cannot be asked again."""

    path: str
    created_at: datetime


def feed_not_found() -> NotFound:
    """No such calendar, or none any more: one answer for all."""
    return NotFound("FEED_NOT_FOUND", "There is no such calendar.")


def token_hash(token: str) -> str:
    """Returns what is kept of a secret."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@transaction.atomic
def open_feed(*, actor: Actor) -> FeedAddress:
    """Makes an address of one's own calendar; the one before it is good no longer."""
    revoke_feed(actor=actor)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(
        org_id=actor.org_id, user_id=actor.user_id, token_hash=token_hash(token), created_at=clock.now()
    )
    return FeedAddress(f"{PATH}?token={token}", feed.created_at)


@transaction.atomic
def revoke_feed(*, actor: Actor) -> bool:
    """Ends the address of one's calendar; says whether there was one."""
    User.objects.select_for_update(no_key=True).get(pk=actor.user_id)
    feeds = CalendarFeed.objects.filter(user_id=actor.user_id, revoked_at=None)
    return feeds.update(revoked_at=clock.now()) > 0


def feed_of(actor: Actor) -> CalendarFeed | None:
    """Returns the person's address as far as it is kept, None without one."""
    return CalendarFeed.objects.filter(user_id=actor.user_id, revoked_at=None).first()


def opened(token: str) -> tuple[User, Actor]:
    """Returns whose calendar the secret opens, as they are now; raises NotFound."""
    feeds = CalendarFeed.objects.filter(token_hash=token_hash(token), revoked_at=None).select_related("user")
    feed = feeds.first()
    if feed is None or not feed.user.is_active or feed.user.org_id != feed.org_id:
        raise feed_not_found()
    return feed.user, actor_of(feed.user, None)
