"""A merge is taken back, exactly, and without undoing what others did since."""

from datetime import timedelta

import pytest

from backend.crm import actions as crm
from backend.crm.models import (
    Account,
)
from backend.crm.sales import refresh_sales
from backend.field.models import Visit
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.merging.actions import undo_merge
from backend.territories.coverage import account_for
from tests.factories.world import World, acting
from tests.merging.story import everything, merged, stocked


def test_undo_restores_every_row(field: World) -> None:
    loser, winner = stocked(field, "Hilltop 2"), stocked(field, "Hilltop")
    Account.objects.filter(pk=loser.pk).update(number="C-2", notes="n", consent={"email": False})
    Account.objects.filter(pk=winner.pk).update(notes="m", consent={"email": True})
    refresh_sales(field.org.pk)
    before = everything(field)
    merge = merged(field, loser, winner, name="loser")
    assert everything(field) != before
    undone = undo_merge(actor=acting(field.ben), merge=merge)
    assert undone.left_as_is == []
    assert everything(field) == before
    with pytest.raises(DomainError) as error:
        undo_merge(actor=acting(field.ben), merge=merge)
    assert error.value.code == "ALREADY_UNDONE"
    assert merged(field, loser, winner).pk != merge.pk


def test_undo_leaves_what_somebody_did_since(field: World) -> None:
    loser, winner, third = (stocked(field, name) for name in ("Hilltop 2", "Hilltop", "Valley"))
    Account.objects.filter(pk=loser.pk).update(phone="1")
    loser.refresh_from_db()
    moved = Visit.objects.get(account=loser)
    merge = merged(field, loser, winner)
    assert winner.phone == "1"
    crm.edit_account(actor=acting(field.ana), account=winner, changes={"phone": "2"})
    Visit.objects.filter(pk=moved.pk).update(account=third)
    new = field.visit(winner)
    undone = undo_merge(actor=acting(field.ben), merge=merge)
    assert undone.left_as_is == ["crm.Account.phone", "field.Visit"]
    assert Account.objects.get(pk=winner.pk).phone == "2"
    assert Visit.objects.get(pk=moved.pk).account_id == third.pk
    assert Visit.objects.get(pk=new.pk).account_id == winner.pk


def test_undo_has_an_end_and_an_order(field: World) -> None:
    one, two, three = (field.account(name, field.north) for name in "ABC")
    visit = field.visit(one)
    first, second = merged(field, one, two), merged(field, two, three)
    first.refresh_from_db()
    one.refresh_from_db()
    assert (one.merged_into_id, first.survivor_id, first.winner_id) == (three.pk, three.pk, two.pk)
    assert account_for(acting(field.ana), one.pk).pk == three.pk
    with pytest.raises(DomainError) as error:
        undo_merge(actor=acting(field.ben), merge=first)
    assert error.value.code == "MERGED_FURTHER"
    undo_merge(actor=acting(field.ben), merge=second)
    first.refresh_from_db()
    assert account_for(acting(field.ana), one.pk).pk == two.pk
    with clock.moved_to(first.merged_at + timedelta(days=31)), pytest.raises(DomainError) as error:
        undo_merge(actor=acting(field.ben), merge=first)
    assert error.value.code == "UNDO_TOO_LATE"
    undo_merge(actor=acting(field.ben), merge=first)
    assert Visit.objects.get(pk=visit.pk).account_id == one.pk
