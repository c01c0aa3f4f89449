"""What was learnt about travel times."""

from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.planning.travel.models import TravelProfile as ProfileRow
from backend.planning.travel.queries import profiles
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.types.travel import TravelProfile
from backend.territories.coverage import user_for

MOST = 100


@strawberry.type
class TravelQuery:
    """Reading the fits that travel times rest on."""

    @strawberry.field(
        description="How fast people get on between visits, fit by fit, newest first; at most 100. Of the whole org, or with "
        "repId of yourself or of somebody beneath you."
    )
    async def travel_profiles(self, info: Info, rep_id: UUID | None = None) -> list[TravelProfile]:
        actor = info.context.actor

        def seen() -> QuerySet[ProfileRow]:
            return profiles(actor, None if rep_id is None else user_for(actor, rep_id))[:MOST]

        return reads.a_list(TravelProfile, seen)
