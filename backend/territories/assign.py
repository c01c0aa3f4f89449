"""Gives accounts without a territory the one they belong in, in bulk; single moves are `actions`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from backend.crm.models import Account, Address
from backend.identity.models import Org
from backend.kit import clock
from backend.kit.geo import LatLng
from backend.kit.ids import new_id
from backend.territories.assignment import Assignment, Facts, Node, Rule
from backend.territories.models import AccountTerritory, AssignmentSource, ModelState, TerritoryModel, TerritoryRole


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

    Returns None when the org has no active model. Accounts that lie somewhere stay there: moving them is a decision."""
    model = TerritoryModel.objects.filter(org=org, state=ModelState.ACTIVE, deleted_at=None).first()
    if model is None:
        return None
    start = since or clock.now()
    lying = AccountTerritory.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=start), territory__model=model, role=TerritoryRole.PRIMARY, deleted_at=None
    )
    # NOT IN and not NOT EXISTS: one hash of the ids, whatever the planner thinks of tables that were filled just now.
    free = Account.objects.filter(org=org, deleted_at=None).exclude(pk__in=lying.values("account_id"))
    accounts = list(free.order_by("id"))
    if not accounts:
        return Placement(0, [])
    engine = active_assignment(model)
    addresses = _addresses(accounts)
    rows: list[AccountTerritory] = []
    nowhere: list[UUID] = []
    for account in accounts:
        decision = engine.decide(_facts(account, addresses.get(account.pk)))
        if decision is None:
            nowhere.append(account.pk)
            continue
        row = AccountTerritory(
            id=new_id(), org=org, account=account, source=AssignmentSource(decision.source), valid_from=start
        )
        row.territory_id = decision.territory
        rows.append(row)
    AccountTerritory.objects.bulk_create(rows, batch_size=2000)
    return Placement(len(rows), nowhere)


def _addresses(accounts: Iterable[Account]) -> dict[UUID, Address]:
    found = Address.objects.filter(account__in=list(accounts), is_primary=True, deleted_at=None)
    return {address.account_id: address for address in found}


def _facts(account: Account, address: Address | None) -> Facts:
    values = {"tier": account.tier, "segment": account.segment, "lifecycle": account.lifecycle, "kind": account.kind}
    if address is None:
        return Facts(values)
    place = {"postcode": address.postcode, "city": address.city, "region": address.region, "country": address.country}
    point = LatLng(address.lat, address.lng) if address.lat is not None and address.lng is not None else None
    return Facts(values | place, point)
