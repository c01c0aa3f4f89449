"""In whose territory the one account lies that two have become, and who sees it."""

from datetime import timedelta

import pytest

from backend.kit import clock
from backend.merging.actions import merge_accounts, undo_merge
from backend.territories.actions import place_account
from backend.territories.models import AccountTerritory, AssignmentSource
from tests.factories.world import World, acting
from tests.merging.story import merged


@pytest.mark.parametrize(
    ("loser_in", "loser_source", "choice", "stands"),
    [
        ("south", "manual", None, "north"),
        ("south", "pin", None, "south"),
        ("south", "manual", "loser", "south"),
        ("south", "pin", "winner", "north"),
        (None, "manual", None, "north"),
        ("north", "pin", None, "north"),
    ],
)
def test_the_winner_lies_where_it_lay_unless_the_loser_was_pinned_or_chosen(
    field: World, loser_in: str | None, loser_source: str, choice: str | None, stands: str
) -> None:
    loser = field.account("A", getattr(field, loser_in) if loser_in else None)
    winner = field.account("B", field.north)
    AccountTerritory.objects.filter(account=loser).update(source=loser_source)
    choices = {"territory": choice} if choice else {}
    merge = merge_accounts(actor=acting(field.dee), loser=loser, winner=winner, choices=choices)
    now = AccountTerritory.objects.get(account=winner, valid_to=None, deleted_at=None)
    assert now.territory.name == stands.title()
    assert not AccountTerritory.objects.filter(account=loser, valid_to=None, deleted_at=None).exists()
    undo_merge(actor=acting(field.dee), merge=merge)
    for account, where in ((loser, loser_in), (winner, "north")):
        again = AccountTerritory.objects.filter(account=account, valid_to=None, deleted_at=None)
        assert [one.territory.name.lower() for one in again] == ([where] if where else [])
    assert not AccountTerritory.objects.filter(account=loser, valid_to=None, deleted_at=None).exclude(
        source=loser_source
    )


def test_an_account_that_lay_nowhere_takes_the_losers_place_and_moves_planned_ahead_do_not_break_it(
    field: World,
) -> None:
    loser, winner = field.account("A", field.south), field.account("B", None)
    ahead = clock.now() + timedelta(days=5)
    place_account(actor=acting(field.dee), account=winner, territory=field.north, source=AssignmentSource.PIN, at=ahead)
    place_account(actor=acting(field.dee), account=loser, territory=field.north, at=ahead + timedelta(days=1))
    merge = merged(field, loser, winner, by=field.dee)
    spans = AccountTerritory.objects.filter(account=winner, deleted_at=None).order_by("valid_from")
    assert [(one.territory.name, one.valid_to) for one in spans] == [("South", ahead), ("North", None)]
    undo_merge(actor=acting(field.dee), merge=merge)
    spans = AccountTerritory.objects.filter(account=loser, deleted_at=None, valid_to=None)
    assert [one.territory.name for one in spans] == ["North"]
