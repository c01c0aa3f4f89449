"""A call cycle: several weeks, in which each account comes round as often as its tier says.

All weeks are one problem. Each visit that falls due is a client of its own, with the days it may be on; the visits of one
account keep half its interval between them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from backend.field.models import Visit
from backend.field.queries import DueAccount, due_accounts
from backend.identity.models import User
from backend.planning.candidates import Asked, Candidate, Known, Wishes, open_on, the_best
from backend.planning.priority import Weights, why
from backend.planning.rounds import Round, gap, rounds, taken_out

MOST_ROUNDS = 2_000
FAR = 10_000
"""Days between two visits of an account that has no call cycle: more than any run plans."""


def coming_round(
    rep: User,
    days: Sequence[date],
    worked: Sequence[date],
    weights: Weights | None,
    wishes: Wishes,
    movable: Mapping[UUID, Sequence[Visit]],
    staying: Sequence[Visit],
) -> tuple[list[Asked], int]:
    """Returns the visits that are due in the days, of each account as many as fall due, at most MOST_ROUNDS, and how many more
    there are. `staying` are visits that are made at all events: they count for the rounds they are near."""
    first, last = days[0], days[-1]
    named = wishes.named | set(movable)
    free = [visit.pk for visit in staying] + [visit.pk for visits in movable.values() for visit in visits]
    due = [account for account in due_accounts(rep, last, first=first, free=free, also=named) if wishes.let(account)]
    known, zone = Known(rep, due, weights), ZoneInfo(rep.timezone)
    calendar: dict[UUID, list[datetime]] = {}
    for visit in staying:
        calendar.setdefault(visit.account_id, []).append(visit.planned_start)
    asked: list[Asked] = []
    for account in due:
        of_account = _Account(account, known, first, worked, zone)
        of_account.ask(
            locked=wishes.locked.get(account.account_id, ()),
            days=wishes.days.get(account.account_id, ()),
            calendar=calendar.get(account.account_id, ()),
            movable=movable.get(account.account_id, ()),
            pinned=account.account_id in wishes.pinned,
            removed=wishes.removed.get(account.account_id),
            last=last,
        )
        asked += of_account.asked
    return the_best(asked, named, MOST_ROUNDS)


class _Account:
    """Collects the visits of one account."""

    def __init__(self, account: DueAccount, known: Known, first: date, worked: Sequence[date], zone: ZoneInfo) -> None:
        self.asked: list[Asked] = []
        self._account = account
        self._known = known
        self._first = first
        self._worked = worked
        self._zone = zone

    def ask(
        self,
        *,
        locked: Sequence[datetime],
        days: Sequence[date],
        calendar: Sequence[datetime],
        movable: Sequence[Visit],
        pinned: bool,
        removed: Sequence[date] | None,
        last: date,
    ) -> None:
        """Asks for what is locked, for all rounds besides, and, last, for visits of an earlier plan that no round needs.

        Of what hands have `removed` the rounds on those days are told and not made; with no days, all rounds."""
        account = self._account
        interval = account.interval_days or FAR
        for moment in locked:
            day = moment.astimezone(self._zone).date()
            self._add(Round(min(account.due, day).toordinal(), day.toordinal(), day.toordinal()), at=moment)
        for day in days:
            self._add(Round(min(account.due, day).toordinal(), day.toordinal(), day.toordinal()), on_day=True)
        kept = [moment.astimezone(self._zone).date().toordinal() for moment in (*locked, *calendar)]
        kept = sorted([*kept, *(day.toordinal() for day in days)])
        ordinals = [day.toordinal() for day in self._worked]
        first = self._first.toordinal()
        found = rounds(account.due.toordinal(), interval, first, last.toordinal(), kept, ordinals)
        if pinned and not kept:
            # Must be visited, at whatever time: in its first round, or on any day when none is due.
            now = found[0] if found else Round(account.due.toordinal(), first, last.toordinal())
            found = [replace(now, begins=first, ends=last.toordinal()), *found[1:]]
        out: dict[int, int | None] = {}
        if removed is not None and not removed:
            out = dict.fromkeys(range(len(found)))
        elif removed:
            out = {**taken_out(found, [day.toordinal() for day in removed], interval // 2)}
        for number, one in enumerate(found):
            visit = movable[number] if number < len(movable) else None
            must = pinned and not kept and number == 0
            if number in out and not must:
                on = out[number]
                self._add(one, visit=visit, removed=True, removed_from=None if on is None else date.fromordinal(on))
            else:
                self._add(one, visit=visit, apart=gap(interval), pinned=must)
        for visit in movable[len(found) :]:
            # It may stay where it is a whole interval from all others, and is given up where it is not.
            whole = Round(visit.planned_start.astimezone(self._zone).date().toordinal(), first, last.toordinal())
            self._add(whole, visit=visit, apart=gap(2 * interval), prize=1)

    def _add(
        self,
        one: Round,
        *,
        at: datetime | None = None,
        on_day: bool = False,
        visit: Visit | None = None,
        apart: int = 0,
        pinned: bool = False,
        prize: int | None = None,
        removed: bool = False,
        removed_from: date | None = None,
    ) -> None:
        days = tuple(day for day in self._worked if one.begins <= day.toordinal() <= one.ends)
        facts = self._known.facts(self._account, one.due - self._first.toordinal())
        facts = replace(facts, visited=facts.visited or bool(self.asked))
        late = max(0, (days[0] if days else self._first).toordinal() - one.due)
        candidate = Candidate(
            account_id=self._account.account_id,
            name=self._account.name,
            prize=self._known.worth(facts, late) if prize is None else prize,
            why=why(facts),
            closed=not open_on(self._account, days),
            visit=visit,
            movable=visit is not None,
            locked=at is not None,
            day_locked=on_day,
            pinned=pinned,
            due=date.fromordinal(one.due),
            facts=facts,
            removed=removed,
            removed_from=removed_from,
        )
        self.asked.append(Asked(self._account, candidate, days, number=len(self.asked), gap=apart, at=at))
