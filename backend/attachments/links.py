"""Addresses of files that are good for a few minutes and for who asked; coverage is asked when one is made, and again
when it is used."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from django.conf import settings

from backend.attachments import rules
from backend.attachments.models import Attachment, AttachmentState
from backend.attachments.queries import Served, attachments, served
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of, still_good
from backend.kit import clock

LIFE = timedelta(minutes=5)
CONTENT, THUMBNAIL = "content", "thumbnail"
_ALGORITHM = "HS256"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses relative to the server's own; None where there is no such file."""

    content: str | None
    thumbnail: str | None
    expires_at: datetime


def _key() -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"attachment link", hashlib.sha256).digest()


def links(actor: Actor, attachment: Attachment) -> Links:
    """Returns the addresses of an attachment that the actor was found to see."""
    expires = clock.now() + LIFE
    if attachment.state != AttachmentState.STORED:
        return Links(None, None, expires)
    device = str(actor.device_id) if actor.device_id else None
    claims = {
        "att": str(attachment.pk),
        "sub": str(actor.user_id),
        "dev": device,
        "gen": actor.generation,
        "exp": int(expires.timestamp()),
    }

    def address(what: str) -> str:
        token = jwt.encode({**claims, "wha": what}, _key(), algorithm=_ALGORITHM)
        # In the query, because paths are written into logs.
        return f"/attachments/{attachment.pk}/{what}?token={token}"

    return Links(address(CONTENT), address(THUMBNAIL) if attachment.has_thumbnail else None, expires)


def opened(attachment_id: UUID, what: str, token: str) -> Served:
    """Returns the file behind an address; raises NotFound, or Busy (LINK_EXPIRED) for one that was good."""
    try:
        claims = jwt.decode(
            token, _key(), algorithms=[_ALGORITHM], options={"require": ["sub", "exp"], "verify_exp": False}
        )
        named = (UUID(claims["att"]), claims["wha"])
        user_id, device_id = UUID(claims["sub"]), UUID(claims["dev"]) if claims["dev"] else None
        generation = claims["gen"]
    except (jwt.InvalidTokenError, KeyError, ValueError, TypeError) as error:
        raise rules.link_not_good() from error
    if named != (attachment_id, what):
        raise rules.link_not_good()
    if claims["exp"] <= clock.now().timestamp():
        raise rules.link_expired()
    user = User.objects.filter(pk=user_id).exclude(org=None).first()
    if user is None or not still_good(actor := actor_of(user, device_id, generation)):
        raise rules.link_not_good()
    found = attachments(actor).select_related("blob").filter(pk=attachment_id).first()
    if found is None:
        raise rules.link_not_good()
    return served(found, thumbnail=what == THUMBNAIL)
