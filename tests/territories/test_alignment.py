"""A change of territories: what a draft would do, what it does, and taking it back."""

from datetime import timedelta

from backend.crm.models import Account
from backend.events.models import OutboxEvent
from backend.kit import clock
from backend.territories import coverage
from backend.territories.actions import place_account
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.drafts import Change
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import (
    AccountTerritory,
    AlignmentState,
    AssignmentSource,
    Territory,
    TerritoryModel,
    UserTerritory,
)
from tests.factories.world import World, acting
from tests.territories.drafted import activated, drafted, draw, looked, lying, stores, where, worked
from tests.territories.test_geometry import square


def moved_up(field: World) -> list[Change]:
    """The border between South and North moves half a degree to the north."""
    return [
        edits.alter(field.south.pk, area=strip(41, 42.5)),
        edits.alter(field.north.pk, area=strip(42.5, 43)),
    ]


def strip(south: float, north: float) -> dict[str, object]:
    """Returns a strip of a degree, between two latitudes."""
    corners = [(-94, south), (-93, south), (-93, north), (-94, north), (-94, south)]
    return {"type": "Polygon", "coordinates": [[list(one) for one in corners]]}


def test_an_unedited_draft_would_do_nothing_even_where_the_rules_are_not_met(field: World) -> None:
    draw(field)
    stores(field, 4, south=42)
    field.account("Elsewhere by hand", field.south, lat=42.5, lng=-93.5)
    drifted = field.account("Moved house", field.south, lat=42.5, lng=-93.5)
    AccountTerritory.objects.filter(account=drifted).update(source="geometry")
    draft = looked(field, drafted(field))
    assert (draft.total, draft.figures["pairs"], draft.figures["warnings"]) == (0, [], [])


def test_who_lies_nowhere_and_is_listed_for_nowhere_does_not_move(field: World) -> None:
    draw(field)
    lost = field.account("Hilltop", None)
    dee = acting(field.dee)
    draft = drafts.begin_alignment(actor=dee, name="Next")
    draft = drafts.fill_from(actor=dee, alignment=draft, places={lost.pk: None}, source=AssignmentSource.PIN)
    draft = looked(field, draft)
    assert not draft.moves.exists()
    assert draft.figures["unplaced"] == 1


def test_a_border_moves_and_is_moved_back(field: World) -> None:
    draw(field)
    made = stores(field, 4, south=42)
    before = where(field)
    draft = looked(field, drafted(field, *moved_up(field)))
    assert draft.figures["pairs"] == [[str(field.north.pk), str(field.south.pk), 2]]
    assert where(field) == before, "looking changes nothing"
    done = activated(field, draft)
    assert (done.state, done.moved, done.passed, done.total) == (AlignmentState.DONE, 2, 0, 2)
    assert done.effective_at is not None
    at = done.effective_at
    assert lying(field, at) == {
        "Store 42.12": "South", "Store 42.38": "South", "Store 42.62": "North", "Store 42.88": "North",
    }  # fmt: skip
    with clock.moved_to(at):
        assert coverage.sees(field.cy.pk, made[0].pk)
        assert not coverage.sees(field.ana.pk, made[0].pk)
    with clock.moved_to(at - timedelta(microseconds=1)):
        assert coverage.sees(field.ana.pk, made[0].pk)
    old = AccountTerritory.objects.get(account=made[0], territory=field.north)
    assert old.valid_to == at
    with clock.moved_to(at + timedelta(seconds=1)):
        undo = worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))
        assert undo.state == AlignmentState.DONE
    assert undo.effective_at is not None
    assert where(field, undo.effective_at) == before
    assert where(field, undo.effective_at - timedelta(microseconds=1)) != before, "history is kept"
    field.north.refresh_from_db()
    assert field.north.area == square(south=42)
    assert set(OutboxEvent.objects.values_list("name", flat=True)) >= {"territory.aligned"}


def test_territories_live_on_under_their_ids_and_the_archive_shows_how_they_were(field: World) -> None:
    draw(field)
    stores(field, 4, south=42)
    done = activated(field, drafted(field, edits.alter(field.north.pk, name="High North"), *moved_up(field)))
    field.north.refresh_from_db()
    assert (field.north.name, field.north.model_id) == ("High North", done.model_id)
    assert TerritoryModel.objects.get(state="active").pk == done.model_id
    before = Territory.objects.filter(model=field.model)
    assert set(before.values_list("name", "origin__name")) == {
        ("State", "State"), ("North", "High North"), ("South", "South"),
    }  # fmt: skip
    assert before.get(name="North").area == square(south=42)
    assert before.get(name="North").parent == before.get(name="State")


def test_a_closed_territory_goes_to_its_heir_and_comes_back(field: World) -> None:
    draw(field)
    stores(field, 2, south=42)
    pinned = field.account("Pinned", field.north, lat=41.5, lng=-93.5)
    AccountTerritory.objects.filter(account=pinned).update(source="pin")
    before = where(field)
    done = activated(
        field,
        drafted(field, edits.merge(field.south.pk, [field.north.pk]), edits.assign(field.south.pk, field.ana.pk)),
    )
    assert set(where(field, done.effective_at).values()) == {field.south.pk}
    assert AccountTerritory.objects.get(account=pinned, territory=field.south).source == "pin"
    field.north.refresh_from_db()
    assert (field.north.model_id, field.north.name) == (field.model.pk, "North")
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        assert coverage.sees(field.ana.pk, pinned.pk)
        assert UserTerritory.objects.get(user=field.ana, territory=field.north).valid_to == done.effective_at
        undo = worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))
    assert undo.effective_at is not None
    assert where(field, undo.effective_at) == before
    field.north.refresh_from_db()
    assert (field.north.model_id, field.north.parent_id) == (undo.model_id, field.region.pk)
    with clock.moved_to(undo.effective_at + timedelta(seconds=1)):
        assert {one.user_id for one in UserTerritory.objects.filter(territory=field.south, valid_to=None)} == {
            field.cy.pk
        }
        assert coverage.sees(field.ana.pk, pinned.pk)
        assert not coverage.sees(field.cy.pk, pinned.pk)


def test_a_rollback_leaves_what_somebody_moved_since(field: World) -> None:
    draw(field)
    made = stores(field, 4, south=42)
    done = activated(field, drafted(field, *moved_up(field)))
    assert done.effective_at is not None
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        account = Account.objects.get(pk=made[0].pk)
        place_account(actor=acting(field.dee), account=account, territory=field.region)
    with clock.moved_to(done.effective_at + timedelta(seconds=2)):
        undo = worked(roll_back(actor=acting(field.dee), alignment=done, note="no"))
    assert undo.report["left"]["accountIds"] == [str(made[0].pk)]
    assert lying(field, undo.effective_at) == {
        "Store 42.12": "State", "Store 42.38": "North", "Store 42.62": "North", "Store 42.88": "North",
    }  # fmt: skip
