"""Scalars that are written as PostgreSQL writes them, so that an answer is the same whoever wrote it."""

from dataclasses import replace
from datetime import datetime

from strawberry.schema.types.base_scalars import DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition


def instant(value: datetime) -> str:
    """Returns an instant in ISO 8601, with as many digits behind the second as it needs: the form that sync has, too."""
    text = value.isoformat()
    head, point, rest = text.partition(".")
    return f"{head}.{rest[:6].rstrip('0')}{rest[6:]}" if point else text


DATE_TIME: ScalarDefinition = replace(DateTimeDefinition, serialize=instant)
