"""People are given territories, and leave them, from the instant of an alignment on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from backend.kit.ids import new_id
from backend.territories.models import Alignment, UserTerritory

Post = dict[str, Any]


def post(alignment: Alignment, at: datetime) -> list[Post]:
    """Ends and begins the spans of people at an instant; returns those that were, with their spans.

    Somebody who has left, or was given, the territory by hand meanwhile is let be."""
    done: list[Post] = []
    for wanted in alignment.figures["posts"]:
        span = _end(wanted, at) if not wanted["given"] else _begin(alignment, wanted, at)
        if span is not None:
            done.append(wanted | {"span": str(span)})
    return done


def _now(wanted: Post, at: datetime) -> UserTerritory | None:
    spans = UserTerritory.objects.select_for_update().filter(
        Q(valid_to=None) | Q(valid_to__gt=at),
        user_id=wanted["user"],
        territory_id=wanted["territory"],
        deleted_at=None,
        valid_from__lte=at,
    )
    return spans.first()


def _end(wanted: Post, at: datetime) -> UUID | None:
    span = _now(wanted, at)
    if span is None or span.role != wanted["role"]:
        return None
    if span.valid_from < at:
        span.valid_to = at
    else:
        span.deleted_at = at
    span.save(update_fields=["valid_to", "deleted_at"])
    return span.pk


def _begin(alignment: Alignment, wanted: Post, at: datetime) -> UUID | None:
    if _now(wanted, at) is not None:
        return None
    later = UserTerritory.objects.filter(
        user_id=wanted["user"], territory_id=wanted["territory"], deleted_at=None, valid_from__gt=at
    ).order_by("valid_from")
    made = UserTerritory.objects.create(
        id=new_id(),
        org_id=alignment.org_id,
        user_id=wanted["user"],
        territory_id=wanted["territory"],
        role=wanted["role"],
        valid_from=at,
        valid_to=later.values_list("valid_from", flat=True).first(),
    )
    return made.pk
