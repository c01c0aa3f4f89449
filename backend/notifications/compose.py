"""What an alert says to whom: never more than their role may read."""

from backend.crm.models import Opportunity
from backend.kit.field_rules import may_read
from backend.notifications import texts
from backend.notifications.models import Notification

_TELLING: dict[str, tuple[type[Opportunity], str, str]] = {
    f"{key}.amount": (Opportunity, "amount", key)
    for key in ("opportunity.late", "opportunity.amount", "opportunity.won", "opportunity.lost")
}
"""Words that name a column which not everybody may read: key → (model, column, the words without it)."""


def words(told: Notification, role: str) -> tuple[str, str]:
    """Returns title and body as its person may read them in the role they have now, which may be less than when told."""
    key = _key(told.title_key, role)
    return (told.title, told.body) if key == told.title_key else texts.render(key, told.args, told.user.locale)


def _key(key: str, role: str) -> str:
    if key not in _TELLING:
        return key
    model, column, without = _TELLING[key]
    return key if may_read(model, role, column) else without
