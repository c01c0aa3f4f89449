"""What a person reads: never more than their role may read by now, and, where somebody did not read it, of whom."""

from collections.abc import Mapping

from backend.notifications import compose
from backend.notifications.delivery import phrases
from backend.notifications.models import Notification, Origin

UNREAD_BY = "unread_by"
"""The argument that names who did not read what went on to their manager."""


def words(told: Notification, role: str) -> tuple[str, str]:
    """Returns title and body as the notification's person may read them in the role they have now."""
    return readable(told.title_key, (told.title, told.body), told.args, told.origin, role=role, locale=told.user.locale)


def readable(
    key: str, said: tuple[str, str], args: Mapping[str, str], origin: str, *, role: str, locale: str
) -> tuple[str, str]:
    """Returns title and body of what was `said` under a key, as somebody in the role may read them."""
    title, body = compose.readable(key, said, args, role=role, locale=locale)
    if origin == Origin.ESCALATED and (title, body) != said:
        title = phrases.unread(title, args.get(UNREAD_BY, ""), locale)
    return title, body
