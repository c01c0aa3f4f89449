"""How much one device is given."""

from django.conf import settings

from backend.kit.errors import Invalid

PAGE_BYTES = 2 * 2**20
"""A page ends behind the row that made it longer than this."""
PATIENCE = 3
"""So many rounds of catching up are made with pages of the usual length; nearly every pull has one or two."""


def times_longer(rounds: int) -> int:
    """Returns how many times as long as usual a page may be in a pull that has begun so many rounds of catching up.

    It doubles with each round. A round only begins in a page that the round before left room in, and is not the last only if
    it fills that page: so the line has carried a page half as long just before, and once a page has room for twice the rows
    that are touched at all, it is the last."""
    return 1 << max(rounds - PATIENCE, 0)


def too_large(rows: int) -> Invalid:
    """Returns the refusal of a scope with so many rows."""
    return Invalid(
        "SCOPE_TOO_LARGE",
        f"Your scope has {rows} rows; a device is given at most {settings.SYNC_MOST_ROWS}.",
        fields={"rows": str(rows), "limit": str(settings.SYNC_MOST_ROWS)},
    )
