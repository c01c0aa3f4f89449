"""What a push may touch: what its user sees now, and, for evidence only, what its device was given before it was taken.

What was deleted is told as DELETED, and what left the coverage as OUT_OF_SCOPE, to those who knew it; to all others there
is no such thing."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from backend.crm.models import Account, AccountContactRelation, Activity, Address, Lead, Opportunity, OpportunityLine
from backend.crm.queries import merged_into, survivor_of
from backend.crm.rules import missing
from backend.field.models import Visit
from backend.field.queries import visit_for
from backend.field.rules import visit_not_found
from backend.kit.errors import NotFound
from backend.kit.models import Row
from backend.orders.models import Order
from backend.sync.mutators.registry import Caller
from backend.sync.scope import was_given
from backend.territories.coverage import account_for, sees

R = TypeVar("R", bound=Row)


def out_of_scope() -> NotFound:
    """The device had it, and its person no longer covers it; said only to who knew it."""
    return NotFound("OUT_OF_SCOPE", "This is no longer in your coverage.", fields={"entityId": "out of scope"})


def deleted() -> NotFound:
    """Somebody deleted it meanwhile; said only to who knew it."""
    return NotFound("DELETED", "This was deleted meanwhile.", fields={"entityId": "deleted"})


def account(caller: Caller, account_id: UUID) -> Account:
    """Returns an account the person sees; DELETED or OUT_OF_SCOPE if the device still holds it, or lately did."""
    try:
        return account_for(caller.reader, account_id)
    except NotFound:
        if not was_given(caller.device_id, account_id):
            raise
        gone = Account.objects.filter(org_id=caller.actor.org_id, pk=account_id, merged_into=None)
        raise (deleted() if gone.exclude(deleted_at=None).exists() else out_of_scope()) from None


def account_for_evidence(caller: Caller, account_id: UUID) -> Account:
    """Returns an account the person sees, or one the device was given: a day's work is not lost to a hand-over.

    The id of a merged account leads to the one it was merged into."""
    try:
        return account_for(caller.reader, account_id)
    except NotFound:
        if not was_given(caller.device_id, account_id):
            raise
        now = survivor_of(caller.actor.org_id, account_id) or account_id
        found = Account.objects.filter(org_id=caller.actor.org_id, pk=now).first()
        if found is None:
            raise
        return found


def visit(caller: Caller, visit_id: UUID) -> Visit:
    """Returns a visit the person sees, or their own."""
    try:
        return visit_for(caller.reader, visit_id)
    except NotFound:
        found = Visit.objects.filter(org_id=caller.actor.org_id, pk=visit_id).first()
        if found is None:
            raise
        knew = sees(caller.reader.user_id, found.account_id) or _given(caller, found.account_id)
        if found.deleted_at is not None and (knew or found.rep_id == caller.actor.user_id):
            raise deleted() from None
        if knew:
            raise out_of_scope() from None
        raise


def visit_for_evidence(caller: Caller, visit_id: UUID) -> Visit:
    """Returns a visit the person sees, their own, or one whose account the device was given; deleted ones too."""
    found = Visit.objects.filter(org_id=caller.actor.org_id, pk=visit_id).first()
    if found is None:
        raise visit_not_found()
    own = found.rep_id == caller.actor.user_id
    if not (own or sees(caller.reader.user_id, found.account_id) or _given(caller, found.account_id)):
        raise visit_not_found()
    return found


def order(caller: Caller, order_id: UUID) -> Order:
    """Returns an order of an account the person sees, or their own."""
    found = Order.objects.filter(org_id=caller.actor.org_id, pk=order_id).first()

    def root(one: Order) -> UUID:
        return one.author_id if one.author_id == caller.actor.user_id else one.account_id

    return _within(caller, found, root, "order")


def settled_visit(caller: Caller, visit_id: UUID) -> Visit:
    """Returns a visit of which a person now says that its author made it: the author's own, or one which that person sees.

    What the author's device was given lets them witness, and nobody take a visit from a rep whom they do not lead."""
    found = visit_for_evidence(caller, visit_id)
    if found.rep_id != caller.actor.user_id and not sees(caller.reader.user_id, found.account_id):
        raise out_of_scope()
    return found


def opportunity(caller: Caller, opportunity_id: UUID) -> Opportunity:
    """Returns a deal the person sees by its account, or by its owner when it has none."""
    found = Opportunity.objects.filter(org_id=caller.actor.org_id, pk=opportunity_id).first()
    return _within(caller, found, lambda deal: deal.account_id or deal.owner_id, "opportunity")


def opportunity_for_evidence(caller: Caller, opportunity_id: UUID) -> Opportunity:
    """Returns a deal the person sees, or one whose account the device was given; one called off meanwhile too."""
    found = Opportunity.objects.filter(org_id=caller.actor.org_id, pk=opportunity_id).first()
    root = None if found is None else found.account_id or found.owner_id
    if found is None or root is None or not (sees(caller.reader.user_id, root) or _given(caller, root)):
        raise missing("opportunity", "opportunityId")
    return found


def line(caller: Caller, line_id: UUID) -> OpportunityLine:
    """Returns a line of a deal the person sees."""
    lines = OpportunityLine.objects.select_related("opportunity")
    found = lines.filter(org_id=caller.actor.org_id, pk=line_id).first()
    found = _within(caller, found, lambda one: one.opportunity.account_id or one.opportunity.owner_id, "line")
    if found.opportunity.deleted_at is not None:
        raise deleted()
    return found


def activity(caller: Caller, activity_id: UUID) -> Activity:
    """Returns an activity the person sees, or their own."""
    found = Activity.objects.filter(org_id=caller.actor.org_id, pk=activity_id).first()

    def root(one: Activity) -> UUID:
        return one.owner_id if one.owner_id == caller.actor.user_id else one.account_id or one.owner_id

    return _within(caller, found, root, "activity")


def activity_for_evidence(caller: Caller, activity_id: UUID) -> Activity:
    """Returns an activity the person sees, their own, or one whose account the device was given."""
    try:
        return activity(caller, activity_id)
    except NotFound as error:
        if error.code != "OUT_OF_SCOPE":
            raise
        return Activity.objects.get(org_id=caller.actor.org_id, pk=activity_id)


def lead(caller: Caller, lead_id: UUID) -> Lead:
    """Returns a lead of the person, or of somebody beneath them."""
    found = Lead.objects.filter(org_id=caller.actor.org_id, pk=lead_id).first()
    return _within(caller, found, lambda one: one.owner_id, "lead")


def address(caller: Caller, address_id: UUID) -> Address:
    """Returns an address of an account the person sees."""
    found = Address.objects.filter(org_id=caller.actor.org_id, pk=address_id).first()
    return _within(caller, found, lambda one: one.account_id, "address")


def relation(caller: Caller, relation_id: UUID) -> AccountContactRelation:
    """Returns a contact's part in an account the person sees."""
    rows = AccountContactRelation.objects.select_related("contact")
    found = rows.filter(org_id=caller.actor.org_id, pk=relation_id).first()
    found = _kept(found) or found
    found = _within(caller, found, lambda one: one.account_id, "contact")
    if found.contact.deleted_at is not None:
        raise deleted()
    return found


def _kept(found: AccountContactRelation | None) -> AccountContactRelation | None:
    """Of a relation that went when two accounts which both knew the person became one: the one that stayed."""
    survivor = None if found is None else survivor_of(found.org_id, found.account_id)
    if found is None or survivor is None:
        return None
    rows = AccountContactRelation.objects.select_related("contact")
    return rows.filter(account_id=survivor, contact_id=found.contact_id, deleted_at=None).first()


def _given(caller: Caller, root: UUID) -> bool:
    """Says whether the device was given the root, or an account that has been merged into it since."""
    return any(was_given(caller.device_id, one) for one in (root, *merged_into(root)))


def _within(caller: Caller, found: R | None, root: Callable[[R], UUID], what: str) -> R:
    if found is None:
        raise missing(what, "entityId")
    seen = sees(caller.reader.user_id, root(found))
    if not seen and not _given(caller, root(found)):
        raise missing(what, "entityId")
    if found.deleted_at is not None:
        raise deleted()
    if not seen:
        raise out_of_scope()
    return found
