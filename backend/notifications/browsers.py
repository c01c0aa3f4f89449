"""What browsers must know of this server, and which of the addresses they give it may be called.

Apart from the lanes, because the web needs this and not the libraries that send."""

from functools import cache

from django.conf import settings

from backend.notifications.transports.webpush.subscription import allowing
from backend.notifications.transports.webpush.vapid import Vapid, kept_key


@cache
def vapid() -> Vapid:
    """Returns this server's key pair for Web Push: of the settings, or made once and kept in the data folder."""
    return Vapid(settings.VAPID_KEY or kept_key(settings.VAPID_FILE), settings.VAPID_CONTACT)


def may_be_called(endpoint: str) -> bool:
    """Says whether this server may post to that address of a push service."""
    return allowing(settings.WEBPUSH_HOSTS, settings.WEBPUSH_URL)(endpoint)
