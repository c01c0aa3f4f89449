"""The worker does an alignment: at its instant, among others who write, and after it was killed."""

from datetime import timedelta

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.crm.models import Account
from backend.events.models import OutboxEvent
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.planning.realign import settling
from backend.territories import coverage
from backend.territories.actions import place_account
from backend.territories.alignment import activating, carrying, drafts, edits
from backend.territories.alignment.activating import activate_alignment, call_off
from backend.territories.models import AccountTerritory, Alignment, AlignmentState, Territory, UserTerritory
from tests.factories.replica import Phone, pulled, same_as_new
from tests.factories.world import World, acting
from tests.territories.drafted import activated, drafted, draw, looked, lying, stores, where, worked
from tests.territories.test_alignment import moved_up, strip

TOMORROW = timedelta(days=1)


def border(field: World, count: int = 4) -> tuple[Alignment, list[Account]]:
    """Drafts that the border moves over half of some stores."""
    draw(field)
    made = stores(field, count, south=42)
    return looked(field, drafted(field, *moved_up(field))), made


def asked(field: World, draft: Alignment, **given: object) -> Alignment:
    """Dee asks for what she has seen."""
    return activate_alignment(
        actor=acting(field.dee),
        alignment=draft,
        note="because",
        digest=draft.digest,
        **given,  # type: ignore[arg-type]
    )


def test_it_waits_for_its_instant_and_all_holds_in_that_one(field: World) -> None:
    draft, made = border(field)
    due = clock.now() + TOMORROW
    asked(field, draft, at=due)
    assert settling.advance() == 0
    draft.refresh_from_db()
    assert draft.begins_at is not None
    with clock.moved_to(draft.begins_at + timedelta(milliseconds=300)):
        while settling.advance():
            pass
        assert coverage.sees(field.ana.pk, made[0].pk)
    with clock.moved_to(due):
        assert coverage.sees(field.cy.pk, made[0].pk)
    done = worked(draft)
    assert (done.effective_at, done.state) == (due, AlignmentState.DONE)


def test_it_is_called_off_and_asked_for_again(field: World) -> None:
    draft, _ = border(field)
    asked(field, draft, at=clock.now() + TOMORROW)
    with pytest.raises(Conflict, match="It is scheduled"):
        drafts.edit_alignment(actor=acting(field.dee), alignment=draft, changes=[])
    call_off(actor=acting(field.dee), alignment=draft)
    with clock.moved_to(clock.now() + 2 * TOMORROW):
        assert settling.advance() == 0
    draft.refresh_from_db()
    assert draft.state == AlignmentState.DRAFT
    assert activated(field, draft).moved == 2
    told = set(OutboxEvent.objects.values_list("name", flat=True))
    assert told >= {"territory.alignment_scheduled", "territory.alignment_called_off", "territory.alignment_settled"}


def test_what_has_changed_since_it_was_seen_is_done_by_its_rules_and_told(field: World) -> None:
    draft, made = border(field)
    asked(field, draft, at=clock.now() + TOMORROW)
    late = stores(field, 1, south=41.7)[0]
    AccountTerritory.objects.filter(account=late).update(territory=field.north)
    late.addresses.update(lat=42.2)
    place_account(actor=acting(field.dee), account=made[0], territory=field.region)
    done = worked(draft)
    assert done.report["difference"] == {
        "same": False, "more": 1, "fewer": 1, "elsewhere": 0, "accounts": sorted([str(late.pk), str(made[0].pk)]),
    }  # fmt: skip
    there = lying(field, done.effective_at)
    assert (there[late.name], there[made[0].name]) == ("South", "State")


def test_what_was_seen_must_still_be_so(field: World) -> None:
    draft, made = border(field)
    place_account(actor=acting(field.dee), account=made[0], territory=field.region)
    with pytest.raises(Conflict) as refused:
        asked(field, draft)
    assert refused.value.code == "PREVIEW_CHANGED"


def test_accounts_are_left_nowhere_only_when_somebody_says_so(field: World) -> None:
    draft, _ = border(field)
    draft = drafts.edit_alignment(
        actor=acting(field.dee), alignment=draft, changes=[edits.alter(field.north.pk, area=None)]
    )
    draft = drafts.edit_alignment(actor=acting(field.dee), alignment=draft, changes=[edits.close(field.north.pk)])
    draft = looked(field, draft)
    assert [one["code"] for one in draft.figures["warnings"]] == ["UNCLAIMED"]
    with pytest.raises(Conflict) as refused:
        asked(field, draft)
    assert refused.value.code == "ACCOUNTS_UNCLAIMED"
    done = activated(field, draft, allow_unclaimed=True)
    assert sorted(map(str, lying(field, done.effective_at).values())) == ["South", "South"]


def test_an_account_moved_by_hand_in_the_last_moment_stays(field: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activating, "PREPARING", timedelta(0))
    draft, made = border(field, 8)
    asked(field, draft)
    settling.advance()
    settling.advance()
    draft.refresh_from_db()
    assert draft.state == AlignmentState.MOVING
    place_account(actor=acting(field.dee), account=made[0], territory=field.region)
    while settling.advance():
        pass
    done = worked(draft)
    assert (done.moved, done.passed) == (3, 1)
    assert lying(field)[made[0].name] == "State"


def test_what_comes_into_a_closing_territory_in_the_last_moment_follows(field: World) -> None:
    draw(field)
    stores(field, 2, south=42)
    draft = looked(field, drafted(field, edits.merge(field.south.pk, [field.north.pk])))
    asked(field, draft)
    settling.advance()
    late = field.account("Late", None, lat=42.5, lng=-93.5)
    field.place(late, field.north, since=clock.now() - timedelta(seconds=1))
    done = worked(draft)
    assert (done.moved, done.total) == (3, 3)
    assert {Territory.objects.get(pk=one).name for one in where(field, clock.now() + TOMORROW).values()} == {"South"}


def test_a_worker_that_dies_at_any_step_leaves_nothing_half_done(field: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "BATCH", 2)
    draft, _ = border(field, 8)
    asked(field, draft)
    real, deaths = carrying._settle, [0]

    def dying(done: dict[int, object]) -> None:
        deaths[0] += 1
        if deaths[0] % 2:
            raise KeyboardInterrupt
        real(done)  # type: ignore[arg-type]

    monkeypatch.setattr(carrying, "_settle", dying)
    for _ in range(30):
        try:
            settling.advance()
        except KeyboardInterrupt:
            continue
    monkeypatch.setattr(carrying, "_settle", real)
    done = worked(draft)
    assert (done.moved, done.passed, deaths[0] >= 3) == (4, 0, True)
    assert sorted(map(str, lying(field, done.effective_at).values())) == ["North"] * 4 + ["South"] * 4


def test_two_drafts_live_beside_one_another_and_neither_undoes_the_other(field: World) -> None:
    draw(field)
    stores(field, 4, south=42)
    dee = acting(field.dee)
    first = drafted(field, edits.alter(field.south.pk, name="Deep South"), name="Names")
    second = drafted(field, *moved_up(field), name="Borders")
    activated(field, first)
    UserTerritory.objects.create(org=field.org, user=field.bea, territory=field.north, valid_from=clock.now())
    done = activated(field, drafts.edit_alignment(actor=dee, alignment=second, changes=[]))
    assert done.moved == 2
    field.south.refresh_from_db()
    assert (field.south.name, field.south.model_id) == ("Deep South", done.model_id)
    assert UserTerritory.objects.filter(territory=field.north, valid_to=None).count() == 2


def test_phones_hold_what_a_new_phone_would_at_every_step(transactional_db: None, field: World, phone: Phone) -> None:
    draft, _ = border(field, 6)
    phones = [pulled(phone(one)) for one in (field.ana, field.cy, field.ben, field.bea, field.dee)]
    # On a slow machine the instant of the change would come between a pull and what it is compared with.
    asked_at = clock.now()
    with clock.moved_to(asked_at):
        asked(field, draft)

    def step_by_step() -> None:
        while settling.advance():
            for one in phones:
                one.pull(limit=3)
                assert same_as_new(one, field)

    with clock.moved_to(asked_at):
        step_by_step()
    draft.refresh_from_db()
    assert draft.effective_at is not None
    with clock.moved_to(draft.effective_at + timedelta(seconds=1)):
        step_by_step()
        draft.refresh_from_db()
        assert draft.state == AlignmentState.DONE
        assert [len(one.of("account")) for one in phones] == [3, 3, 3, 3, 6]


def test_a_managers_draft_keeps_to_their_branch(field: World) -> None:
    """Ben draws the north over half of Bea's south: her accounts stay hers."""
    draw(field)
    made = stores(field, 4)
    up = stores(field, 2, south=42)
    draft = drafted(
        field, edits.add("Near North", parent=field.north.pk, area=moved_area()), by=field.ben, name="Ben's"
    )
    done = activated(field, draft, by=field.ben)
    there = lying(field, done.effective_at)
    assert [there[one.name] for one in (*made, *up)] == ["South"] * 4 + ["Near North", "North"]


def moved_area() -> dict[str, object]:
    """The upper half of the south and the lower half of the north."""
    return strip(41.5, 42.5)


def test_who_writes_an_account_does_not_wait_and_is_not_waited_for(
    transactional_db: None, field: World, other: BaseDatabaseWrapper
) -> None:
    """Two transactions stay open all the while: one writes an account that moves, one ends the span of another."""
    draft, made = border(field, 8)
    asked(field, draft)
    with other.cursor() as cursor:
        cursor.execute("UPDATE crm_account SET notes = 'long at it' WHERE id = %s", [made[0].pk])
        cursor.execute("UPDATE territories_accountterritory SET valid_to = now() WHERE account_id = %s", [made[1].pk])
    for _ in range(6):
        settling.advance()
    draft.refresh_from_db()
    assert (draft.state, draft.moved) == (AlignmentState.MOVING, 3)
    other.commit()
    done = worked(draft)
    assert (done.moved, done.passed) == (3, 1)
    made[0].refresh_from_db()
    assert made[0].notes == "long at it"
