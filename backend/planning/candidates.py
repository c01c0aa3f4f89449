"""Who could be visited in a span of days, what each is worth, and when they may be."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
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
"""What a visit is worth that could as well be made later."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What hands have said, by account: stops that stay at their time, or on their `days`, that must be, that are not to be
    (`removed`, from which days; with none, on no day at all).

    `replaces`: visits that an earlier plan made and nobody began may be moved or given up; with `keeps`, they must not be
    given up. `taken` are others' in the same run. `here`: the day under way goes on from this point.
    `only`: nobody else is looked at, due or not. `again`: each account comes round as often as its interval asks for."""

    locked: Mapping[UUID, tuple[datetime, ...]] = field(default_factory=lambda: MappingProxyType({}))
    days: Mapping[UUID, tuple[date, ...]] = field(default_factory=lambda: MappingProxyType({}))
    pinned: frozenset[UUID] = frozenset()
    removed: Mapping[UUID, tuple[date, ...]] = field(default_factory=lambda: MappingProxyType({}))
    taken: frozenset[UUID] = frozenset()
    replaces: bool = False
    keeps: bool = False
    here: LatLng | None = None
    only: frozenset[UUID] | None = None
    again: bool = False

    @property
    def named(self) -> frozenset[UUID]:
        """Whom hands want to be visited."""
        return self.pinned | frozenset(self.locked) | frozenset(self.days)

    def let(self, account: DueAccount) -> bool:
        """Says whether the account is to be looked at."""
        return account.account_id not in self.taken and (self.only is None or account.account_id in self.only)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be visited; `visit` is set for what stands in the calendar already: an appointment that stays, or,
    when `movable`, a visit of an earlier plan. One that is `removed` is told, and not made."""

    account_id: UUID
    name: str
    prize: int
    why: str
    closed: bool = False
    visit: Visit | None = None
    movable: bool = False
    locked: bool = False
    day_locked: bool = False
    pinned: bool = False
    due: date | None = None
    facts: Facts | None = None
    removed: bool = False
    removed_from: date | None = None

    @property
    def stays(self) -> bool:
        """Says whether it gives way to nobody."""
        return self.fixed or self.locked or self.day_locked

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


@dataclass(frozen=True, slots=True)
class Asked:
    """A visit that is asked for: with whom, why, and on which of the days it may be. Several of one account have different
    numbers and want to be `gap` seconds apart; `at`: at that moment and at no other."""

    account: DueAccount
    candidate: Candidate
    days: tuple[date, ...]
    number: int = 0
    gap: int = 0
    at: datetime | None = None

    @property
    def name(self) -> str:
        """Returns the id of its client."""
        return f"{self.account.account_id}/{self.number}" if self.number else f"{self.account.account_id}"


class Known:
    """What the rep may know of the accounts, so that their visits can be weighed. What the rep may not read does not weigh:
    the choice itself would tell it."""

    def __init__(self, rep: User, accounts: Sequence[DueAccount], weights: Weights | None) -> None:
        self._currency = rep.org.currency if rep.org else "USD"
        self._weights = weights
        self._sales: dict[UUID, Decimal] = {}
        if may_read(AccountSales, rep.role, "amount_12m"):
            ids = [account.account_id for account in accounts]
            self._sales = dict(AccountSales.objects.filter(account_id__in=ids).values_list("account_id", "amount_12m"))
        self._deals, self._boost = may_read(Opportunity, rep.role, "amount"), may_read(Account, rep.role, "boost")

    def facts(self, account: DueAccount, due_in_days: int) -> Facts:
        """Returns what is known, of a visit that is due in so many days."""
        return Facts(
            tier=account.tier,
            due_in_days=due_in_days,
            yearly_sales=self._sales.get(account.account_id),
            open_deals=account.open_value if self._deals else None,
            currency=self._currency,
            boost=account.boost if self._boost else 0,
            visited=account.last_visit is not None,
            stage_probability=account.best_stage_probability if self._deals else None,
        )

    def worth(self, facts: Facts, late: int) -> int:
        """Returns the prize of a visit that is made so many days after it fell due, or, with 0, in time."""
        return priority(replace(facts, due_in_days=-late), self._weights).prize


def most_worth(
    rep: User,
    days: Sequence[date],
    worked: Sequence[date],
    weights: Weights | None,
    wishes: Wishes,
    movable: Mapping[UUID, Sequence[Visit]],
) -> tuple[list[Asked], int]:
    """Returns a visit for each account that is due in the days (of which some are worked), at most MOST_CANDIDATES, and how
    many more there are."""
    first, last = days[0], days[-1]
    named = wishes.named | set(movable) | (wishes.only or frozenset())
    free = [visit.pk for visits in movable.values() for visit in visits[:1]]
    due = [account for account in due_accounts(rep, last, first=first, free=free, also=named) if wishes.let(account)]
    known = Known(rep, due, weights)
    asked: list[Asked] = []
    for account in due:
        facts = known.facts(account, (account.due - first).days)
        # Who falls due within the days is visited on its day or later, and so is worth the whole.
        prize = known.worth(facts, max(0, (first - account.due).days))
        if account.due > last:
            prize = max(1, round(prize * WAITS))
        at = wishes.locked.get(account.account_id, ())
        on = () if at else wishes.days.get(account.account_id, ())
        visit = movable.get(account.account_id, (None,))[0]
        candidate = Candidate(
            account_id=account.account_id,
            name=account.name,
            prize=prize,
            why=why(facts),
            closed=not open_on(account, worked),
            visit=visit,
            movable=visit is not None,
            locked=bool(at),
            day_locked=bool(on),
            pinned=account.account_id in wishes.pinned,
            due=account.due,
            facts=facts,
            removed=account.account_id in wishes.removed,
            removed_from=next(iter(wishes.removed.get(account.account_id, ())), None),
        )
        at_any = candidate.pinned or candidate.movable or wishes.only is not None
        allowed = on[:1] or tuple(day for day in days if at_any or day >= account.due)
        asked.append(Asked(account, candidate, allowed, at=at[0] if at else None))
    return the_best(asked, named, MOST_CANDIDATES)


def the_best(asked: list[Asked], named: Container[UUID], most: int) -> tuple[list[Asked], int]:
    """Returns at most so many, those that hands have named before those worth most, and how many are left."""
    asked.sort(
        key=lambda one: (one.account.account_id not in named, -one.candidate.prize, one.account.account_id, one.number)
    )
    return asked[:most], max(0, len(asked) - most)


def open_on(account: DueAccount, days: Sequence[date]) -> bool:
    """Says whether the account's doors open on any of the days."""
    weekdays = {day.isoweekday() for day in days}
    return account.open_all_week or any(weekday in weekdays for weekday, _, _ in account.week)


def opening(
    account: DueAccount, days: Sequence[date], zone: ZoneInfo, origin: datetime, service: int
) -> tuple[TimeWindow, ...]:
    """Returns when a visit may begin on these days so that it is over before the doors close; of doors that are always open
    from the first day to the last."""
    if account.open_all_week:
        if not days:
            return ()
        dawn = datetime.combine(days[0], time.min, zone)
        night = datetime.combine(days[-1] + timedelta(days=1), time.min, zone)
        return (TimeWindow(seconds_after(origin, dawn), seconds_after(origin, night)),)
    spans = [
        (_second_of(origin, day, opens, zone), _second_of(origin, day, closes, zone) - service)
        for day in days
        for weekday, opens, closes in account.week
        if weekday == day.isoweekday()
    ]
    return tuple(TimeWindow(first, last) for first, last in spans if first <= last)


@lru_cache(maxsize=4_096)
def _second_of(origin: datetime, day: date, moment: time, zone: ZoneInfo) -> int:
    """Remembered, because most doors of a field open and close at the same few times."""
    return seconds_after(origin, datetime.combine(day, moment, zone))


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
