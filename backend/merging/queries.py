"""Reading merges, and what one would do."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from backend.crm.models import Account
from backend.crm.rules import missing
from backend.identity.actor import Actor
from backend.kit import clock
from backend.merging import rules
from backend.merging.models import AccountMerge
from backend.merging.plan import Plan, plan
from backend.territories.coverage import covers, visible


def merges_seen(actor: Actor) -> QuerySet[AccountMerge]:
    """Returns the merges whose surviving account the actor sees, undone ones too."""
    return visible(AccountMerge.objects.all(), actor, root="survivor_id")


def merges_of(actor: Actor, account_id: UUID) -> QuerySet[AccountMerge]:
    """Returns the merges that an account took part in, as far as the actor sees them."""
    return merges_seen(actor).filter(Q(winner_id=account_id) | Q(loser_id=account_id) | Q(survivor_id=account_id))


def merge_for(actor: Actor, merge_id: UUID) -> AccountMerge:
    """Returns a merge if the actor sees the surviving account; raises NotFound."""
    merge = merges_seen(actor).filter(pk=merge_id).first()
    if merge is None:
        raise rules.merge_not_found()
    return merge


def account_named(actor: Actor, account_id: UUID, name: str) -> Account:
    """Returns the account of this very id, a merged one too if the actor sees where it went; raises NotFound for `name`."""
    account = Account.objects.filter(org_id=actor.org_id, pk=account_id).first()
    if account is None:
        raise missing("account", name)
    standing = account.merged_into_id or account.pk
    if not visible(Account.objects.all(), actor, root="id").filter(pk=standing).exists():
        raise missing("account", name)
    return account


def check_may_merge(actor: Actor, *, loser: Account, winner: Account) -> None:
    """Raises NotPermitted unless the actor answers for both."""
    rules.check_may_merge(actor, covers_both=actor.leads and covers(actor, loser.pk) and covers(actor, winner.pk))


def preview(*, actor: Actor, loser: Account, winner: Account, choices: Mapping[str, str]) -> Plan:
    """Returns what the merge would do now, without doing it; refuses what the merge would refuse."""
    rules.check_pair(actor, loser, winner)
    check_may_merge(actor, loser=loser, winner=winner)
    rules.check_choices(choices)
    return plan(loser=loser, winner=winner, choices=choices, at=clock.now())
