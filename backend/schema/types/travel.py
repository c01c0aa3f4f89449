"""What was learnt about travel times."""

from datetime import date, datetime
from uuid import UUID

import strawberry

from backend.planning.travel.models import TravelProfile as TravelProfileRow
from backend.schema.masks import shows


@shows(TravelProfileRow, name=(TravelProfileRow, "made_at"))
@strawberry.type(
    description="One fit of the speed between visits, from check-ins: seconds = scale * metres ** exponent of the straight "
    "line; name is what plans say in travelProfile. Errors are medians in percent on drives that the fit has not seen: "
    "errorBefore with the profile in use until then, errorAfter with this one. pauses is the share of gaps that were more "
    "than a drive. adopted: plans rest on it until a newer one."
)
class TravelProfile:
    id: UUID
    name: str
    scale: float
    exponent: float
    made_at: datetime
    first_day: date
    last_day: date
    drives: int
    people: int
    pauses: float
    error_before: float
    error_after: float
    adopted: bool
