"""Learning from check-ins: Ana drives slowly through hills, Cy quickly over the plain, and both have lunch."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from backend.config import wiring
from backend.crm.models import Account
from backend.field.models import CheckIn, Visit
from backend.identity.models import User
from backend.kit import clock
from backend.planning.actions import propose_day
from backend.planning.travel import Profile
from backend.planning.travel.choose import profile_of
from backend.planning.travel.drives import drives_of
from backend.planning.travel.fit import Errors
from backend.planning.travel.models import TravelProfile
from backend.planning.travel.refit import due_orgs, forget_old, refit
from backend.planning.travel.tasks import TASKS, nightly, refit_org
from tests.planning.story import MONDAY, SUNDAY_EVENING, ZONE, Story, actor, begin

HILLS, PLAIN = (0.95, 0.82), (0.4, 0.82)
HERE = ZoneInfo(ZONE)
EIGHT = time(8)


@dataclass(slots=True)
class Road:
    """A rep's working days, written down as check-ins would have it."""

    story: Story
    rep: User
    shops: list[Account]
    truth: tuple[float, float]

    def days(
        self, count: int, *, stops: int = 9, seed: int = 1, last: date = date(2027, 6, 4), **fields: Any
    ) -> list[Visit]:
        """Drives so many days up to `last`, with lunch after the fourth visit and traffic of 15 % either way."""
        chance = np.random.default_rng(seed)
        made = []
        for back in range(count):
            now = datetime.combine(last - timedelta(days=back), EIGHT, HERE).astimezone(UTC)
            before = None
            for turn, east in enumerate(chance.choice(len(self.shops), stops, replace=False)):
                if before is not None:
                    metres = abs(int(east) - before) * 1_000.0
                    seconds = self.truth[0] * metres ** self.truth[1] * float(np.exp(chance.normal(0, 0.15)))
                    now += timedelta(seconds=seconds + (2_400 if turn == 4 else 0))
                end = now + timedelta(minutes=20)
                made.append(
                    Visit(
                        org=self.story.org,
                        account=self.shops[int(east)],
                        rep=self.rep,
                        state="completed",
                        planned_start=now,
                        planned_end=end,
                        started_at=now,
                        ended_at=end,
                        **fields,
                    )
                )
                now, before = end, int(east)
        return Visit.objects.bulk_create(made)


KILOMETRE = 1_000 / 111_195 / np.cos(np.radians(41.59))


def road(story: Story, rep: User, truth: tuple[float, float]) -> Road:
    shops = [story.shop(f"{rep.full_name} {km}", east=km * KILOMETRE, seen=None) for km in range(15)]
    return Road(story, rep, shops, truth)


def km(profile: Profile, truth: tuple[float, float]) -> list[float]:
    """Returns how many times the truth the profile says at two, five and ten kilometres."""
    return [profile.minutes(metres) * 60 / (truth[0] * metres ** truth[1]) for metres in (2_000, 5_000, 10_000)]


def test_the_gaps_between_visits_are_drives_and_the_nights_are_not(story: Story) -> None:
    road(story, story.ana, HILLS).days(2, stops=5)
    found = drives_of(story.ana.pk, ZONE)
    assert len(found) == 8, "four in each day, and none over night"
    assert (found.first_day, found.last_day) == (date(2027, 6, 3), date(2027, 6, 4))
    assert sorted({round(metres, -1) % 1_000 for metres in found.metres}) == [0.0]


def test_what_tells_when_somebody_wrote_is_no_drive_and_joins_no_two(story: Story) -> None:
    """A visit from a file, or one whose place is doubted, is not skipped over: the way on would be two ways."""
    visits = road(story, story.ana, HILLS).days(1, stops=6)
    CheckIn.objects.create(org=story.org, visit=visits[1], rep=story.ana, at=visits[1].planned_start, verdict="outside")
    Visit.objects.filter(pk=visits[4].pk).update(source="import")
    found = drives_of(story.ana.pk, ZONE)
    assert len(found) == 1, "of five: only from the third to the fourth"
    assert found.seconds[0] == pytest.approx((visits[3].started_at - visits[2].ended_at).total_seconds())  # type: ignore[operator]


def test_a_place_that_nobody_knows_is_no_end_of_a_drive(story: Story) -> None:
    way = road(story, story.ana, HILLS)
    way.shops[7:8] = [story.shop("Somewhere", located=False, seen=None)]
    visits = way.days(1, stops=15)
    known = sum("Somewhere" not in (one.account.name, two.account.name) for one, two in pairwise(visits))
    assert len(drives_of(story.ana.pk, ZONE)) == known


def test_the_org_and_each_who_drove_enough_get_a_fit_of_their_own(story: Story) -> None:
    ana, cy = road(story, story.ana, HILLS), road(story, story.cy, PLAIN)
    ana.days(25)
    cy.days(25, seed=2)
    made = refit(story.org)
    assert [one.rep for one in made] == [None, story.ana, story.cy]
    assert [one.adopted for one in made[1:]] == [True, True]
    assert [one.drives for one in made] == [400, 200, 200]
    assert made[0].people == 2
    assert all(0.05 < one.pauses < 0.25 for one in made[1:]), "one gap in eight is lunch"
    assert all(one.error_after < 15 < one.error_before for one in made[1:])
    assert km(profile_of(story.org.pk, story.ana.pk), HILLS) == pytest.approx([1, 1, 1], abs=0.12)
    assert km(profile_of(story.org.pk, story.cy.pk), PLAIN) == pytest.approx([1, 1, 1], abs=0.12)


def test_too_few_drives_teach_nothing(story: Story) -> None:
    road(story, story.ana, HILLS).days(5)
    assert refit(story.org) == []
    assert profile_of(story.org.pk, story.ana.pk) == Profile()


def test_a_fit_that_is_no_better_is_kept_but_not_used(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    road(story, story.ana, HILLS).days(25)
    monkeypatch.setattr("backend.planning.travel.refit.unseen_errors", lambda *drives: Errors(before=20.0, after=20.0))
    made = refit(story.org)
    assert [(one.adopted, one.error_after) for one in made] == [(False, 20.0)] * 2
    assert profile_of(story.org.pk, story.ana.pk) == Profile()
    monkeypatch.undo()
    assert all(one.adopted for one in refit(story.org))


def test_a_working_day_is_one_where_the_rep_works(story: Story) -> None:
    """Half past six and eight in the evening are two days in UTC and one in Des Moines; two evenings are two days."""
    near, far = story.shop("Near", seen=None), story.shop("Far", east=5 * KILOMETRE, seen=None)
    half_past_six = datetime(2027, 6, 3, 18, 30, tzinfo=HERE)
    for shop, start in ((near, half_past_six), (far, half_past_six + timedelta(hours=1, minutes=30))):
        for day in range(2):
            begun = start + timedelta(days=day)
            story.visit(
                shop, story.ana, begun, state="completed", started_at=begun, ended_at=begun + timedelta(hours=1)
            )
    assert drives_of(story.ana.pk, ZONE).seconds.tolist() == [1_800.0, 1_800.0]


def test_the_drives_of_one_org_teach_another_nothing(story: Story) -> None:
    other = begin()
    road(story, story.ana, HILLS).days(25)
    assert refit(other.org) == []
    refit(story.org)
    assert profile_of(other.org.pk, other.ana.pk) == Profile()


def test_the_same_drives_give_the_same_fit(story: Story) -> None:
    road(story, story.ana, HILLS).days(25)
    first = refit(story.org)[0]
    TravelProfile.objects.all().delete()
    again = refit(story.org)[0]
    assert (again.scale, again.exponent, again.error_after) == (first.scale, first.exponent, first.error_after)


def test_the_next_plan_rests_on_it_and_says_so(story: Story) -> None:
    road(story, story.ana, HILLS).days(25)
    before = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    refit(story.org)
    after = propose_day(actor=actor(story.ana), rep=story.ana, day=MONDAY)
    own = TravelProfile.objects.get(rep=story.ana)
    assert (before.figures["travelProfile"], after.figures["travelProfile"]) == ("default", own.name)


def test_each_night_the_orgs_are_fitted_whose_last_fit_is_a_week_old(story: Story) -> None:
    assert set(TASKS) <= set(wiring.TASKS)
    road(story, story.ana, HILLS).days(25)
    assert due_orgs() == [story.org.pk]
    refit_org(org_id=story.org.pk)
    refit_org(org_id=story.org.pk)
    assert TravelProfile.objects.filter(rep=None).count() == 1, "asked for twice, done once"
    with clock.moved_to(SUNDAY_EVENING + timedelta(days=7)):
        assert due_orgs() == [story.org.pk]
        nightly()


def test_old_fits_go_but_for_those_in_use(story: Story) -> None:
    road(story, story.ana, HILLS).days(25)
    made = refit(story.org)
    unused = TravelProfile.objects.create(
        **{field: getattr(made[0], field) for field in ("org", "scale", "exponent", "first_day", "last_day", "drives")},
        **{field: getattr(made[0], field) for field in ("pauses", "people", "error_before", "error_after")},
        made_at=made[0].made_at - timedelta(days=1),
        adopted=True,
    )
    with clock.moved_to(SUNDAY_EVENING + timedelta(days=500)):
        assert forget_old() == 1
    assert not TravelProfile.objects.filter(pk=unused.pk).exists()
    assert TravelProfile.objects.count() == len(made)
