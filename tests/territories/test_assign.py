"""Accounts that lie nowhere are given their territory; those that lie somewhere are left there."""

from datetime import timedelta

from backend.crm.models import Account, Address
from backend.kit import clock
from backend.territories import coverage
from backend.territories.assign import place_accounts
from backend.territories.models import AccountTerritory, AssignmentRule, AssignmentSource, ModelState
from tests.factories.world import World
from tests.territories.test_geometry import square


def draw(field: World) -> None:
    """Gives North and South their areas."""
    field.north.area, field.south.area = square(south=42), square(south=41)
    field.north.save()
    field.south.save()


def test_each_account_goes_where_it_belongs_and_its_rep_sees_it(field: World) -> None:
    draw(field)
    AssignmentRule.objects.create(
        org=field.org, model=field.model, territory=field.south, priority=1, criteria={"city": ["Boone"]}
    )
    ames = field.account("In the north", None, lat=42.5, lng=-93.5)
    near = field.account("In the south", None, lat=41.5, lng=-93.5)
    ruled = field.account("By rule", None, lat=42.5, lng=-93.5)
    Address.objects.filter(account=ruled).update(city="Boone")
    away = field.account("Far away", None, lat=10, lng=10)
    blank = Account.objects.create(org=field.org, name="Without an address")
    placed = place_accounts(field.org)
    assert placed is not None
    assert (placed.placed, set(placed.nowhere)) == (3, {away.pk, blank.pk})
    assert dict(AccountTerritory.objects.values_list("account__name", "territory__name")) == {
        "In the north": "North", "In the south": "South", "By rule": "South",
    }  # fmt: skip
    assert set(AccountTerritory.objects.values_list("source", flat=True)) == {"geometry", "rule"}
    assert coverage.sees(field.ana.pk, ames.pk)
    assert coverage.sees(field.cy.pk, near.pk)
    assert not coverage.sees(field.cy.pk, ames.pk)


def test_a_second_time_places_nothing(field: World) -> None:
    draw(field)
    field.account("In the north", None, lat=42.5, lng=-93.5)
    place_accounts(field.org)
    again = place_accounts(field.org)
    assert again is not None
    assert (again.placed, again.nowhere, AccountTerritory.objects.count()) == (0, [], 1)


def test_an_account_that_lies_somewhere_stays_there(field: World) -> None:
    draw(field)
    moved = field.account("Given to the south by hand", field.south, lat=42.5, lng=-93.5)
    placed = place_accounts(field.org)
    assert placed is not None
    assert placed.placed == 0
    assert AccountTerritory.objects.get(account=moved).territory == field.south


def test_a_span_that_ended_leaves_the_account_free(field: World) -> None:
    draw(field)
    account = field.account("Once in the south", field.south, lat=42.5, lng=-93.5)
    AccountTerritory.objects.update(valid_to=clock.now() - timedelta(days=1))
    placed = place_accounts(field.org)
    assert placed is not None
    assert placed.placed == 1
    now = AccountTerritory.objects.get(account=account, valid_to=None)
    assert (now.territory, now.source) == (field.north, AssignmentSource.GEOMETRY)


def test_without_an_active_model_nothing_is_placed(field: World) -> None:
    draw(field)
    field.account("In the north", None, lat=42.5, lng=-93.5)
    field.model.state = ModelState.ARCHIVED
    field.model.save()
    assert place_accounts(field.org) is None
    assert AccountTerritory.objects.count() == 0


def test_another_org_is_not_touched(field: World) -> None:
    draw(field)
    Account.objects.create(org=field.other_org, name="Elsewhere")
    placed = place_accounts(field.org)
    assert placed is not None
    assert (placed.placed, placed.nowhere) == (0, [])
