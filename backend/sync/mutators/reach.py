"""What a push may touch: what its user sees now, and, for evidence only, what its device was given before it was taken."""

from uuid import UUID

from backend.crm.models import Account, AccountContactRelation, Activity, Opportunity
from backend.crm.rules import missing
from backend.field.models import Visit
from backend.field.queries import visit_for
from backend.kit.errors import NotFound
from backend.sync.mutators.registry import Caller
from backend.sync.scope import was_given
from backend.territories.coverage import account_for, sees, visible


def out_of_scope() -> NotFound:
    """The device had it, and its person no longer covers it; said only to who knew it."""
    return NotFound("OUT_OF_SCOPE", "This is no longer in your coverage.", fields={"entityId": "out of scope"})


def account(caller: Caller, account_id: UUID) -> Account:
    """Returns an account the person sees; OUT_OF_SCOPE if the device still holds it."""
    try:
        return account_for(caller.actor, account_id)
    except NotFound:
        if was_given(caller.device_id, account_id):
            raise out_of_scope() from None
        raise


def account_for_evidence(caller: Caller, account_id: UUID) -> Account:
    """Returns an account the person sees, or one the device was given: a day's work is not lost to a hand-over."""
    try:
        return account_for(caller.actor, account_id)
    except NotFound:
        found = Account.objects.filter(org_id=caller.actor.org_id, pk=account_id).first()
        if found is not None and was_given(caller.device_id, account_id):
            return found
        raise


def visit(caller: Caller, visit_id: UUID) -> Visit:
    """Returns a visit the person sees, or their own."""
    return visit_for(caller.actor, visit_id)


def opportunity(caller: Caller, opportunity_id: UUID) -> Opportunity:
    """Returns a deal the person sees by its account, or by its owner when it has none."""
    found = Opportunity.objects.filter(org_id=caller.actor.org_id, pk=opportunity_id, deleted_at=None).first()
    if found is None:
        raise missing("opportunity", "entityId")
    _within(caller, found.account_id or found.owner_id, "opportunity")
    return found


def activity(caller: Caller, activity_id: UUID) -> Activity:
    """Returns an activity the person sees, or their own."""
    found = Activity.objects.filter(org_id=caller.actor.org_id, pk=activity_id, deleted_at=None).first()
    if found is None:
        raise missing("activity", "entityId")
    if found.owner_id != caller.actor.user_id:
        _within(caller, found.account_id or found.owner_id, "activity")
    return found


def relation(caller: Caller, relation_id: UUID) -> AccountContactRelation:
    """Returns a contact's part in an account the person sees."""
    rows = AccountContactRelation.objects.select_related("contact")
    found = visible(rows, caller.actor, root="account_id").filter(pk=relation_id).first()
    if found is None:
        raise missing("contact", "entityId")
    return found


def _within(caller: Caller, root: UUID, what: str) -> None:
    if sees(caller.actor.user_id, root):
        return
    if was_given(caller.device_id, root):
        raise out_of_scope()
    raise missing(what, "entityId")
