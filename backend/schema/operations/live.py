"""Live feeds of rows; each event is read and authorised anew."""

from collections.abc import AsyncGenerator, Callable
from datetime import date
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import strawberry
from django.conf import settings

from backend.kit import clock
from backend.schema.context import Info
from backend.schema.feeds import kinds
from backend.schema.feeds.kinds import Where
from backend.schema.feeds.stream import watch
from backend.schema.feeds.told import Gone, Resync, Told
from backend.schema.operations.plan_runs import PlanRunsSubscription
from backend.schema.types import rows
from backend.schema.types.crm import Opportunity
from backend.schema.types.field import Visit
from backend.schema.types.notifications import Notification
from backend.schema.types.planning import VisitPlan
from backend.sync import changes, epoch
from backend.sync.feed_cursor import FeedCursor, seal
from backend.territories.coverage import user_for
from backend.territories.queries import territory_for

E = TypeVar("E")

_EVENT = (
    "Subscribe again with since: cursor to go on behind this event. When gone is set, the row with that id is no longer yours "
    "to show; when resync is set, read anew what you show (docs/live.md)."
)


@strawberry.type(description=f"A deal as it stands now. {_EVENT}")
class OpportunityEvent:
    cursor: str
    id: UUID | None
    gone: Gone | None
    resync: Resync | None
    opportunity: Opportunity | None


@strawberry.type(description=f"A visit as it stands now. {_EVENT}")
class VisitEvent:
    cursor: str
    id: UUID | None
    gone: Gone | None
    resync: Resync | None
    visit: Visit | None


@strawberry.type(description=f"A proposed day as it stands now. {_EVENT}")
class PlanEvent:
    cursor: str
    id: UUID | None
    gone: Gone | None
    resync: Resync | None
    plan: VisitPlan | None


@strawberry.type(description=f"Something you are told, or what has become of it. {_EVENT}")
class NotificationEvent:
    cursor: str
    id: UUID | None
    gone: Gone | None
    resync: Resync | None
    notification: Notification | None


@strawberry.input(description="All that is given must hold.")
class OpportunityWatch:
    open: bool | None = None
    stage_id: UUID | None = None
    owner_id: UUID | None = None
    account_id: UUID | None = None


@strawberry.input(description="All that is given must hold.")
class VisitWatch:
    state: str | None = None
    rep_id: UUID | None = None
    account_id: UUID | None = None


@strawberry.input(description="All that is given must hold.")
class PlanWatch:
    status: str | None = None
    rep_id: UUID | None = None
    day: date | None = None


def _event(kind: Callable[..., E], name: str, told: Told, row: Any) -> E:
    shown = {name: rows.maybe(object, row)}
    return kind(cursor=told.cursor, id=told.id, gone=told.gone, resync=told.resync, **shown)


def _given(asked: object, *names: str) -> tuple[tuple[str, object], ...]:
    values = ((name, getattr(asked, name, None)) for name in names)
    return tuple((name, value) for name, value in values if value is not None)


async def _in_territory(info: Info, territory: UUID | None) -> UUID | None:
    """Returns the territory; raises NotFound for one that the caller does not see."""
    if territory is not None:
        await info.context.run(territory_for, info.context.actor, territory)
    return territory


@strawberry.type
class LiveQuery:
    @strawberry.field(
        description="Where the log stands now. Take it, read what you show, then subscribe with since: nothing between the two "
        "is missed."
    )
    async def live_cursor(self, info: Info) -> str:
        actor = info.context.actor

        def read() -> FeedCursor:
            return FeedCursor(epoch.current(), changes.snapshot(), clock.now().isoformat(timespec="seconds"))

        return seal(await info.context.run(read), actor.org_id, secret=settings.SECRET_KEY)


@strawberry.type
class LiveSubscription(PlanRunsSubscription):
    @strawberry.subscription(
        description="Deals in your coverage, as they change: those of accounts in a territory or beneath it, or all."
    )
    async def opportunity_changed(
        self,
        info: Info,
        territory: UUID | None = None,
        filter: OpportunityWatch | None = None,
        since: str | None = None,
    ) -> AsyncGenerator[OpportunityEvent, None]:
        where = Where(_given(filter, "stage_id", "owner_id", "account_id"), await _in_territory(info, territory))
        if filter is not None and filter.open is not None:
            where = Where(
                (*where.columns, ("stage__category" if filter.open else "-stage__category", "open")), territory
            )
        return await watch(info, kinds.OPPORTUNITY, where, since, partial(_event, OpportunityEvent, "opportunity"))

    @strawberry.subscription(
        description="Visits in your coverage, as they change: those at accounts in a territory or beneath it, or all."
    )
    async def visit_changed(
        self, info: Info, territory: UUID | None = None, filter: VisitWatch | None = None, since: str | None = None
    ) -> AsyncGenerator[VisitEvent, None]:
        where = Where(_given(filter, "state", "rep_id", "account_id"), await _in_territory(info, territory))
        return await watch(info, kinds.VISIT, where, since, partial(_event, VisitEvent, "visit"))

    @strawberry.subscription(description="Proposed days of yourself and of people beneath you, as they change.")
    async def plan_changed(
        self, info: Info, filter: PlanWatch | None = None, since: str | None = None
    ) -> AsyncGenerator[PlanEvent, None]:
        if filter is not None and filter.rep_id is not None:
            await info.context.run(user_for, info.context.actor, filter.rep_id)
        where = Where(_given(filter, "status", "rep_id", "day"))
        return await watch(info, kinds.PLAN, where, since, partial(_event, PlanEvent, "plan"))

    @strawberry.subscription(description="What you are told, as it comes, is read or is taken back.")
    async def notification_received(
        self, info: Info, since: str | None = None
    ) -> AsyncGenerator[NotificationEvent, None]:
        return await watch(info, kinds.NOTIFICATION, Where(), since, partial(_event, NotificationEvent, "notification"))
