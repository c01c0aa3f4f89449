"""How much one device is given."""

from backend.kit.errors import Invalid

SOFT_ROWS = 50_000
"""More than so many rows are warned of: SCOPE_LARGE."""
HARD_ROWS = 250_000
"""More than so many are refused whole: a phone that holds a part would take it for all."""
MANY_ROWS = 5_000
"""When more than so many enter at once, all are counted: they may be too many together."""
PAGE_BYTES = 2 * 2**20
"""A page ends behind the row that made it longer than this."""


def too_large(rows: int) -> Invalid:
    """Returns the refusal of a scope with so many rows."""
    return Invalid(
        "SCOPE_TOO_LARGE",
        f"Your scope has {rows} rows; a device is given at most {HARD_ROWS}.",
        fields={"rows": str(rows), "limit": str(HARD_ROWS)},
    )
