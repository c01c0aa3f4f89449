"""Gives accounts without a territory the one they belong in, in bulk; single moves are `actions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import FilteredRelation, Q, QuerySet

from backend.crm.models import Account
from backend.identity.models import Org
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.assignment import Assignment, Batch, Node, Rule
from backend.territories.models import AccountTerritory, AssignmentSource, ModelState, TerritoryModel, TerritoryRole

BATCH = 10_000
_OWN = ("tier", "segment", "lifecycle", "kind")
_ADDRESS = ("postcode", "city", "region", "country")


@dataclass(frozen=True, slots=True)
class Placement:
    """How many accounts were given a territory, and those that nothing claims."""

    placed: int
    nowhere: list[UUID]


def active_assignment(model: TerritoryModel) -> Assignment:
    """Returns the rule engine of a model as it stands; raises Invalid when a rule or an area is wrong."""
    nodes = [
        Node(one.pk, one.name, one.parent_id, one.area)
        for one in model.territories.filter(deleted_at=None).order_by("id")
    ]
    rules = [Rule(one.priority, one.territory_id, one.criteria) for one in model.rules.filter(deleted_at=None)]
    return Assignment(nodes, rules)


@transaction.atomic
def place_accounts(org: Org, *, since: datetime | None = None) -> Placement | None:
    """Places every living account that lies in no territory of the active model, from `since` (now) on.

    Returns None when the org has no active model. Accounts that lie somewhere stay there: moving them is a decision.
    However many there are, `BATCH` of them are held at a time."""
    model = TerritoryModel.objects.filter(org=org, state=ModelState.ACTIVE, deleted_at=None).first()
    if model is None:
        return None
    start = since or clock.now()
    waiting = _free(org, model, start).iterator(chunk_size=BATCH)
    engine: Assignment | None = None
    placed, nowhere = 0, []
    while rows := list(islice(waiting, BATCH)):
        engine = engine or active_assignment(model)
        decided = engine.decide_all(_batch(rows))
        spans = []
        for number, (account, *_) in enumerate(rows):
            decision = decided.at(number)
            if decision is None:
                nowhere.append(account)
                continue
            spans.append(
                AccountTerritory(
                    id=new_id(),
                    org=org,
                    account_id=account,
                    territory_id=decision.territory,
                    source=AssignmentSource(decision.source),
                    valid_from=start,
                )
            )
        AccountTerritory.objects.bulk_create(spans, batch_size=2000)
        placed += len(spans)
    return Placement(placed, nowhere)


def _free(org: Org, model: TerritoryModel, at: datetime) -> QuerySet[Account, tuple[Any, ...]]:
    """Returns what the rules may ask of each account that lies nowhere: id, own values, values of its address, lat, lng."""
    lying = AccountTerritory.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=at), territory__model=model, role=TerritoryRole.PRIMARY, deleted_at=None
    )
    place = FilteredRelation("addresses", condition=Q(addresses__is_primary=True, addresses__deleted_at=None))
    # NOT IN and not NOT EXISTS: one hash of the ids, whatever the planner thinks of tables that were filled just now.
    free = Account.objects.filter(org=org, deleted_at=None).exclude(pk__in=lying.values("account_id"))
    of_address = [f"place__{name}" for name in (*_ADDRESS, "lat", "lng")]
    return free.alias(place=place).order_by("id").values_list("id", *_OWN, *of_address)


def _batch(rows: Sequence[tuple[Any, ...]]) -> Batch:
    columns = list(zip(*rows, strict=True))
    values = {
        name: [one or "" for one in column] for name, column in zip((*_OWN, *_ADDRESS), columns[1:-2], strict=True)
    }
    lat, lng = (np.array([np.nan if one is None else one for one in column], float) for column in columns[-2:])
    return Batch(values, np.where(np.isnan(lng), np.nan, lat), np.where(np.isnan(lat), np.nan, lng))
