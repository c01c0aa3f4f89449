"""What the tests of alignments begin with: two areas with their accounts, and a worker that goes on until nothing is left."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from backend.crm.models import Account
from backend.identity.models import User
from backend.kit import clock
from backend.planning.realign import settling
from backend.territories.alignment import drafts, looking
from backend.territories.alignment.activating import activate_alignment
from backend.territories.alignment.drafts import Change
from backend.territories.assign import place_accounts
from backend.territories.models import AccountTerritory, Alignment, AlignmentState
from tests.factories.world import World, acting
from tests.territories.test_geometry import square

NORTH, SOUTH = square(south=42), square(south=41)


def draw(field: World) -> None:
    """Gives North and South their areas: one degree each, the border at 42."""
    field.north.area, field.south.area = NORTH, SOUTH
    field.north.save()
    field.south.save()


def stores(field: World, count: int, *, south: float = 41.0) -> list[Account]:
    """Makes accounts one above the other in a strip of a degree, each where its point lies."""
    made = [
        field.account(
            f"Store {south + (number + 0.5) / count:.2f}", None, lat=south + (number + 0.5) / count, lng=-93.5
        )
        for number in range(count)
    ]
    place_accounts(field.org, since=clock.now() - timedelta(days=30))
    return made


def drafted(field: World, *changes: Change, by: User | None = None, name: str = "Next") -> Alignment:
    """Begins a draft with some changes."""
    actor = acting(by or field.dee)
    alignment = drafts.begin_alignment(actor=actor, name=name)
    return drafts.edit_alignment(actor=actor, alignment=alignment, changes=changes) if changes else alignment


def looked(field: World, alignment: Alignment, by: User | None = None) -> Alignment:
    """Looks at a draft."""
    return looking.look(actor=acting(by or field.dee), alignment=alignment)


def activated(field: World, alignment: Alignment, by: User | None = None, **given: Any) -> Alignment:
    """Looks at a draft and activates what was seen; the worker does it."""
    alignment = looked(field, alignment, by)
    activate_alignment(
        actor=acting(by or field.dee), alignment=alignment, note="because", digest=alignment.digest, **given
    )
    return worked(alignment)


def worked(alignment: Alignment) -> Alignment:
    """Lets the worker go on until it has no more to do, its clock running ahead to where it waits."""
    while True:
        while settling.advance():
            pass
        alignment.refresh_from_db()
        if alignment.state not in (AlignmentState.SCHEDULED, AlignmentState.MOVING):
            return alignment
        due = alignment.effective_at or alignment.begins_at
        assert due is not None
        with clock.moved_to(due + timedelta(milliseconds=1)):
            while settling.advance():
                pass
        alignment.refresh_from_db()
        if alignment.state == AlignmentState.DONE:
            return alignment


def lying(field: World, at: Any = None) -> dict[str, str | None]:
    """Returns account → territory at an instant, by name; accounts that lie nowhere are not there."""
    at = at or clock.now()
    spans = AccountTerritory.objects.filter(org=field.org, deleted_at=None, role="primary", valid_from__lte=at)
    rows = spans.exclude(valid_to__lte=at).values_list("account__name", "territory__name")
    return dict(rows)


def where(field: World, at: Any = None) -> dict[UUID, UUID]:
    """Returns account → territory at an instant, by id."""
    at = at or clock.now()
    spans = AccountTerritory.objects.filter(org=field.org, deleted_at=None, role="primary", valid_from__lte=at)
    return dict(spans.exclude(valid_to__lte=at).values_list("account_id", "territory_id"))
