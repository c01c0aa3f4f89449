"""The table of edges: which rows an edge of the schema leads to, for whom, in which order and how many.

Loaders are made from it (one query for all rows of a kind), and so are compiled reads (a subquery for each row), so that
what the one shows and what the other shows is declared once."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Expression, F, Model, Q, QuerySet

from backend.attachments.models import Attachment
from backend.crm.models import (
    Account,
    AccountContactRelation,
    AccountSales,
    Address,
    Opportunity,
    OpportunityLine,
    Pipeline,
    Product,
    Stage,
    StageHistory,
)
from backend.field.models import CheckIn, Visit, VisitReport, WorkPlace
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.notifications.alerting.models import AlertRuleVersion
from backend.orders.models import Order, OrderItem
from backend.planning.models import PlanDrop, PlanPart, PlanStop, VisitPlan
from backend.schema.paging import check_first
from backend.territories.coverage import visible, visible_of_each, visible_roots_sql
from backend.territories.models import Territory

M = TypeVar("M", bound=Model)

CHILD_LIMIT = 100
"""The most rows of one to-many edge; more are asked for by a query of their own."""


FIRST = "first"
Wanted = Mapping[str, object]
"""What narrows a source, by name; a name with a colon says its value itself. Values may stand for those of a later request."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """An argument that narrows an edge: of which type, and which rows are left, by a lookup or for each of its values."""

    kind: Any
    where: str | Mapping[object, Q]

    def wanted(self, name: str, value: object) -> tuple[str, object]:
        """Returns the value of an argument as a source wants it."""
        return (name, value) if isinstance(self.where, str) else (f"{name}:{value}", value)

    def among(self, rows: QuerySet[M], value: object) -> QuerySet[M]:
        """Returns the rows that are left."""
        return rows.filter(**{self.where: value}) if isinstance(self.where, str) else rows.filter(self.where[value])


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[M]):
    """Rows that edges lead to: those of `rows` whose column `key` is what an edge starts from.

    `root`: the column whose value the actor must see (coverage); without one, everybody in the org sees them. Of those to
    one row, the first in `order` is it. `by`: arguments that an edge to many takes, beside how many rows."""

    rows: Callable[[Actor], QuerySet[M]]
    key: str
    root: str | None = None
    order: tuple[str, ...] = ()
    many: bool = False
    by: Mapping[str, Narrow] = field(default_factory=dict)

    def takes(self) -> dict[str, tuple[Any, object]]:
        """Returns the arguments of an edge that leads here: type and default of each."""
        first = {FIRST: (int, CHILD_LIMIT)} if self.many else {}
        return first | {name: (one.kind | None, None) for name, one in self.by.items()}

    def wanted(self, arguments: Mapping[str, object]) -> dict[str, object]:
        """Returns what arguments ask for, in one order whatever theirs is; raises Invalid."""
        found = dict(
            one.wanted(name, arguments[name]) for name, one in self.by.items() if arguments.get(name) is not None
        )
        first = arguments.get(FIRST)
        if isinstance(first, int):
            check_first(first)
            if first < CHILD_LIMIT:
                found[FIRST] = first
        return found

    def among(self, actor: Actor, keys: Collection[UUID], wanted: Wanted) -> QuerySet[M]:
        """Returns the rows of all those keys, in order; of each more than the first are among them."""
        found = self._narrowed(self.rows(actor).filter(**{f"{self.key}__in": list(keys)}), wanted)
        if self.root is not None:
            found = visible(found, actor, root=self.root)
        return found.order_by(*self.order)

    def of_each(self, actor: Actor, key: Expression, wanted: Wanted) -> QuerySet[M]:
        """Returns the rows of one key, in order, to be asked again and again by one statement; how many, is for that to say."""
        found = self._narrowed(self.rows(actor).filter(**{self.key: key}), wanted)
        if self.root is not None:
            # The root of them all, where the edge starts from it: looked up once, not for each row at the end.
            known = key if self.many and self.root == self.key else None
            found = visible_of_each(found, actor, root=self.root, known=known)
        return found.order_by(*self.order)

    def _narrowed(self, rows: QuerySet[M], wanted: Wanted) -> QuerySet[M]:
        for name, value in wanted.items():
            if name != FIRST:
                rows = self.by[name.partition(":")[0]].among(rows, value)
        return rows


def _ours(model: type[M], **where: object) -> Callable[[Actor], QuerySet[M]]:
    """Returns the rows of the actor's org, whoever asks."""
    return lambda actor: model._default_manager.filter(org_id=actor.org_id, **where)


def _all(model: type[M]) -> Callable[[Actor], QuerySet[M]]:
    """Returns rows that coverage is still to be asked about."""
    return lambda actor: model._default_manager.all()


ACCOUNT = Source(rows=_all(Account), key="id", root="id")
USER = Source(rows=_ours(User), key="id")
STAGE = Source(rows=_ours(Stage), key="id")
PIPELINE = Source(rows=_ours(Pipeline), key="id")
PRODUCT = Source(rows=_ours(Product), key="id")
TERRITORY = Source(rows=_ours(Territory), key="id")
WORK_PLACE = Source(rows=_ours(WorkPlace), key="id")
VISIT = Source(rows=_all(Visit), key="id", root="account_id")
ADDRESS = Source(rows=_ours(Address, is_primary=True, deleted_at=None), key="account_id")
SALES = Source(rows=_ours(AccountSales, deleted_at=None), key="account_id")
# The one that ended the visit, not those that came late; of these the last.
REPORT = Source(rows=_ours(VisitReport), key="visit_id", order=("late", "-submitted_at", "-id"))
ALERT_VERSION = Source(
    rows=lambda actor: AlertRuleVersion.objects.filter(rule__org_id=actor.org_id, number=F("rule__number")),
    key="rule_id",
)

ADDRESSES = Source(rows=_ours(Address, deleted_at=None), key="account_id", order=("-is_primary", "id"), many=True)
CONTACTS = Source(
    rows=lambda actor: AccountContactRelation.objects.select_related("contact"),
    key="account_id",
    root="account_id",
    order=("-is_primary", "id"),
    many=True,
)
OPPORTUNITIES = Source(
    rows=_all(Opportunity),
    key="account_id",
    root="account_id",
    order=("id",),
    many=True,
    by={
        "open": Narrow(bool, {True: Q(stage__category="open"), False: ~Q(stage__category="open")}),
        "stage_id": Narrow(UUID, "stage_id"),
        "owner_id": Narrow(UUID, "owner_id"),
    },
)
VISITS = Source(
    rows=_all(Visit),
    key="account_id",
    root="account_id",
    order=("-planned_start", "id"),
    many=True,
    by={
        "state": Narrow(str, "state"),
        "since": Narrow(datetime, "planned_start__gte"),
        "until": Narrow(datetime, "planned_start__lt"),
    },
)
ORDERS = Source(
    rows=_all(Order),
    key="account_id",
    root="account_id",
    order=("-placed_at", "id"),
    many=True,
    by={"state": Narrow(str, "state")},
)
ATTACHMENTS_OF_ACCOUNT = Source(
    rows=_all(Attachment),
    key="account_id",
    root="account_id",
    order=("-created_at", "id"),
    many=True,
    by={"kind": Narrow(str, "kind")},
)
ATTACHMENTS_OF_VISIT = Source(
    rows=_all(Attachment),
    key="visit_id",
    root="account_id",
    order=("created_at", "id"),
    many=True,
    by={"kind": Narrow(str, "kind")},
)
ORDER_ITEMS = Source(rows=_ours(OrderItem), key="order_id", order=("position",), many=True)
CHECK_INS = Source(rows=_ours(CheckIn), key="visit_id", order=("at", "id"), many=True)
LINES = Source(rows=_ours(OpportunityLine, deleted_at=None), key="opportunity_id", order=("id",), many=True)
HISTORY = Source(rows=_ours(StageHistory), key="opportunity_id", order=("moved_at", "id"), many=True)
STAGES = Source(rows=_ours(Stage, deleted_at=None), key="pipeline_id", order=("position",), many=True)
# A plan is found by whoever sees its rep; the accounts behind its rows are asked of coverage one by one.
PLAN_STOPS = Source(
    rows=lambda actor: PlanStop.objects.filter(plan__org_id=actor.org_id), key="plan_id", order=("position",), many=True
)
PLAN_DROPS = Source(
    rows=lambda actor: PlanDrop.objects.filter(plan__org_id=actor.org_id),
    key="plan_id",
    order=("-prize", "id"),
    many=True,
)
# A run is found by whoever sees whose people it is for; the parts of reps that they no longer see stay hidden.
RUN_PARTS = Source(
    rows=lambda actor: PlanPart.objects.filter(run__org_id=actor.org_id, rep_id__in=visible_roots_sql(actor)),
    key="run_id",
    order=("rep__full_name", "id"),
    many=True,
)
PART_PLANS = Source(rows=_ours(VisitPlan), key="part_id", order=("day", "id"), many=True)
PART_DROPS = Source(
    rows=lambda actor: PlanDrop.objects.filter(part__run__org_id=actor.org_id),
    key="part_id",
    order=("-prize", "id"),
    many=True,
)
