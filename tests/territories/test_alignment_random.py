"""Whatever a draft says: what the look told is what the activation did, and taking it back gives everybody what they had."""

import os
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from django.db.models import Q

from backend.crm.models import Account
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.territories.alignment import drafts, edits
from backend.territories.alignment.activating import activate_alignment
from backend.territories.alignment.drafts import Change
from backend.territories.alignment.undoing import roll_back
from backend.territories.models import (
    AccountTerritory,
    Alignment,
    AlignmentState,
    AssignmentRule,
    AssignmentSource,
    Territory,
    TerritoryModel,
    UserTerritory,
)
from tests.factories.world import World, acting
from tests.territories.drafted import draw, looked, stores, where, worked
from tests.territories.test_alignment import strip

ACCOUNTS = 24
SEEDS = 300 if os.environ.get("SOAK") else 10


def field_of(chance: Random, field: World) -> list[Account]:
    """Accounts all over, some placed by hand or pinned, some nowhere, and now and then a rule."""
    draw(field)
    made = stores(field, ACCOUNTS // 2) + stores(field, ACCOUNTS // 2, south=42)
    for account in chance.sample(made, 8):
        span = AccountTerritory.objects.filter(account=account)
        match chance.randrange(4):
            case 0:
                span.update(source=AssignmentSource.PIN)
            case 1:
                span.update(
                    source=AssignmentSource.MANUAL, territory=chance.choice([field.north, field.south, field.region])
                )
            case 2:
                span.delete()
            case 3:
                Account.objects.filter(pk=account.pk).update(segment="chain")
    for account in chance.sample(made, 3):
        AccountTerritory.objects.create(
            org=field.org,
            account=account,
            territory=chance.choice([field.north, field.south]),
            role="overlay",
            source="manual",
            valid_from=clock.now() - timedelta(days=3),
        )
    if chance.random() < 0.4:
        AssignmentRule.objects.create(
            org=field.org, model=field.model, territory=field.north, priority=1, criteria={"segment": ["chain"]}
        )
    return made


def change(chance: Random, field: World, territories: list[UUID]) -> Change:
    """Returns some change of one of these territories."""
    one, other = chance.choice(territories), chance.choice(territories)
    low = 41 + chance.random()
    area = strip(low, low + chance.random())
    person = chance.choice([field.ana, field.cy, field.ben]).pk
    return chance.choice(
        [
            edits.alter(one, area=area),
            edits.alter(one, area=None),
            edits.alter(one, name=f"Renamed {chance.randrange(100)}", parent=None),
            edits.close(one, heir=other),
            edits.close(one),
            edits.merge(one, [other]),
            edits.split(one, [(f"Part {chance.randrange(1000)}", area, None)]),
            edits.add(f"New {chance.randrange(1000)}", parent=one, area=area),
            edits.assign(one, person),
            edits.release(one, person),
            edits.set_rules([(1, one, {"segment": ["chain"]}), (2, other, {"city": ["Ames"]})]),
        ]
    )


def draft_of(chance: Random, field: World, made: list[Account]) -> Alignment:
    """Returns a draft with some changes that it took; those that it refused are not in it."""
    dee = acting(field.dee)
    alignment = drafts.begin_alignment(actor=dee, name="Random", empty=chance.random() < 0.1)
    territories = [field.region.pk, field.north.pk, field.south.pk]
    for _ in range(chance.randint(1, 6)):
        try:
            alignment = drafts.edit_alignment(
                actor=dee, alignment=alignment, changes=[change(chance, field, territories)]
            )
        except DomainError:
            continue
        added = [UUID(key) for key in alignment.plan["added"]]
        territories = [field.region.pk, field.north.pk, field.south.pk, *added]
    living = [one for one in territories if str(one) not in alignment.plan["closed"]]
    if living:
        places = {one.pk: chance.choice([*living, None]) for one in chance.sample(made, chance.randrange(5))}
        source = chance.choice([AssignmentSource.PIN, AssignmentSource.MANUAL])
        alignment = drafts.fill_from(actor=dee, alignment=alignment, places=places, source=source)
    return drafts.set_options(
        actor=dee, alignment=alignment, keep_manual=chance.random() < 0.7, tidy=chance.random() < 0.2
    )


def people(field: World, at: datetime) -> set[tuple[UUID, UUID]]:
    """Returns who works what at an instant, in the territories that count."""
    spans = UserTerritory.objects.filter(Q(valid_to=None) | Q(valid_to__gt=at), org=field.org, valid_from__lte=at)
    return set(spans.filter(deleted_at=None).values_list("user_id", "territory_id"))


def tree(field: World) -> set[tuple[UUID, str, UUID | None, str]]:
    """Returns the active territories and their rules as they are."""
    model = TerritoryModel.objects.get(org=field.org, state="active")
    rows = Territory.objects.filter(model=model).values_list("id", "name", "parent_id", "area")
    rules = AssignmentRule.objects.filter(model=model).values_list("territory_id", "criteria", "priority")
    return {(key, name, parent, str(area)) for key, name, parent, area in rows} | {
        (key, str(criteria), None, str(priority)) for key, criteria, priority in rules
    }


def overlays(at: datetime) -> set[tuple[UUID, UUID]]:
    """Returns where accounts lie besides at an instant."""
    spans = AccountTerritory.objects.filter(role="overlay", deleted_at=None, valid_from__lte=at)
    return set(spans.exclude(valid_to__lte=at).values_list("account_id", "territory_id"))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_what_was_seen_is_what_was_done_and_it_can_be_taken_back(field: World, seed: int) -> None:
    chance, dee = Random(seed), acting(field.dee)
    made = field_of(chance, field)
    draft = draft_of(chance, field, made)
    began = clock.now()
    before, posts, standing, besides = where(field), people(field, began), tree(field), overlays(began)
    spans = {one.pk: (one.territory_id, one.valid_from) for one in AccountTerritory.objects.all()}
    draft = looked(field, draft)
    seen = list(draft.moves.values_list("account_id", "role", "from_territory_id", "to_territory_id"))
    figures = draft.figures
    assert where(field) == before
    activate_alignment(actor=dee, alignment=draft, note="because", digest=draft.digest, allow_unclaimed=True)
    done = worked(draft)
    assert done.state == AlignmentState.DONE
    assert (done.moved, done.passed, done.total) == (len(seen), 0, len(seen))
    assert done.report["difference"]["same"]
    expected: dict[UUID, UUID | None] = {**before}
    for account, role, source, target in seen:
        if role == "primary":
            assert before.get(account) == source
            expected[account] = target
    assert done.effective_at is not None
    assert where(field, done.effective_at) == {key: value for key, value in expected.items() if value is not None}
    assert where(field, done.effective_at - timedelta(microseconds=1)) == before
    given = {(UUID(one["user"]), UUID(one["territory"])) for one in figures["posts"] if one["given"]}
    taken = {(UUID(one["user"]), UUID(one["territory"])) for one in figures["posts"] if not one["given"]}
    assert people(field, done.effective_at) == posts - taken | given
    named = {key for key, one in figures["territories"].items() if one["change"] != "closed"}
    assert {str(key) for key in Territory.objects.filter(model=done.model).values_list("id", flat=True)} == named
    for pk, (territory, since) in spans.items():
        assert AccountTerritory.objects.filter(pk=pk, territory=territory, valid_from=since).exists(), "rewritten"
    with clock.moved_to(done.effective_at + timedelta(seconds=1)):
        undo = worked(roll_back(actor=dee, alignment=done, note="no"))
    assert undo.effective_at is not None
    assert undo.report["left"] == {"territories": [], "people": [], "rules": False, "accounts": 0, "accountIds": []}
    assert where(field, undo.effective_at) == before
    assert people(field, undo.effective_at) == posts
    assert overlays(undo.effective_at) == besides
    assert tree(field) == standing
