"""What a change of territories means for appointments about accounts: a promise to the customer is kept, and by one person."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from backend.crm.models import Account
from backend.field import appointments
from backend.field.agenda import expanded
from backend.field.appointments import Reach, hand_on
from backend.field.models import Appointment
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.planning.realign.appointments import promises
from backend.planning.realign.pages import appointment_fates, appointment_lines
from backend.territories import coverage
from backend.territories.alignment import drafts
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import AccountShare, Alignment, AlignmentAppointment, LaterVisits
from tests.factories.world import World, acting
from tests.planning.test_realign import given_to_cy
from tests.territories.drafted import activated, draw, stores, worked


def in_days(days: int, hour: int = 15) -> datetime:
    """Returns an hour of a day ahead."""
    return datetime.combine((clock.now() + timedelta(days=days)).date(), time(hour), UTC)


def meeting(user: User, account: Account | None, days: int = 20, **more: Any) -> Appointment:
    """Makes an appointment of an hour."""
    start = more.pop("starts_at", in_days(days))
    fields = {"title": "Talk", "starts_at": start, "ends_at": start + timedelta(hours=1), "account": account} | more
    return appointments.make(actor=acting(user), user=user, fields=fields)


def north(field: World, count: int = 1) -> list[Account]:
    """Returns some accounts of Ana's."""
    draw(field)
    return stores(field, count, south=42)


def whose(*rows: Appointment) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [row.user.full_name for row in rows]


def undone(field: World, done: Alignment) -> Alignment:
    """Takes an alignment back a moment after it took effect."""
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        return worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))


def test_what_is_about_the_account_goes_with_it_and_what_is_ones_own_stays(field: World) -> None:
    near, far, later = north(field, 3)
    soon = meeting(field.ana, near, days=3)
    promised = meeting(field.ana, far)
    taken = meeting(field.ana, later, starts_at=in_days(25))
    meeting(field.cy, None, starts_at=in_days(25) + timedelta(minutes=30))
    private = meeting(field.ana, far, days=21, private=True)
    dentist = meeting(field.ana, None, days=22)
    draft = given_to_cy(field)
    assert appointment_fates(draft) == {"kept": 2, "reassigned": 1}
    seen = [(line.appointment, line.fate) for line in appointment_lines(draft, first=9, skip=0)]
    assert seen == [(soon, "kept"), (promised, "reassigned"), (taken, "kept")]
    done = activated(field, draft)
    assert whose(soon, promised, taken, private, dentist) == ["Ana", "Cy", "Ana", "Ana", "Ana"]
    assert appointment_fates(done) == {"kept": 2, "reassigned": 1}
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(minutes=1)):
        assert [coverage.sees(field.ana.pk, one.pk) for one in (near, far, later)] == [True, False, True]


def test_a_series_goes_over_from_the_day_on_and_its_past_stays(field: World) -> None:
    (account,) = north(field)
    weekly = meeting(field.ana, account, days=1, rrule="FREQ=WEEKLY;COUNT=6")
    fourth = in_days(22)
    moved = appointments.change(
        actor=acting(field.ana),
        appointment=weekly,
        changes={"starts_at": fourth + timedelta(hours=2)},
        reach=Reach.THIS,
        at=fourth,
    )
    draft = given_to_cy(field, keep_days=10)
    (line,) = appointment_lines(draft, first=9, skip=0)
    assert (line.fate, line.taker_id) == ("reassigned", field.cy.pk)
    done = activated(field, draft)
    weekly.refresh_from_db()
    new = Appointment.objects.get(user=field.cy, rrule__startswith="FREQ=WEEKLY")
    assert (new.starts_at, new.account, new.rrule) == (in_days(15), account, "FREQ=WEEKLY;COUNT=4")
    assert (weekly.user, weekly.until) == (field.ana, in_days(15) - timedelta(seconds=1))
    moved.refresh_from_db()
    assert (moved.user, moved.series) == (field.cy, new)
    share = AccountShare.objects.get(account=account)
    assert (share.user, share.valid_to) == (field.ana, in_days(9) + timedelta(hours=1))
    back = undone(field, done)
    assert whose(new, moved) == ["Ana", "Ana"]
    assert list(back.appointments.values_list("fate", "done")) == [("returned", True)]
    share.refresh_from_db()
    assert share.valid_to is not None
    assert share.valid_to < in_days(1)


def test_of_a_series_the_times_at_which_the_new_rep_has_something_else_stay(field: World) -> None:
    (account,) = north(field)
    weekly = meeting(field.ana, account, days=13, rrule="FREQ=WEEKLY;COUNT=6")
    fourth = in_days(34)
    moved = appointments.change(
        actor=acting(field.ana),
        appointment=weekly,
        changes={"starts_at": fourth + timedelta(hours=2)},
        reach=Reach.THIS,
        at=fourth,
    )
    # Not at the first: at the third, at where the fourth was moved, and, by a series of his own, at the sixth.
    meeting(field.cy, None, starts_at=in_days(27) + timedelta(minutes=30))
    meeting(field.cy, None, starts_at=fourth + timedelta(hours=2))
    meeting(field.cy, None, starts_at=in_days(48), rrule="FREQ=DAILY;COUNT=3")
    draft = given_to_cy(field)
    (line,) = appointment_lines(draft, first=9, skip=0)
    clashes = (in_days(27), fourth, in_days(48))
    assert (line.fate, line.stays) == ("reassigned", clashes)
    done = activated(field, draft)
    (line,) = appointment_lines(done, first=9, skip=0)
    assert (line.fate, line.stays) == ("reassigned", clashes)
    weekly.refresh_from_db()
    assert weekly.user == field.cy
    there = [one.start for one in expanded([weekly], in_days(1), in_days(99))]
    assert there == [in_days(13), in_days(20), in_days(41)], "and Cy is never at two places"
    kept = Appointment.objects.filter(user=field.ana, account=account, series=None).order_by("starts_at")
    assert [one.starts_at for one in kept] == [in_days(27), fourth + timedelta(hours=2), in_days(48)]
    assert moved in kept
    share = AccountShare.objects.get(account=account)
    assert (share.user, share.valid_to) == (field.ana, in_days(49) + timedelta(hours=1))
    undone(field, done)
    assert whose(weekly, moved) == ["Ana", "Ana"]


def test_a_series_stays_where_the_new_rep_is_never_free_and_what_goes_takes_their_time(field: World) -> None:
    first, second = north(field, 2)
    weekly = meeting(field.ana, first, days=20, rrule="FREQ=WEEKLY")
    meeting(field.cy, None, days=20, rrule="FREQ=WEEKLY")
    fits = meeting(field.ana, second, starts_at=in_days(20, 9), rrule="FREQ=WEEKLY;COUNT=3")
    # At the second time of the series that goes.
    late = meeting(field.ana, second, starts_at=in_days(27, 9))
    lines = {one.appointment: (one.fate, one.stays) for one in appointment_lines(given_to_cy(field), first=9, skip=0)}
    assert lines == {weekly: ("kept", ()), fits: ("reassigned", ()), late: ("kept", ())}


def test_a_rollback_gives_back_what_nobody_changed(field: World) -> None:
    accounts = north(field, 3)
    untouched, changed, called_off = (meeting(field.ana, one, days=20 + at) for at, one in enumerate(accounts))
    done = activated(field, given_to_cy(field))
    assert whose(untouched, changed, called_off) == ["Cy", "Cy", "Cy"]
    changes = {"title": "Talk about rum"}
    appointments.change(actor=acting(field.cy), appointment=changed, changes=changes, reach=Reach.ALL)
    appointments.call_off(actor=acting(field.cy), appointment=called_off, reach=Reach.ALL)
    back = undone(field, done)
    assert whose(untouched, changed) == ["Ana", "Cy"]
    assert dict(back.appointments.values_list("appointment_id", "done")) == {
        untouched.pk: True,
        changed.pk: False,
        called_off.pk: False,
    }


def test_a_manager_who_wants_all_to_stay_is_obeyed_and_so_is_who_changed_it_last(field: World) -> None:
    first, second = north(field, 2)
    stays, own = meeting(field.ana, first), meeting(field.ana, second, days=21)
    draft = given_to_cy(field, LaterVisits.KEEP)
    assert {one.fate for one in promises(draft)} == {"kept"}
    draft = drafts.set_options(actor=acting(field.dee), alignment=draft, later_visits=LaterVisits.SUGGEST)
    assert appointment_fates(draft) == {"reassigned": 2}
    # After the look: it is Ana's own affair from now on.
    Appointment.objects.filter(pk=own.pk).update(private=True)
    done = activated(field, draft)
    assert whose(stays, own) == ["Cy", "Ana"]
    assert AlignmentAppointment.objects.filter(alignment=done).count() == 1


def test_one_time_that_was_moved_is_handed_on_without_its_series(field: World) -> None:
    (account,) = north(field)
    weekly = meeting(field.ana, None, days=1, rrule="FREQ=WEEKLY")
    third = in_days(15)
    moved = appointments.change(
        actor=acting(field.ana), appointment=weekly, changes={"account": account}, reach=Reach.THIS, at=third
    )
    cy, ben = field.cy, acting(field.dee)
    assert hand_on(actor=ben, appointment=moved, user=cy, since=third + timedelta(hours=1)) is None
    hand_on(actor=ben, appointment=moved, user=cy, since=third)
    moved.refresh_from_db()
    weekly.refresh_from_db()
    assert (moved.user, moved.series, weekly.user) == (cy, None, field.ana)
    assert [datetime.fromisoformat(one) for one in weekly.exdates] == [third]


def test_an_appointment_is_about_an_account_of_its_person(field: World) -> None:
    (account,) = north(field)
    with pytest.raises(NotFound, match="account"):
        meeting(field.cy, account)
    row = meeting(field.ana, account)
    changed = appointments.change(actor=acting(field.ben), appointment=row, changes={"account": None}, reach=Reach.ALL)
    assert changed.account is None
