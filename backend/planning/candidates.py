"""Who could be visited in a span of days, what each is worth, and when they may be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.crm.models import Account, AccountSales, Address, Opportunity
from backend.field.models import Visit
from backend.field.queries import DueAccount, due_accounts
from backend.identity.models import User
from backend.kit.field_rules import may_read
from backend.kit.geo import LatLng
from backend.planning.priority import Facts, Weights, priority, why
from backend.planning.solver.problem import TimeWindow

MOST_CANDIDATES = 1_000
WAITS = 0.85
"""What a visit is worth that could as well be made a week later; measured on four weeks of 200 to 400 accounts."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What hands have said, by account: stops that stay at their time, that must be, that are not to be this time.

    `replaces`: visits that an earlier plan made and nobody began may be moved or given up; with `keeps`, they must not be
    given up. `taken` are others' in the same run. `here`: the day under way goes on from this point.
    `only`: nobody else is looked at, due or not. `visited`: days on which weeks planned before this one go there."""

    locked: Mapping[UUID, datetime] = field(default_factory=lambda: MappingProxyType({}))
    pinned: frozenset[UUID] = frozenset()
    removed: frozenset[UUID] = frozenset()
    taken: frozenset[UUID] = frozenset()
    replaces: bool = False
    keeps: bool = False
    here: LatLng | None = None
    only: frozenset[UUID] | None = None
    visited: Mapping[UUID, date] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be visited; `visit` is set for what stands in the calendar already: an appointment that stays, or,
    when `movable`, a visit of an earlier plan."""

    account_id: UUID
    name: str
    prize: int
    why: str
    closed: bool = False
    visit: Visit | None = None
    movable: bool = False
    locked: bool = False
    pinned: bool = False
    due: date | None = None
    facts: Facts | None = None

    @property
    def fixed(self) -> bool:
        """Says whether it is an appointment that stays."""
        return self.visit is not None and not self.movable

    def overdue(self, last: date) -> bool:
        """Says whether it fell due before `last`."""
        return self.due is not None and self.due < last

    def why_on(self, day: date) -> str:
        """Returns the reasons as they are on the day of the visit."""
        if self.facts is None or self.due is None or self.facts.due_in_days is None:
            return self.why
        return why(replace(self.facts, due_in_days=(self.due - day).days))


def most_worth(
    rep: User,
    days: Sequence[date],
    worked: Sequence[date],
    weights: Weights | None,
    wishes: Wishes,
    movable: Mapping[UUID, Visit],
) -> tuple[list[tuple[DueAccount, Candidate]], int]:
    """Returns the accounts due in the days (of which some are worked) with their prizes, at most MOST_CANDIDATES, and how
    many more there are.

    What the rep may not read does not weigh: the choice itself would tell it."""
    first, last = days[0], days[-1]
    named = wishes.pinned | set(wishes.locked) | set(movable) | (wishes.only or frozenset())
    free = [visit.pk for visit in movable.values()]
    due = due_accounts(rep, last, first=first, free=free, also=named)
    due = [
        account
        for account in (_after(account, wishes.visited.get(account.account_id)) for account in due)
        if account.account_id not in wishes.taken
        and (wishes.only is None or account.account_id in wishes.only)
        and (account.account_id in named or earliest(account, wishes) <= last)
    ]
    currency = rep.org.currency if rep.org else "USD"
    sales: dict[UUID, Decimal] = {}
    if may_read(AccountSales, rep.role, "amount_12m"):
        ids = [account.account_id for account in due]
        sales = dict(AccountSales.objects.filter(account_id__in=ids).values_list("account_id", "amount_12m"))
    told_deals, told_boost = may_read(Opportunity, rep.role, "amount"), may_read(Account, rep.role, "boost")
    worth: list[tuple[DueAccount, Candidate]] = []
    for account in due:
        facts = Facts(
            tier=account.tier,
            due_in_days=(account.due - first).days,
            yearly_sales=sales.get(account.account_id),
            open_deals=account.open_value if told_deals else None,
            currency=currency,
            boost=account.boost if told_boost else 0,
            visited=account.last_visit is not None,
            stage_probability=account.best_stage_probability if told_deals else None,
        )
        # Who falls due within the days is visited on its day or later, and so is worth the whole.
        on_its_day = min(0, (account.due - first).days)
        found = priority(replace(facts, due_in_days=on_its_day), weights)
        # Who can wait for the next week without being late leaves room for who cannot.
        prize = found.prize if account.due <= last else max(1, round(found.prize * WAITS))
        worth.append((account, _candidate(account, facts, prize, worked, wishes, movable)))
    worth.sort(key=lambda pair: (not _named(pair[1], named), -pair[1].prize, pair[0].account_id))
    return worth[:MOST_CANDIDATES], max(0, len(worth) - MOST_CANDIDATES)


def _after(account: DueAccount, planned: date | None) -> DueAccount:
    """Returns the account as it will be after a visit that is planned."""
    if planned is None or account.interval_days is None:
        return account
    due = planned + timedelta(days=account.interval_days)
    return replace(account, due=due, last_visit=planned)


def earliest(account: DueAccount, wishes: Wishes) -> date:
    """Returns the first day on which it may be visited: the day it falls due, or, when an earlier week goes there, up to a
    third of its interval before that, so that a visit that came late does not push all others back."""
    if account.account_id not in wishes.visited or account.interval_days is None:
        return account.due
    return account.due - timedelta(days=account.interval_days // 3)


def _named(candidate: Candidate, named: frozenset[UUID] | set[UUID]) -> bool:
    return candidate.account_id in named


def _candidate(
    account: DueAccount,
    facts: Facts,
    prize: int,
    days: Sequence[date],
    wishes: Wishes,
    movable: Mapping[UUID, Visit],
) -> Candidate:
    weekdays = {day.isoweekday() for day in days}
    open_then = account.open_all_week or any(weekday in weekdays for weekday, _, _ in account.week)
    return Candidate(
        account_id=account.account_id,
        name=account.name,
        prize=prize,
        why=why(facts),
        closed=not open_then,
        visit=movable.get(account.account_id),
        movable=account.account_id in movable,
        locked=account.account_id in wishes.locked,
        pinned=account.account_id in wishes.pinned,
        due=account.due,
        facts=facts,
    )


def opening(
    account: DueAccount, days: Sequence[date], zone: ZoneInfo, origin: datetime, service: int, *, begins: date
) -> tuple[TimeWindow, ...] | None:
    """Returns when a visit may begin on these days, not before the day `begins`, so that it is over before the doors
    close; None: at any time."""
    if account.open_all_week:
        if begins <= days[0]:
            return None
        dawn = datetime.combine(begins, time.min, zone)
        night = datetime.combine(days[-1] + timedelta(days=1), time.min, zone)
        return (TimeWindow(seconds_after(origin, dawn), seconds_after(origin, night)),) if begins <= days[-1] else ()
    spans = [
        (
            seconds_after(origin, datetime.combine(day, opens, zone)),
            seconds_after(origin, datetime.combine(day, closes, zone)) - service,
        )
        for day in days
        if day >= begins
        for weekday, opens, closes in account.week
        if weekday == day.isoweekday()
    ]
    return tuple(TimeWindow(first, last) for first, last in spans if first <= last)


def account_points(account_ids: Sequence[UUID]) -> dict[UUID, LatLng]:
    """Returns where the accounts are, those without a point left out."""
    found = Address.objects.filter(
        account_id__in=account_ids, is_primary=True, deleted_at=None, lat__isnull=False, lng__isnull=False
    ).values_list("account_id", "lat", "lng")
    return {account_id: LatLng(lat, lng) for account_id, lat, lng in found if lat is not None and lng is not None}


def seconds_after(origin: datetime, moment: datetime) -> int:
    """Returns the whole seconds from one instant to another, 0 when it lies before."""
    # In UTC, because two times of one zone are subtracted as if no clock were ever changed.
    return max(0, int((moment.astimezone(UTC) - origin).total_seconds()))
