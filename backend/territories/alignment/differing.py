"""What an alignment did other than what was seen when it was asked for, because the field went on meanwhile."""

from typing import Any
from uuid import UUID

from backend.territories.models import Alignment

MOST = 100
"""So many accounts are named; the rest is counted."""

Seen = dict[tuple[UUID, str], UUID | None]


def seen_of(alignment: Alignment) -> Seen:
    """Returns where the accounts were to go by the look that is kept; read it before the next look."""
    return {
        (account, role): after
        for account, role, after in alignment.moves.values_list("account_id", "role", "to_territory_id")
    }


def difference(alignment: Alignment, seen: Seen) -> dict[str, Any]:
    """Returns {same, more, fewer, elsewhere: counts, accounts: some of them}; `same` says also that nothing else differs."""
    found = seen_of(alignment)
    more, fewer = found.keys() - seen.keys(), seen.keys() - found.keys()
    elsewhere = {key for key in found.keys() & seen.keys() if found[key] != seen[key]}
    named = sorted({str(account) for account, _ in more | fewer | elsewhere})
    return {
        "same": alignment.digest == alignment.asked_digest,
        "more": len(more),
        "fewer": len(fewer),
        "elsewhere": len(elsewhere),
        "accounts": named[:MOST],
    }
