"""What rows may be asked for by, and in which order: an input for each kind of rows."""

from typing import Any

import strawberry
from django.db.models import Exists, OuterRef, Q
from strawberry import UNSET

from backend.crm import models as crm
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.orders.models import Order
from backend.schema.filters.conditions import compared, comparisons, filters
from backend.schema.filters.operators import (
    DateFilter,
    DateTimeFilter,
    DecimalFilter,
    IntFilter,
    Ordering,
    TextFilter,
    UUIDFilter,
)
from backend.schema.filters.orders import orders
from backend.territories.models import AccountTerritory
from backend.territories.searching import accounts_found, deals_found

_ALL = "All that is given must hold; and, or and not hold what they say of it. An empty or holds of no row."
_ONE = "Exactly one column, and which way."


def _territory(actor: Actor, path: str, given: Any) -> Q:
    """Where accounts lie now."""
    del actor
    inside = AccountTerritory.objects.filter(account_id=OuterRef(f"{path}id"), deleted_at=None, valid_to=None)
    found = Q()
    for operator, value in comparisons("territory_id", given):
        if operator == "is_null":
            found &= ~Q(Exists(inside)) if value else Q(Exists(inside))
        else:
            positive = {"ne": "eq", "not_in": "in_"}.get(operator, operator)
            lies = Q(Exists(inside.filter(compared("territory_id", "territory_id", positive, value))))
            found &= lies if positive == operator else ~lies
    return found


def _last_visit(actor: Actor, path: str, given: Any) -> Q:
    """When the last visit ended that was made: asked of all of them, so that an index answers."""
    del actor
    made = Visit.objects.filter(account_id=OuterRef(f"{path}id"), state="completed", deleted_at=None)

    def since(lookup: str, value: Any) -> Q:
        return Q(Exists(made.filter(**{f"ended_at__{lookup}": value})))

    some, found = Q(Exists(made)), Q()
    for operator, value in comparisons("last_visit_at", given):
        if operator == "is_null":
            found &= ~some if value else some
        elif operator in ("gt", "gte"):
            found &= since(operator, value)
        elif operator in ("lt", "lte"):
            found &= some & ~since("gte" if operator == "lt" else "gt", value)
        else:
            exactly = since("gte", value) & ~since("gt", value)
            found &= exactly if operator == "eq" else ~exactly
    return found


def _open_deal(actor: Actor, path: str, given: Any) -> Q:
    del actor
    found = Q(**{f"{path}stage__category": "open"})
    return found if given else ~found


def _open_task(actor: Actor, path: str, given: Any) -> Q:
    del actor
    found = Q(**{f"{path}status": "open"})
    return found if given else ~found


def _search(actor: Actor, path: str, given: Any) -> Q:
    return Q(**{f"{path}id__in": accounts_found(actor, given)})


def _search_deals(actor: Actor, path: str, given: Any) -> Q:
    return Q(**{f"{path}id__in": deals_found(actor, given)})


@filters(crm.Account, territory_id=_territory, last_visit_at=_last_visit, search=_search)
@strawberry.input(description=_ALL)
class AccountFilter:
    and_: "list[AccountFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[AccountFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "AccountFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    parent_id: UUIDFilter | None = UNSET
    number: TextFilter | None = UNSET
    name: TextFilter | None = UNSET
    kind: TextFilter | None = UNSET
    tier: TextFilter | None = UNSET
    lifecycle: TextFilter | None = UNSET
    segment: TextFilter | None = UNSET
    phone: TextFilter | None = UNSET
    notes: TextFilter | None = UNSET
    service_minutes: IntFilter | None = UNSET
    boost: IntFilter | None = UNSET
    displays: IntFilter | None = UNSET
    created_at: DateTimeFilter | None = UNSET
    updated_at: DateTimeFilter | None = UNSET
    territory_id: UUIDFilter | None = strawberry.field(default=UNSET, description="Where it lies now.")
    last_visit_at: DateTimeFilter | None = strawberry.field(
        default=UNSET, description="When the last visit that was made ended."
    )
    search: str | None = strawberry.field(
        default=UNSET, description="Words in name, number, notes, place and people; the last one by its beginning."
    )


@orders(crm.Account)
@strawberry.input(one_of=True, description=_ONE)
class AccountOrder:
    number: Ordering | None = UNSET
    name: Ordering | None = UNSET
    kind: Ordering | None = UNSET
    tier: Ordering | None = UNSET
    lifecycle: Ordering | None = UNSET
    segment: Ordering | None = UNSET
    service_minutes: Ordering | None = UNSET
    boost: Ordering | None = UNSET
    displays: Ordering | None = UNSET
    created_at: Ordering | None = UNSET
    updated_at: Ordering | None = UNSET


@filters(crm.Opportunity, open=_open_deal, search=_search_deals)
@strawberry.input(description=_ALL)
class OpportunityFilter:
    and_: "list[OpportunityFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[OpportunityFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "OpportunityFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    name: TextFilter | None = UNSET
    amount: DecimalFilter | None = UNSET
    currency: TextFilter | None = UNSET
    opened_on: DateFilter | None = UNSET
    close_date: DateFilter | None = UNSET
    reason: TextFilter | None = UNSET
    notes: TextFilter | None = UNSET
    account_id: UUIDFilter | None = UNSET
    owner_id: UUIDFilter | None = UNSET
    stage_id: UUIDFilter | None = UNSET
    pipeline_id: UUIDFilter | None = UNSET
    created_at: DateTimeFilter | None = UNSET
    updated_at: DateTimeFilter | None = UNSET
    search: str | None = strawberry.field(
        default=UNSET, description="Words in name and notes; the last one by its beginning."
    )
    open: bool | None = UNSET
    account: AccountFilter | None = strawberry.field(
        default=UNSET, description="It has an account, of which this holds."
    )


@orders(crm.Opportunity)
@strawberry.input(one_of=True, description=_ONE)
class OpportunityOrder:
    name: Ordering | None = UNSET
    amount: Ordering | None = UNSET
    opened_on: Ordering | None = UNSET
    close_date: Ordering | None = UNSET
    created_at: Ordering | None = UNSET
    updated_at: Ordering | None = UNSET


@filters(Visit)
@strawberry.input(description=_ALL)
class VisitFilter:
    and_: "list[VisitFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[VisitFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "VisitFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    state: TextFilter | None = UNSET
    source: TextFilter | None = UNSET
    planned_start: DateTimeFilter | None = UNSET
    planned_end: DateTimeFilter | None = UNSET
    started_at: DateTimeFilter | None = UNSET
    ended_at: DateTimeFilter | None = UNSET
    reason: TextFilter | None = UNSET
    purpose: TextFilter | None = UNSET
    plan_id: UUIDFilter | None = UNSET
    account_id: UUIDFilter | None = UNSET
    rep_id: UUIDFilter | None = UNSET
    account: AccountFilter | None = strawberry.field(
        default=UNSET, description="It has an account, of which this holds."
    )


@orders(Visit)
@strawberry.input(one_of=True, description=_ONE)
class VisitOrder:
    state: Ordering | None = UNSET
    planned_start: Ordering | None = UNSET
    planned_end: Ordering | None = UNSET
    started_at: Ordering | None = UNSET
    ended_at: Ordering | None = UNSET


@filters(Order)
@strawberry.input(description=_ALL)
class OrderFilter:
    and_: "list[OrderFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[OrderFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "OrderFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    number: IntFilter | None = UNSET
    state: TextFilter | None = UNSET
    placed_at: DateTimeFilter | None = UNSET
    received_at: DateTimeFilter | None = UNSET
    settled_at: DateTimeFilter | None = UNSET
    note: TextFilter | None = UNSET
    currency: TextFilter | None = UNSET
    total: DecimalFilter | None = UNSET
    account_id: UUIDFilter | None = UNSET
    visit_id: UUIDFilter | None = UNSET
    author_id: UUIDFilter | None = UNSET
    account: AccountFilter | None = strawberry.field(
        default=UNSET, description="It has an account, of which this holds."
    )


@orders(Order)
@strawberry.input(one_of=True, description=_ONE)
class OrderOrder:
    number: Ordering | None = UNSET
    state: Ordering | None = UNSET
    placed_at: Ordering | None = UNSET
    received_at: Ordering | None = UNSET
    settled_at: Ordering | None = UNSET
    total: Ordering | None = UNSET


@filters(crm.Lead)
@strawberry.input(description=_ALL)
class LeadFilter:
    and_: "list[LeadFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[LeadFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "LeadFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    company: TextFilter | None = UNSET
    person_name: TextFilter | None = UNSET
    phone: TextFilter | None = UNSET
    email: TextFilter | None = UNSET
    source: TextFilter | None = UNSET
    status: TextFilter | None = UNSET
    reason: TextFilter | None = UNSET
    owner_id: UUIDFilter | None = UNSET
    created_at: DateTimeFilter | None = UNSET


@orders(crm.Lead)
@strawberry.input(one_of=True, description=_ONE)
class LeadOrder:
    company: Ordering | None = UNSET
    person_name: Ordering | None = UNSET
    status: Ordering | None = UNSET
    created_at: Ordering | None = UNSET


@filters(crm.Activity, open=_open_task)
@strawberry.input(description=_ALL)
class ActivityFilter:
    and_: "list[ActivityFilter] | None" = strawberry.field(name="and", default=UNSET)
    or_: "list[ActivityFilter] | None" = strawberry.field(name="or", default=UNSET)
    not_: "ActivityFilter | None" = strawberry.field(name="not", default=UNSET)
    id: UUIDFilter | None = UNSET
    kind: TextFilter | None = UNSET
    subject: TextFilter | None = UNSET
    body: TextFilter | None = UNSET
    status: TextFilter | None = UNSET
    due_at: DateTimeFilter | None = UNSET
    done_at: DateTimeFilter | None = UNSET
    created_at: DateTimeFilter | None = UNSET
    account_id: UUIDFilter | None = UNSET
    owner_id: UUIDFilter | None = UNSET
    open: bool | None = UNSET
    account: AccountFilter | None = strawberry.field(
        default=UNSET, description="It has an account, of which this holds."
    )


@orders(crm.Activity)
@strawberry.input(one_of=True, description=_ONE)
class ActivityOrder:
    kind: Ordering | None = UNSET
    subject: Ordering | None = UNSET
    status: Ordering | None = UNSET
    due_at: Ordering | None = UNSET
    done_at: Ordering | None = UNSET
    created_at: Ordering | None = UNSET
