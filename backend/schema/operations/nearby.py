"""What lies near a rep, and what to do with time that came free."""

from datetime import datetime
from uuid import UUID

import strawberry

from backend.field import nearby
from backend.field.queries import visit_for
from backend.identity.models import User as UserRow
from backend.kit.geo import checked_point
from backend.planning import suggest
from backend.schema.context import Info
from backend.schema.types import rows
from backend.schema.types.calendar import Point
from backend.schema.types.crm import Account
from backend.territories.coverage import user_for


@strawberry.type(description="A due account near a point: how far in a straight line, and why it is named, in words.")
class NearbyDue:
    account_id: UUID
    distance_m: float
    open_now: bool
    open_until: datetime | None
    why: str

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type(
    description="A circle that a phone can watch; metres. others: accounts in the same building: ask which."
)
class Geofence:
    account_id: UUID
    name: str
    centre: Point
    radius_m: float
    distance_m: float
    reason: str
    others: list[UUID]


@strawberry.type(description="A visit that fits into free time, ways there and on included, and why it is named.")
class VisitSuggestion:
    account_id: UUID
    name: str
    start: datetime
    end: datetime
    way_minutes: int
    detour_minutes: int
    why: str

    @strawberry.field
    async def account(self, info: Info) -> Account | None:
        return rows.maybe(Account, await info.context.load.account.load(self.account_id))


@strawberry.type
class NearbyQuery:
    @strawberry.field(description="Your due accounts nearest to a point, at most 100, nearest first.")
    async def nearby_due(self, info: Info, lat: float, lng: float, n: int = 20) -> list[NearbyDue]:
        actor = info.context.actor

        def read() -> list[nearby.Nearby]:
            return nearby.nearby_due(user_for(actor, actor.user_id), checked_point(lat, lng), n)

        return [
            NearbyDue(
                account_id=one.account.account_id,
                distance_m=one.distance_m,
                open_now=one.open_now,
                open_until=one.open_until,
                why=one.why,
            )
            for one in await info.context.run(read)
        ]

    @strawberry.field(
        description="Circles for your phone to watch, at most 100: those planned for today first, then those due, then the "
        "nearest. Phones watch 20 (iOS) or 100 (Android)."
    )
    async def nearest_geofences(self, info: Info, lat: float, lng: float, n: int = 20) -> list[Geofence]:
        actor = info.context.actor

        def read() -> list[nearby.Circle]:
            return nearby.nearest_geofences(actor, user_for(actor, actor.user_id), checked_point(lat, lng), n)

        return [
            Geofence(
                account_id=one.account_id,
                name=one.name,
                centre=Point(lat=one.centre.lat, lng=one.centre.lng),
                radius_m=one.radius_m,
                distance_m=one.distance_m,
                reason=one.reason,
                others=list(one.others),
            )
            for one in await info.context.run(read)
        ]

    @strawberry.field(
        description="Due accounts that fit into time that came free: that of a visit called off (yours, or of somebody beneath "
        "you), or yours from now on, until what is fixed next or for so many minutes. lat and lng: where the rep is."
    )
    async def suggestions(
        self,
        info: Info,
        visit_id: UUID | None = None,
        lat: float | None = None,
        lng: float | None = None,
        minutes: int | None = None,
    ) -> list[VisitSuggestion]:
        actor = info.context.actor

        def read() -> list[suggest.Suggestion]:
            here = None if lat is None or lng is None else checked_point(lat, lng)
            visit = None if visit_id is None else visit_for(actor, visit_id)
            rep: UserRow = user_for(actor, actor.user_id if visit is None else visit.rep_id)
            return suggest.suggestions(actor=actor, rep=rep, instead_of=visit, here=here, minutes=minutes)

        return [
            VisitSuggestion(
                account_id=one.account_id,
                name=one.name,
                start=one.start,
                end=one.end,
                way_minutes=one.way_minutes,
                detour_minutes=one.detour_minutes,
                why=one.why,
            )
            for one in await info.context.run(read)
        ]
