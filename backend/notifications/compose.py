"""What an alert says to whom: never more than their role may read."""

from collections.abc import Mapping

from backend.crm.models import Opportunity
from backend.kit.field_rules import may_read
from backend.notifications import texts

_TELLING: dict[str, tuple[type[Opportunity], str, str]] = {
    f"{key}.amount": (Opportunity, "amount", key)
    for key in ("opportunity.late", "opportunity.amount", "opportunity.won", "opportunity.lost")
}
"""Words that name a column which not everybody may read: key → (model, column, the words without it)."""


def readable(key: str, said: tuple[str, str], args: Mapping[str, str], *, role: str, locale: str) -> tuple[str, str]:
    """Returns title and body of what was `said` under a key, as somebody may read them in the role they have now, which may
    be less than when they were told."""
    plain = _key(key, role)
    return said if plain == key else texts.render(plain, args, locale)


def _key(key: str, role: str) -> str:
    if key not in _TELLING:
        return key
    model, column, without = _TELLING[key]
    return key if may_read(model, role, column) else without
