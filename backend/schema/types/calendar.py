"""A person's working time, and what an org says of it."""

from datetime import date, datetime, time
from uuid import UUID

import strawberry

from backend.field import models, spans
from backend.schema.masks import shows


@shows(models.WorkPlace)
@strawberry.type(description="An office or a depot, from where days begin and where they end.")
class WorkPlace:
    id: UUID
    name: str
    lat: float
    lng: float


@strawberry.type(description="Whose public holidays are kept: ISO 3166-1, and the part of the country or nothing.")
class HolidayRegion:
    country: str
    subdivision: str


@strawberry.type(description="A day of the org's own: off for everybody, or a day of work whatever holiday it is.")
class CompanyDay:
    day: date
    name: str
    works: bool


@strawberry.type(description="A point on the earth.")
class Point:
    lat: float
    lng: float


@strawberry.type(description="A holiday that a person has.")
class Holiday:
    day: date
    name: str


@strawberry.type(description="A break of so many minutes that begins from `earliest` to `latest`.")
class WorkBreak:
    earliest: datetime
    latest: datetime
    minutes: int


@strawberry.type(description="A stretch of work, in instants; it begins and ends at home where no place is named.")
class WorkSpan:
    day: date
    start: datetime
    end: datetime
    breaks: list[WorkBreak]
    start_place: Point | None
    end_place: Point | None


@strawberry.type(description="A break somewhere between two local times.")
class HoursBreak:
    start: time
    end: time
    minutes: int


def work_span(span: spans.Span) -> WorkSpan:
    """Returns a stretch of work as it is shown."""

    def minutes(pause: spans.Pause) -> int:
        return int(pause.length.total_seconds() // 60)

    return WorkSpan(
        day=span.day,
        start=span.start,
        end=span.end,
        breaks=[WorkBreak(earliest=one.first, latest=one.last, minutes=minutes(one)) for one in span.breaks],
        start_place=None if span.start_place is None else Point(lat=span.start_place.lat, lng=span.start_place.lng),
        end_place=None if span.end_place is None else Point(lat=span.end_place.lat, lng=span.end_place.lng),
    )
