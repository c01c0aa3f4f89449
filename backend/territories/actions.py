"""Cutting the field: who works a territory, which account lies in it, who else is shown it. History is closed, not rewritten."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from backend.crm.actions import convert_lead, create_account
from backend.crm.models import Account, Lead
from backend.crm.rules import check_standing
from backend.events import outbox
from backend.events.types import AccountMoved
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock, locks
from backend.kit.ids import new_id
from backend.territories import rules
from backend.territories.coverage import covers
from backend.territories.models import (
    AccountShare,
    AccountTerritory,
    AssignmentSource,
    ModelState,
    Territory,
    TerritoryModel,
    TerritoryRole,
    UserTerritory,
)


@transaction.atomic
def place_account(
    *,
    actor: Actor,
    account: Account,
    territory: Territory,
    source: AssignmentSource = AssignmentSource.MANUAL,
    at: datetime | None = None,
) -> AccountTerritory:
    """Moves an account into a territory from `at` (now): the old span ends where the new one begins."""
    rules.check_leads(actor)
    rules.check_active(territory)
    start = at or clock.now()
    # The account row serialises moves of one account: two at once would both see the old span open.
    check_standing(Account.objects.select_for_update().get(pk=account.pk, org_id=actor.org_id))
    now_in = (
        AccountTerritory.objects.filter(
            account=account, role=TerritoryRole.PRIMARY, deleted_at=None, valid_from__lte=start
        )
        .filter(Q(valid_to=None) | Q(valid_to__gt=start))
        .first()
    )
    if now_in is not None and now_in.territory_id == territory.pk and now_in.source == source:
        return now_in
    if now_in is not None:
        rules.check_unpinned(now_in.source, source)
        _close(now_in, start)
    placed = _assign(account, territory, source, start)
    outbox.append(
        AccountMoved(
            account_id=account.pk,
            from_territory_id=now_in.territory_id if now_in else None,
            to_territory_id=territory.pk,
            actor_id=actor.user_id,
        ),
        org_id=actor.org_id,
    )
    return placed


def _close(span: AccountTerritory, at: datetime) -> None:
    if span.valid_from == at:
        span.deleted_at = at
        span.save(update_fields=["deleted_at"])
    else:
        span.valid_to = at
        span.save(update_fields=["valid_to"])


def _assign(account: Account, territory: Territory, source: AssignmentSource, start: datetime) -> AccountTerritory:
    try:
        with transaction.atomic():
            return AccountTerritory.objects.create(
                id=new_id(),
                org_id=account.org_id,
                account=account,
                territory=territory,
                source=source,
                valid_from=start,
            )
    except IntegrityError as error:
        raise rules.overlap("account") from error


@transaction.atomic
def assign_user(
    *,
    actor: Actor,
    user: User,
    territory: Territory,
    role: TerritoryRole = TerritoryRole.PRIMARY,
    start: datetime | None = None,
    end: datetime | None = None,
) -> UserTerritory:
    """Gives a person a territory for a half-open span."""
    rules.check_leads(actor)
    begin = start or clock.now()
    rules.check_span(begin, end)
    try:
        with transaction.atomic():
            return UserTerritory.objects.create(
                org_id=actor.org_id, user=user, territory=territory, role=role, valid_from=begin, valid_to=end
            )
    except IntegrityError as error:
        raise rules.overlap("user") from error


@transaction.atomic
def release_user(*, actor: Actor, user: User, territory: Territory) -> int:
    """Ends a person's current spans in a territory now; returns how many."""
    rules.check_leads(actor)
    now = clock.now()
    spans = UserTerritory.objects.filter(
        org_id=actor.org_id, user=user, territory=territory, deleted_at=None, valid_from__lt=now
    )
    return spans.filter(Q(valid_to=None) | Q(valid_to__gt=now)).update(valid_to=now)


@transaction.atomic
def share_account(*, actor: Actor, account: Account, user: User, until: datetime | None = None) -> AccountShare:
    """Shows an account to one more person of the org. For who covers it by territory, or leads."""
    rules.check_may_share(actor, covers=covers(actor, account.pk))
    rules.check_share_with(actor, user)
    now = clock.now()
    rules.check_span(now, until)
    return AccountShare.objects.create(
        org_id=actor.org_id, account=account, user=user, shared_by_id=actor.user_id, valid_from=now, valid_to=until
    )


@transaction.atomic
def open_account(*, actor: Actor, account_id: UUID, values: Mapping[str, Any]) -> Account:
    """Makes an account that lies in no territory yet; its finder is shown it until somebody places it."""
    account = create_account(actor=actor, account_id=account_id, values=values)
    return _show_to_finder(actor, account)


@transaction.atomic
def open_account_of_lead(*, actor: Actor, lead: Lead, account_id: UUID) -> Account:
    """Makes an account of a lead, once, and shows it to who converted it."""
    return _show_to_finder(actor, convert_lead(actor=actor, lead=lead, account_id=account_id))


def _show_to_finder(actor: Actor, account: Account) -> Account:
    now = clock.now()
    AccountShare.objects.create(
        org_id=actor.org_id, account=account, user_id=actor.user_id, shared_by_id=actor.user_id, valid_from=now
    )
    return account


@transaction.atomic
def unshare_account(*, actor: Actor, account: Account, user: User) -> int:
    """Ends the sharing now, one's own or, for who leads, anybody's; returns how many shares ended."""
    now = clock.now()
    spans = AccountShare.objects.filter(
        org_id=actor.org_id, account=account, user=user, deleted_at=None, valid_from__lt=now
    )
    if not actor.leads:
        spans = spans.filter(shared_by_id=actor.user_id)
    return spans.filter(Q(valid_to=None) | Q(valid_to__gt=now)).update(valid_to=now)


@transaction.atomic
def set_parent(*, actor: Actor, territory: Territory, parent: Territory | None) -> Territory:
    """Hangs a territory beneath another; two moves at once cannot make a circle between them."""
    rules.check_leads(actor)
    locks.take(locks.Lock.TERRITORY_TREE, actor.org_id)
    # Read again under the lock: the tree above may have changed since the caller looked.
    parent = None if parent is None else Territory.objects.get(pk=parent.pk)
    rules.check_parent(territory, parent)
    territory.parent = parent
    territory.save(update_fields=["parent"])
    return territory


@transaction.atomic
def activate_model(*, actor: Actor, model: TerritoryModel) -> TerritoryModel:
    """Makes a planned model the active one; the one before is archived in the same instant."""
    rules.check_leads(actor)
    now = clock.now()
    # All models of the org in id order, so that two activations wait for one another.
    models = list(TerritoryModel.objects.select_for_update().filter(org_id=actor.org_id).order_by("id"))
    model = next(one for one in models if one.pk == model.pk)
    rules.check_model_move(model, ModelState.ACTIVE)
    for before in models:
        if before.state == ModelState.ACTIVE:
            before.state, before.archived_at = ModelState.ARCHIVED, now
            before.save(update_fields=["state", "archived_at"])
    model.state, model.activated_at = ModelState.ACTIVE, now
    model.save(update_fields=["state", "activated_at"])
    return model
