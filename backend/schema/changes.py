"""Changes as they are asked for, where only what is given counts, and rows as a change leaves them."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

import strawberry
from django.db import transaction

from backend.crm.models import AccountContactRelation
from backend.kit.models import Row

R = TypeVar("R", bound=Row)

BASE_VERSION = (
    "the version you looked at; if it is not the one that stands, EDITED_MEANWHILE. Left out, nothing is asked."
)


def given(changes: Any) -> dict[str, Any]:
    """Returns the fields of an input that the caller gave, by the names of the columns; null is given too."""
    named = {one.name: getattr(changes, one.name) for one in fields(changes)}
    return {name: value for name, value in named.items() if value is not strawberry.UNSET}


def told(write: Callable[[], R]) -> Callable[[], R]:
    """Makes a write return its row with the version that the database gave it, to build the next change on.

    It is read in the transaction of the write: one that somebody else made a moment later would hide their change."""

    @wraps(write)
    def written() -> R:
        with transaction.atomic():
            row = write()
            row.refresh_from_db(fields=["version", "updated_at"])
            if isinstance(row, AccountContactRelation):
                row.contact.refresh_from_db(fields=["version"])
            return row

    return written
