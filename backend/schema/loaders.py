"""One query for all rows of a kind that an operation asks for; every edge that could cross a scope asks coverage."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar
from uuid import UUID

from django.db.models import F
from strawberry.dataloader import DataLoader

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
from backend.schema.execution import Run
from backend.territories.coverage import visible, visible_roots_sql
from backend.territories.models import Territory

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

CHILD_LIMIT = 100
"""The most rows of one to-many edge; more are asked for by a query of their own."""


class Loaders:
    """The loaders of one operation, for one caller."""

    def __init__(self, actor: Actor, run: Run) -> None:
        self._actor = actor
        self._run = run
        org = actor.org_id
        self.account = self._one(lambda ids: visible(Account.objects.filter(pk__in=ids), actor, root="id"), "id")
        self.user = self._one(lambda ids: User.objects.filter(org_id=org, pk__in=ids), "id")
        self.alert_version = self._one(
            lambda ids: AlertRuleVersion.objects.filter(rule__org_id=org, rule_id__in=ids, number=F("rule__number")),
            "rule_id",
        )
        self.stage = self._one(lambda ids: Stage.objects.filter(org_id=org, pk__in=ids), "id")
        self.pipeline = self._one(lambda ids: Pipeline.objects.filter(org_id=org, pk__in=ids), "id")
        self.product = self._one(lambda ids: Product.objects.filter(org_id=org, pk__in=ids), "id")
        self.territory = self._one(lambda ids: Territory.objects.filter(org_id=org, pk__in=ids), "id")
        self.work_place = self._one(lambda ids: WorkPlace.objects.filter(org_id=org, pk__in=ids), "id")
        self.address = self._one(
            lambda ids: Address.objects.filter(org_id=org, account_id__in=ids, is_primary=True, deleted_at=None),
            "account_id",
        )
        self.addresses = self._many(
            lambda ids: Address.objects.filter(org_id=org, account_id__in=ids, deleted_at=None).order_by(
                "-is_primary", "id"
            ),
            "account_id",
        )
        self.sales = self._one(
            lambda ids: AccountSales.objects.filter(org_id=org, account_id__in=ids, deleted_at=None), "account_id"
        )
        # The one that ended the visit stands before those that came late: the last of a visit is taken.
        self.report = self._one(
            lambda ids: VisitReport.objects.filter(org_id=org, visit_id__in=ids).order_by("-late", "submitted_at"),
            "visit_id",
        )
        self.contacts = self._many(
            lambda ids: (
                visible(AccountContactRelation.objects.select_related("contact"), actor, root="account_id")
                .filter(account_id__in=ids)
                .order_by("-is_primary", "id")
            ),
            "account_id",
        )
        self.opportunities = self._many(
            lambda ids: visible(Opportunity.objects.filter(account_id__in=ids), actor, root="account_id").order_by(
                "id"
            ),
            "account_id",
        )
        self.visits = self._many(
            lambda ids: visible(Visit.objects.filter(account_id__in=ids), actor, root="account_id").order_by(
                "-planned_start", "id"
            ),
            "account_id",
        )
        self.visit = self._one(lambda ids: visible(Visit.objects.filter(pk__in=ids), actor, root="account_id"), "id")
        self.attachments_of_account = self._many(
            lambda ids: visible(Attachment.objects.filter(account_id__in=ids), actor, root="account_id").order_by(
                "-created_at", "id"
            ),
            "account_id",
        )
        self.attachments_of_visit = self._many(
            lambda ids: visible(Attachment.objects.filter(visit_id__in=ids), actor, root="account_id").order_by(
                "created_at", "id"
            ),
            "visit_id",
        )
        self.orders = self._many(
            lambda ids: visible(Order.objects.filter(account_id__in=ids), actor, root="account_id").order_by(
                "-placed_at", "id"
            ),
            "account_id",
        )
        self.order_items = self._many(
            lambda ids: OrderItem.objects.filter(org_id=org, order_id__in=ids).order_by("position"), "order_id"
        )
        self.check_ins = self._many(
            lambda ids: CheckIn.objects.filter(org_id=org, visit_id__in=ids).order_by("at"), "visit_id"
        )
        self.lines = self._many(
            lambda ids: OpportunityLine.objects.filter(org_id=org, opportunity_id__in=ids, deleted_at=None).order_by(
                "id"
            ),
            "opportunity_id",
        )
        self.history = self._many(
            lambda ids: StageHistory.objects.filter(org_id=org, opportunity_id__in=ids).order_by("moved_at", "id"),
            "opportunity_id",
        )
        self.stages = self._many(
            lambda ids: Stage.objects.filter(org_id=org, pipeline_id__in=ids, deleted_at=None).order_by("position"),
            "pipeline_id",
        )
        # A plan is found by whoever sees its rep; the accounts behind its rows are asked of coverage one by one.
        self.plan_stops = self._many(
            lambda ids: PlanStop.objects.filter(plan__org_id=org, plan_id__in=ids).order_by("position"), "plan_id"
        )
        self.plan_drops = self._many(
            lambda ids: PlanDrop.objects.filter(plan__org_id=org, plan_id__in=ids).order_by("-prize", "id"), "plan_id"
        )
        # A run is found by whoever sees whose people it is for; the parts of reps that they no longer see stay hidden.
        self.run_parts = self._many(
            lambda ids: PlanPart.objects.filter(
                run__org_id=org, run_id__in=ids, rep_id__in=visible_roots_sql(actor)
            ).order_by("rep__full_name", "id"),
            "run_id",
        )
        self.part_plans = self._many(
            lambda ids: VisitPlan.objects.filter(org_id=org, part_id__in=ids).order_by("day", "id"), "part_id"
        )
        self.part_drops = self._many(
            lambda ids: PlanDrop.objects.filter(part__run__org_id=org, part_id__in=ids).order_by("-prize", "id"),
            "part_id",
        )

    def _one(self, rows: Callable[[list[UUID]], Iterable[V]], key: str) -> "DataLoader[UUID, V | None]":
        def fetch(ids: list[UUID]) -> list[V | None]:
            found = {getattr(row, key): row for row in rows(ids)}
            return [found.get(one) for one in ids]

        async def load(ids: list[UUID]) -> list[V | None]:
            return await self._run(fetch, ids)

        return DataLoader(load_fn=load)

    def _many(self, rows: Callable[[list[UUID]], Iterable[V]], key: str) -> "DataLoader[UUID, list[V]]":
        def fetch(ids: list[UUID]) -> list[list[V]]:
            found: dict[UUID, list[V]] = defaultdict(list)
            for row in rows(ids):
                found[getattr(row, key)].append(row)
            return [found[one][:CHILD_LIMIT] for one in ids]

        async def load(ids: list[UUID]) -> list[list[V]]:
            return await self._run(fetch, ids)

        return DataLoader(load_fn=load)
