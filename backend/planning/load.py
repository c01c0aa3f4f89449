"""From the database to a problem: who could be visited on a day, what each is worth, and when the rep is free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np

from backend.crm.models import Account, AccountSales, Address, Opportunity
from backend.field.lifecycle import VisitState
from backend.field.models import Visit
from backend.field.queries import DueAccount, day_bounds, day_of, due_accounts, shift
from backend.identity.models import User
from backend.kit import clock
from backend.kit.field_rules import may_read
from backend.kit.geo import LatLng
from backend.planning import rules
from backend.planning.priority import Facts, Weights, priority
from backend.planning.solver.problem import Client, Problem, Shift, TimeWindow
from backend.planning.stale import absence_of
from backend.planning.travel import Matrix, Provider

MINUTE = 60
QUARTER = timedelta(minutes=15)
MOST_CANDIDATES = 1_000
HOME = 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be visited; `visit` is set for an appointment that stands in the calendar already."""

    account_id: UUID
    name: str
    prize: int
    why: str
    closed: bool = False
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """A rep's day as a problem, in whole minutes written as seconds after the rep's midnight.

    `candidates` are keyed by client id; `unlocated` have no point; `passed_over` counts the least worth of more than
    MOST_CANDIDATES due accounts, which are not looked at; `travel` is what the times of the ways rest on.
    """

    problem: Problem
    midnight: datetime
    candidates: dict[str, Candidate]
    unlocated: tuple[Candidate, ...]
    passed_over: int
    travel: Matrix

    def at(self, seconds: int) -> datetime:
        """Returns the instant that many seconds into the day."""
        return self.midnight + timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class Free:
    """When the rep can begin and must be back, and where the day begins (None: at home)."""

    start: datetime
    end: datetime
    place: LatLng | None


def load_day(rep: User, day: date, provider: Provider, weights: Weights | None = None) -> Day:
    """Returns the problem of the day; raises Conflict when the rep does not work, or nobody knows from where."""
    zone = ZoneInfo(rep.timezone)
    rules.check_day(day, clock.now().astimezone(zone).date())
    if rep.start_lat is None or rep.start_lng is None:
        raise rules.start_unknown()
    home = LatLng(rep.start_lat, rep.start_lng)
    visits = list(day_of(rep, day).select_related("account"))
    points = account_points([visit.account_id for visit in visits])
    free = free_time(rep, day, visits, points)
    midnight = day_bounds(rep, day)[0].astimezone(UTC)

    clients: list[Client] = []
    candidates: dict[str, Candidate] = {}
    places = [home, free.place or home]
    for visit in appointments(visits, free):
        point = points.get(visit.account_id)
        begins = seconds_after(midnight, visit.planned_start)
        clients.append(
            Client(
                id=str(visit.pk),
                location=len(places),
                required=True,
                service=up_to_minute(seconds_after(midnight, visit.planned_end) - begins),
                windows=(TimeWindow(begins, begins),),
            )
        )
        # Somebody whose place is unknown still takes the rep's time: not to be visited twice at once.
        places.append(point or home)
        why = "appointment" if point else "appointment, at a place nobody knows"
        candidates[str(visit.pk)] = Candidate(visit.account_id, visit.account.name, 0, why, visit=visit)

    due, passed_over = most_worth(rep, day, weights)
    unlocated = tuple(candidate for account, candidate in due if account.point is None)
    for account, candidate in due:
        if account.point is None:
            continue
        service = max(1, account.service_minutes) * MINUTE
        clients.append(
            Client(
                id=str(account.account_id),
                location=len(places),
                prize=candidate.prize,
                service=service,
                windows=None if account.open_all_week else opening(account, day, zone, midnight, service),
            )
        )
        places.append(account.point)
        candidates[str(account.account_id)] = candidate

    window = TimeWindow(seconds_after(midnight, free.start), seconds_after(midnight, free.end))
    travel = provider.matrix(places)
    matrix = -(-travel.seconds // MINUTE) * MINUTE
    np.fill_diagonal(matrix, 0)
    problem = Problem(tuple(clients), (Shift("day", 1, HOME, window),), matrix)
    return Day(problem, midnight, candidates, unlocated, passed_over, travel)


def free_time(rep: User, day: date, visits: Sequence[Visit], points: dict[UUID, LatLng]) -> Free:
    """Returns the rest of the rep's hours: all of them on a day to come, today what follows now and the visit under way."""
    hours = shift(rep, day)
    if hours is None:
        raise why_free(rep, day)
    start, end = hours
    place = None
    if clock.now() > start:
        start = next_quarter(clock.now())
    for visit in visits:
        if visit.state in (VisitState.EN_ROUTE, VisitState.IN_PROGRESS):
            length = visit.planned_end - visit.planned_start
            begun = visit.started_at or max(visit.planned_start, clock.now())
            start = max(start, next_quarter(begun + length))
            place = points.get(visit.account_id)
    if start >= end:
        raise rules.day_over()
    return Free(start, end, place)


def why_free(rep: User, day: date) -> Exception:
    """Returns the refusal that tells a day off from an absence."""
    away = absence_of(rep, day)
    return rules.rep_absent(away.first_day, away.last_day) if away else rules.no_working_hours()


def appointments(visits: Sequence[Visit], free: Free) -> list[Visit]:
    """Returns the planned visits of the day that claim some of the free time; one that was missed claims none."""
    return [
        visit for visit in visits if visit.state == VisitState.PLANNED and free.start <= visit.planned_start < free.end
    ]


def most_worth(rep: User, day: date, weights: Weights | None) -> tuple[list[tuple[DueAccount, Candidate]], int]:
    """Returns the due accounts with their prizes, at most MOST_CANDIDATES, and how many more there are.

    What the rep may not read does not weigh: the choice itself would tell it."""
    due = due_accounts(rep, day)
    currency = rep.org.currency if rep.org else "USD"
    ids = [account.account_id for account in due]
    sales: dict[UUID, Decimal] = {}
    if may_read(AccountSales, rep.role, "amount_12m"):
        sales = dict(AccountSales.objects.filter(account_id__in=ids).values_list("account_id", "amount_12m"))
    told_deals, told_boost = may_read(Opportunity, rep.role, "amount"), may_read(Account, rep.role, "boost")
    worth: list[tuple[DueAccount, Candidate]] = []
    for account in due:
        facts = Facts(
            tier=account.tier,
            due_in_days=(account.due - day).days,
            yearly_sales=sales.get(account.account_id),
            open_deals=account.open_value if told_deals else None,
            currency=currency,
            boost=account.boost if told_boost else 0,
            visited=account.last_visit is not None,
        )
        found = priority(facts, weights)
        closed = not account.open_all_week and not account.windows
        worth.append((account, Candidate(account.account_id, account.name, found.prize, found.why, closed)))
    worth.sort(key=lambda pair: (-pair[1].prize, pair[0].account_id))
    return worth[:MOST_CANDIDATES], max(0, len(worth) - MOST_CANDIDATES)


def opening(account: DueAccount, day: date, zone: ZoneInfo, midnight: datetime, service: int) -> tuple[TimeWindow, ...]:
    """Returns when a visit may begin so that it is over before the doors close."""

    def local(moment: time) -> int:
        return seconds_after(midnight, datetime.combine(day, moment, zone))

    spans = [(local(opens), local(closes) - service) for opens, closes in account.windows]
    return tuple(TimeWindow(first, last) for first, last in spans if first <= last)


def account_points(account_ids: Sequence[UUID]) -> dict[UUID, LatLng]:
    """Returns where the accounts are, those without a point left out."""
    found = Address.objects.filter(
        account_id__in=account_ids, is_primary=True, deleted_at=None, lat__isnull=False, lng__isnull=False
    ).values_list("account_id", "lat", "lng")
    return {account_id: LatLng(lat, lng) for account_id, lat, lng in found if lat is not None and lng is not None}


def seconds_after(midnight: datetime, moment: datetime) -> int:
    """Returns the whole seconds from midnight to the moment, 0 when it lies before."""
    # In UTC, because two times of one zone are subtracted as if no clock were ever changed.
    return max(0, int((moment.astimezone(UTC) - midnight).total_seconds()))


def up_to_minute(seconds: int) -> int:
    """Returns the seconds rounded up to whole minutes."""
    return -(-seconds // MINUTE) * MINUTE


def next_quarter(moment: datetime) -> datetime:
    """Returns the next full quarter of an hour, so that a plan made at 14:03 does not begin at 14:03:27."""
    past = timedelta(minutes=moment.minute % 15, seconds=moment.second, microseconds=moment.microsecond)
    return moment - past + QUARTER if past else moment
