"""What a person reads: never more than their role may read by now, and, where somebody did not read it, of whom."""

from backend.notifications import compose
from backend.notifications.delivery import phrases
from backend.notifications.models import Notification, Origin

UNREAD_BY = "unread_by"
"""The argument that names who did not read what went on to their manager."""


def words(told: Notification, role: str) -> tuple[str, str]:
    """Returns title and body as the notification's person may read them in the role they have now."""
    title, body = compose.words(told, role)
    if told.origin == Origin.ESCALATED and (title, body) != (told.title, told.body):
        title = phrases.unread(title, told.args.get(UNREAD_BY, ""), told.user.locale)
    return title, body
