"""Who sees what, now and at other times; and the spans on which it rests."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from backend.events.models import OutboxEvent
from backend.kit import clock
from backend.kit.errors import Conflict, DomainError, Invalid, NotFound, NotPermitted
from backend.territories import actions, coverage
from backend.territories.models import AccountTerritory, AssignmentSource, Territory, TerritoryModel, UserTerritory
from backend.territories.queries import territory_for
from tests.factories.world import World, acting


def seen(field: World, who: str) -> set[str]:
    """Returns the kinds of roots a person sees, with account names in place of ids."""
    names = {field.org.pk: "org", field.north.pk: "North", field.south.pk: "South", field.region.pk: "State"}
    people = {user.pk: user.username for user in (field.ana, field.ben, field.cy, field.bea, field.dee, field.pat)}
    roots = coverage.visible_root_kinds(getattr(field, who).pk)
    return {names.get(root) or people.get(root) or kind for root, kind in roots.items()}


def test_each_role_sees_its_part(field: World) -> None:
    field.account("Hilltop", field.north)
    assert seen(field, "ana") == {"org", "ana", "North", "account"}
    assert seen(field, "cy") == {"org", "cy", "South"}
    assert seen(field, "ben") == {"org", "ben", "ana", "North", "account"}
    assert seen(field, "dee") == {"org", "dee", "ben", "ana", "bea", "cy", "pat", "State", "North", "South", "account"}
    assert seen(field, "pat") == {"org", "pat"}


def test_who_works_a_territory_sees_what_lies_beneath_it(field: World) -> None:
    field.account("Hilltop", field.north)
    actions.assign_user(actor=acting(field.dee), user=field.bea, territory=field.region)
    assert {"State", "North", "South", "account"} <= seen(field, "bea")


def test_a_partner_in_a_territory_still_sees_only_what_is_shared(field: World) -> None:
    field.account("Hilltop", field.north)
    UserTerritory.objects.create(
        org=field.org, user=field.pat, territory=field.north, valid_from=clock.now() - timedelta(1)
    )
    assert seen(field, "pat") == {"org", "pat"}


def test_a_deactivated_person_sees_nothing(field: World) -> None:
    field.ana.is_active = False
    field.ana.save()
    assert coverage.visible_root_kinds(field.ana.pk) == {}


def test_who_leads_no_more_sees_nobody_beneath(field: World) -> None:
    """Ben steps back to be a rep; the tables still say that Ana reports to him."""
    assert {"ben", "ana", "North"} <= seen(field, "ben")
    field.ben.role = "rep"
    field.ben.save()
    assert seen(field, "ben") == {"org", "ben"}


def test_a_manager_tree_that_leaves_the_org_shows_nothing_of_it(field: World) -> None:
    """The rules refuse it; should it stand in the tables all the same, it opens no door."""
    field.zoe.manager = field.dee
    field.zoe.save()
    assert field.zoe.pk not in coverage.visible_root_kinds(field.dee.pk)
    assert field.other_org.pk not in coverage.visible_root_kinds(field.dee.pk)


def test_spans_are_half_open(field: World) -> None:
    account = field.account("Hilltop", None)
    noon = clock.now() + timedelta(hours=1)
    AccountTerritory.objects.create(
        org=field.org,
        account=account,
        territory=field.north,
        source="manual",
        valid_from=noon,
        valid_to=noon + timedelta(hours=1),
    )
    for moment, there in ((-1, False), (0, True), (3599, True), (3600, False)):
        with clock.moved_to(noon + timedelta(seconds=moment)):
            assert coverage.sees(field.ana.pk, account.pk) is there


def test_an_archived_model_covers_nothing(field: World) -> None:
    account = field.account("Hilltop", field.north)
    plan = TerritoryModel.objects.create(org=field.org, name="Next")
    actions.activate_model(actor=acting(field.dee), model=plan)
    assert not coverage.sees(field.ana.pk, account.pk)
    assert coverage.sees(field.dee.pk, account.pk)


def test_two_active_models_cannot_be(field: World) -> None:
    with pytest.raises(DatabaseError, match="one_active_model"), transaction.atomic():
        TerritoryModel.objects.create(org=field.org, name="Second", state="active")


@pytest.mark.parametrize("shift", [timedelta(0), timedelta(days=10), timedelta(days=-10)])
def test_an_account_lies_in_one_territory_at_a_time_whoever_writes(field: World, shift: timedelta) -> None:
    account = field.account("Hilltop", field.north)
    with pytest.raises(DatabaseError, match="account_territory_no_overlap"), transaction.atomic():
        field.place(account, field.south, since=clock.now() - timedelta(days=30) + shift)


def test_spans_that_touch_do_not_overlap_and_overlay_is_another_role(field: World) -> None:
    account = field.account("Hilltop", field.north)
    now = clock.now()
    AccountTerritory.objects.filter(account=account).update(valid_to=now)
    field.place(account, field.south, since=now)
    AccountTerritory.objects.create(
        org=field.org, account=account, territory=field.north, role="overlay", source="manual", valid_from=now
    )
    assert AccountTerritory.objects.count() == 3


def test_a_person_works_a_territory_once_at_a_time(field: World) -> None:
    with pytest.raises(Conflict) as error:
        actions.assign_user(actor=acting(field.dee), user=field.ana, territory=field.north)
    assert error.value.code == "ASSIGNMENT_OVERLAP"
    actions.release_user(actor=acting(field.dee), user=field.ana, territory=field.north)
    assert seen(field, "ana") == {"org", "ana"}


def test_moving_an_account_closes_the_old_span_and_keeps_it(field: World) -> None:
    account = field.account("Hilltop", field.north)
    placed = actions.place_account(actor=acting(field.dee), account=account, territory=field.south)
    old = AccountTerritory.objects.get(territory=field.north)
    assert (old.valid_to, placed.valid_to) == (placed.valid_from, None)
    assert [event.name for event in OutboxEvent.objects.all()] == ["account.moved"]
    again = actions.place_account(actor=acting(field.dee), account=account, territory=field.south)
    assert (again.pk, OutboxEvent.objects.count()) == (placed.pk, 1)


def test_a_pin_is_moved_only_by_a_pin(field: World) -> None:
    account = field.account("Hilltop", field.north)
    dee = acting(field.dee)
    actions.place_account(actor=dee, account=account, territory=field.south, source=AssignmentSource.PIN)
    with pytest.raises(Conflict) as error:
        actions.place_account(actor=dee, account=account, territory=field.north)
    assert error.value.code == "PINNED"
    actions.place_account(actor=dee, account=account, territory=field.north, source=AssignmentSource.PIN)
    assert coverage.sees(field.ana.pk, account.pk)


def test_reps_move_nothing_and_a_manager_only_within_their_own(field: World) -> None:
    account = field.account("Hilltop", field.north)
    with pytest.raises(NotPermitted):
        actions.place_account(actor=acting(field.ana), account=account, territory=field.south)
    with pytest.raises(NotFound):
        territory_for(acting(field.ben), field.south.pk)
    with pytest.raises(NotFound):
        coverage.account_for(acting(field.bea), account.pk)


def test_accounts_are_not_moved_into_a_model_that_is_only_planned(field: World) -> None:
    plan = TerritoryModel.objects.create(org=field.org, name="Next")
    there = Territory.objects.create(org=field.org, model=plan, name="West")
    with pytest.raises(Conflict) as error:
        actions.place_account(actor=acting(field.dee), account=field.account("Hilltop", field.north), territory=there)
    assert error.value.code == "MODEL_NOT_ACTIVE"


@pytest.mark.parametrize("what", ["circle", "other model", "span", "archived", "other org", "partner shares"])
def test_refusals_name_the_field(field: World, what: str) -> None:
    dee = acting(field.dee)
    plan = TerritoryModel.objects.create(org=field.org, name="Next", state="archived")
    elsewhere = Territory.objects.create(org=field.org, model=plan, name="West")
    account = field.account("Hilltop", field.north)
    doings: dict[str, tuple[Callable[[], object], type[DomainError], str]] = {
        "circle": (
            lambda: actions.set_parent(actor=dee, territory=field.region, parent=field.north),
            Invalid,
            "TERRITORY_CYCLE",
        ),
        "other model": (
            lambda: actions.set_parent(actor=dee, territory=field.north, parent=elsewhere),
            Invalid,
            "PARENT_OTHER_MODEL",
        ),
        "span": (
            lambda: actions.assign_user(
                actor=dee, user=field.cy, territory=field.north, start=clock.now(), end=clock.now() - timedelta(1)
            ),
            Invalid,
            "SPAN",
        ),
        "archived": (lambda: actions.activate_model(actor=dee, model=plan), Conflict, "MODEL_STATE"),
        "other org": (
            lambda: actions.share_account(actor=dee, account=account, user=field.zoe),
            NotFound,
            "USER_NOT_FOUND",
        ),
        "partner shares": (
            lambda: actions.share_account(actor=acting(field.pat), account=account, user=field.cy),
            NotPermitted,
            "PARTNER_MAY_NOT_SHARE",
        ),
    }
    act, family, code = doings[what]
    with pytest.raises(DomainError) as error:
        act()
    assert (type(error.value), error.value.code) == (family, code)


def test_what_one_was_only_shown_is_neither_passed_on_nor_taken_from_others(field: World) -> None:
    account = field.account("Hilltop", field.north)
    actions.share_account(actor=acting(field.ana), account=account, user=field.cy)
    actions.share_account(actor=acting(field.ana), account=account, user=field.pat)
    with pytest.raises(NotPermitted) as error:
        actions.share_account(actor=acting(field.cy), account=account, user=field.bea)
    assert error.value.code == "SHARED_ONLY"
    assert actions.unshare_account(actor=acting(field.cy), account=account, user=field.pat) == 0
    assert coverage.sees(field.pat.pk, account.pk)
    assert actions.unshare_account(actor=acting(field.ben), account=account, user=field.pat) == 1
    assert actions.unshare_account(actor=acting(field.ana), account=account, user=field.cy) == 1
    assert not coverage.sees(field.cy.pk, account.pk)


def test_of_many_people_those_are_told_who_see_it(field: World) -> None:
    account = field.account("Hilltop", field.north)
    actions.share_account(actor=acting(field.dee), account=account, user=field.pat)
    everybody = {(one.pk, account.pk) for one in (field.ana, field.ben, field.cy, field.bea, field.dee, field.pat)}
    expected = {(one.pk, account.pk) for one in (field.ana, field.ben, field.dee, field.pat)}
    assert coverage.seen_among(everybody) == expected
