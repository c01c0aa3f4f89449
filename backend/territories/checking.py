"""Reads for whoever draws: what is wrong with areas and rules of the active model, and why an account lies where it lies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Q

from backend.crm.models import Account, Address
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.territories.alignment.rules import no_active_model
from backend.territories.assign import active_assignment
from backend.territories.assignment import CRITERIA, Assignment, Batch, Conflict, Explanation, Facts, Node
from backend.territories.coverage import visible_root_kinds
from backend.territories.models import AccountTerritory, AssignmentSource, ModelState, TerritoryModel, TerritoryRole
from backend.territories.rules import check_leads, territory_not_found
from backend.territories.validation import Problem, problems_of

_KINDS = """
    SELECT COALESCE(ad.postcode, ''), COALESCE(ad.city, ''), COALESCE(ad.region, ''), COALESCE(ad.country, ''),
           a.tier, a.segment, a.lifecycle, a.kind, pin.territory_id, count(*)
    FROM crm_account a
    LEFT JOIN crm_address ad ON ad.account_id = a.id AND ad.is_primary AND ad.deleted_at IS NULL
    LEFT JOIN territories_accountterritory pin ON pin.account_id = a.id AND pin.role = 'primary' AND pin.source = 'pin'
        AND pin.deleted_at IS NULL AND pin.valid_from <= %(now)s AND (pin.valid_to IS NULL OR pin.valid_to > %(now)s)
    WHERE a.org_id = %(org)s AND a.deleted_at IS NULL
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
"""
# The nearest on a locally flat earth: it names a place for people, and no more.
_NEAREST = """
    SELECT a.name, ad.city FROM crm_address ad JOIN crm_account a ON a.id = ad.account_id
    WHERE ad.org_id = %(org)s AND ad.is_primary AND ad.deleted_at IS NULL AND ad.lat IS NOT NULL AND a.deleted_at IS NULL
      AND ad.lat BETWEEN %(lat)s - 0.5 AND %(lat)s + 0.5 AND ad.lng BETWEEN %(lng)s - 0.5 AND %(lng)s + 0.5
    ORDER BY (ad.lat - %(lat)s) ^ 2 + (cos(radians(%(lat)s)) * (ad.lng - %(lng)s)) ^ 2, ad.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an account lies (None: nowhere) and since when; `found`: what rules and areas say of it now."""

    territory: UUID | None
    source: str
    since: datetime | None
    found: Explanation


def _active(actor: Actor) -> TerritoryModel:
    check_leads(actor)
    model = TerritoryModel.objects.filter(org_id=actor.org_id, state=ModelState.ACTIVE, deleted_at=None).first()
    if model is None:
        raise no_active_model()
    return model


def problems(actor: Actor, drawn: Mapping[UUID, Mapping[str, Any]] | None = None) -> list[Problem]:
    """Returns what is wrong with the areas of the active model, were those of `drawn` as they are there; for who leads, and
    only what touches their own coverage.

    Raises Conflict NO_ACTIVE_MODEL, NotFound for a territory of `drawn` that is not of it."""
    model = _active(actor)
    wanted = dict(drawn or {})
    nodes = [
        Node(one.pk, one.name, one.parent_id, wanted.pop(one.pk, one.area))
        for one in model.territories.filter(deleted_at=None).order_by("name", "id")
    ]
    if wanted:
        raise territory_not_found()
    seen = visible_root_kinds(actor.user_id)
    found = problems_of(nodes, lambda at: _near(actor, at))
    return [one for one in found if any(territory in seen for territory in one.territories)]


def _near(actor: Actor, at: LatLng) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_NEAREST, {"org": actor.org_id, "lat": at.lat, "lng": at.lng})
        row = cursor.fetchone()
    return None if row is None else ", ".join(part for part in row if part)


def conflicts(actor: Actor) -> list[Conflict]:
    """Returns what is odd about the rules of the active model, over all accounts; for who leads, and only rules that send
    accounts into their own coverage or out of it."""
    engine: Assignment = active_assignment(_active(actor))
    with connection.cursor() as cursor:
        cursor.execute(_KINDS, {"org": actor.org_id, "now": clock.now()})
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    values = {name: [row[place] for row in rows] for place, name in enumerate(CRITERIA)}
    nowhere = np.full(len(rows), np.nan)
    found = engine.conflicts(Batch(values, nowhere, nowhere, [row[8] for row in rows]), [row[9] for row in rows])
    seen = visible_root_kinds(actor.user_id)
    return [one for one in found if one.rule.territory in seen or (one.winner and one.winner.territory in seen)]


def placed(actor: Actor, account: Account) -> Placed:
    """Returns where an account lies, why, and what rules and areas would say; for who leads."""
    model = _active(actor)
    now = clock.now()
    span = (
        AccountTerritory.objects.filter(
            account=account, role=TerritoryRole.PRIMARY, deleted_at=None, territory__model=model, valid_from__lte=now
        )
        .filter(Q(valid_to=None) | Q(valid_to__gt=now))
        .first()
    )
    pinned = span.territory_id if span is not None and span.source == AssignmentSource.PIN else None
    address = Address.objects.filter(account=account, is_primary=True, deleted_at=None).first()
    values = {name: getattr(account, name) for name in ("tier", "segment", "lifecycle", "kind")}
    point = None
    if address is not None:
        values |= {name: getattr(address, name) for name in ("postcode", "city", "region", "country")}
        point = LatLng(address.lat, address.lng) if address.lat is not None and address.lng is not None else None
    found = active_assignment(model).explain(Facts(values, point, pinned))
    if span is None:
        return Placed(None, "", None, found)
    return Placed(span.territory_id, span.source, span.valid_from, found)
