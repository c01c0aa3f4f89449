"""Beginning a draft, saying what it is to change, and throwing it away."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from backend.crm.models import Account
from backend.identity.actor import Actor
from backend.identity.models import Role
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.alignment import rules
from backend.territories.alignment.plan import Plan
from backend.territories.alignment.structure import Structure, active_model, covered, read
from backend.territories.coverage import visible
from backend.territories.models import (
    Alignment,
    AlignmentEntry,
    AlignmentPlacement,
    AlignmentState,
    AssignmentSource,
    LaterVisits,
    ModelState,
    TerritoryModel,
)
from backend.territories.rules import check_leads

ROWS = 5_000

Change = Callable[[Plan, Structure, set[UUID] | None], str]
"""Changes a plan, knowing the field and, for a branch's draft, its territories; returns what it did in a few words."""


@transaction.atomic
def begin_alignment(*, actor: Actor, name: str, empty: bool = False) -> Alignment:
    """Begins a draft that changes nothing yet; with `empty`, one that closes every territory. An admin's is about the whole
    org, a manager's about the territories that they work and lead."""
    check_leads(actor)
    name = rules.check_name(name)
    reach = None if actor.role == Role.ADMIN else covered(actor.user_id, clock.now())
    rules.check_begins(actor, reach)
    if active_model(actor.org_id) is None:
        raise rules.no_active_model()
    try:
        with transaction.atomic():
            model = TerritoryModel.objects.create(org_id=actor.org_id, name=name)
    except IntegrityError as error:
        raise rules.name_taken() from error
    alignment = Alignment(
        org_id=actor.org_id,
        model=model,
        branch_id=None if reach is None else actor.user_id,
        created_by_id=actor.user_id,
        created_at=clock.now(),
    )
    plan = Plan()
    if empty:
        standing = read(alignment, clock.now()).before
        plan.closed = {one: None for one in standing if reach is None or one in reach}
    alignment.plan = plan.as_json()
    alignment.save(force_insert=True)
    note_entry(alignment, actor, "begun")
    return alignment


def note_entry(alignment: Alignment, actor: Actor, what: str, detail: str = "") -> None:
    """Puts on record who did what with the draft."""
    AlignmentEntry.objects.create(
        alignment=alignment, at=clock.now(), by_id=actor.user_id, what=what, detail=detail[:500]
    )


def locked(alignment: Alignment, *states: AlignmentState) -> Alignment:
    """Returns it as it stands, locked until the transaction ends; refuses any other state."""
    alignment = Alignment.objects.select_for_update(of=("self",)).select_related("model").get(pk=alignment.pk)
    rules.check_state(alignment, *states)
    return alignment


@transaction.atomic
def edit_alignment(
    *, actor: Actor, alignment: Alignment, changes: Sequence[Change], seen: int | None = None
) -> Alignment:
    """Does some changes (see `edits`), all or none; `seen`: the revision that the caller looked at."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    rules.check_revision(alignment, seen)
    reach = None if alignment.branch_id is None else covered(alignment.branch_id, clock.now())
    plan = Plan.of(alignment.plan)
    # One after another: each sees what those before it have changed.
    done = [change(plan, read(alignment, clock.now(), plan), reach) for change in changes]
    read(alignment, clock.now(), plan).check()
    alignment.plan = plan.as_json()
    _edited(alignment, actor, "; ".join(done), "plan")
    return alignment


def _edited(alignment: Alignment, actor: Actor, detail: str, *fields: str) -> None:
    alignment.revision += 1
    alignment.digest, alignment.looked_at = "", None
    alignment.save(update_fields=["revision", "digest", "looked_at", *fields])
    note_entry(alignment, actor, "edited", detail)


@transaction.atomic
def set_options(
    *,
    actor: Actor,
    alignment: Alignment,
    keep_manual: bool | None = None,
    tidy: bool | None = None,
    keep_days: int | None = None,
    later_visits: LaterVisits | None = None,
) -> Alignment:
    """Says how the draft treats accounts placed by hand, and planned visits; None leaves an option as it is."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    if tidy:
        rules.check_whole_org(whole=alignment.branch_id is None)
    given: Mapping[str, Any] = {
        "keep_manual": keep_manual,
        "tidy": tidy,
        "keep_days": None if keep_days is None else rules.check_keep_days(keep_days),
        "later_visits": later_visits,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    for name, value in wanted.items():
        setattr(alignment, name, value)
    _edited(alignment, actor, ", ".join(f"{name} {value}" for name, value in wanted.items()), *wanted)
    return alignment


@transaction.atomic
def fill_from(
    *,
    actor: Actor,
    alignment: Alignment,
    places: Mapping[UUID, UUID | None],
    source: AssignmentSource = AssignmentSource.MANUAL,
) -> Alignment:
    """Names accounts and where they go, each in place of what was said of it before: as a balance proposes, or by hand.

    `source` MANUAL places them, PIN pins them. Raises NotFound for an account or a territory that is none of the caller's."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    now = clock.now()
    reach = None if alignment.branch_id is None else covered(alignment.branch_id, now)
    structure = read(alignment, now)
    plan = Plan.of(alignment.plan)
    for territory in set(places.values()) - {None}:
        assert territory is not None
        check_within(territory, structure, plan, reach)
    ids = list(places)
    seen = visible(Account.objects.filter(pk__in=ids), actor, root="id")
    rules.check_accounts(ids, set(seen.values_list("pk", flat=True)))
    AlignmentPlacement.objects.filter(alignment=alignment, account_id__in=ids).delete()
    AlignmentPlacement.objects.bulk_create(
        (
            AlignmentPlacement(alignment=alignment, account_id=account, territory_id=territory, source=source)
            for account, territory in places.items()
        ),
        batch_size=ROWS,
    )
    _edited(alignment, actor, f"{len(ids)} accounts named ({source})")
    return alignment


@transaction.atomic
def unname(*, actor: Actor, alignment: Alignment, accounts: Sequence[UUID]) -> Alignment:
    """Takes back what was said of these accounts."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    gone, _ = AlignmentPlacement.objects.filter(alignment=alignment, account_id__in=accounts).delete()
    _edited(alignment, actor, f"{gone} accounts no longer named")
    return alignment


@transaction.atomic
def discard_alignment(*, actor: Actor, alignment: Alignment) -> Alignment:
    """Throws a draft away; its model is archived, and its record stays."""
    check_leads(actor)
    alignment = locked(alignment, AlignmentState.DRAFT)
    alignment.state = AlignmentState.DISCARDED
    alignment.save(update_fields=["state"])
    model = alignment.model
    model.state, model.archived_at = ModelState.ARCHIVED, clock.now()
    # The name is free again for a better draft.
    model.name = f"{model.name[:60]} (discarded {new_id().hex[-8:]})"
    model.save(update_fields=["state", "archived_at", "name"])
    alignment.moves.all().delete()
    note_entry(alignment, actor, "discarded")
    return alignment


def check_within(territory: UUID, structure: Structure, plan: Plan, reach: set[UUID] | None) -> None:
    """Refuses a territory that the draft does not have, or that is not of its branch."""
    if territory not in structure.after or not within(territory, plan, reach):
        raise rules.no_such_territory()


def within(territory: UUID | None, plan: Plan, reach: set[UUID] | None) -> bool:
    """Says whether a territory is of the branch: one of its own, or new beneath one of them."""
    if reach is None:
        return True
    while territory in plan.added:
        territory = plan.added[territory]["parent"]
    return territory in reach
