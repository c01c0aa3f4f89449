"""Who sees what, now: the only place that knows. Everything asks here, or joins the SQL function `visible_roots` (where all
of them are wanted `all_visible_roots`, the same rows); whether given people see given roots is the same asked from the other
end (`pairs`)."""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from backend.crm.models import Account, AccountContactRelation, Activity, Address, Lead, Opportunity, OpportunityLine
from backend.crm.queries import survivor_of
from backend.crm.rules import missing
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import NotFound
from backend.kit.field_rules import may_read
from backend.territories import pairs
from backend.territories.seen import Root, Seen, Way, asked, root_of

M = TypeVar("M", bound=models.Model)


def visible_root_kinds(user_id: UUID) -> dict[UUID, str]:
    """Returns every root the user sees now: id → org | user | territory | account."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT root, kind FROM all_visible_roots(%s, %s)", [user_id, clock.now()])
        return dict(cursor.fetchall())


def visible_roots_sql(actor: Actor) -> RawSQL:
    """Returns the user's visible roots as a subquery, for `filter(..._id__in=...)`."""
    return RawSQL("(SELECT root FROM visible_roots(%s, %s))", [actor.user_id, clock.now()])


def visible(rows: models.QuerySet[M], actor: Actor, *, root: str) -> models.QuerySet[M]:
    """Keeps the rows of the actor's org whose `root` column is a root the actor sees, and that are not deleted."""
    return _seen(rows, actor, models.F(root), root_of(rows.model, root))


def first_of(rows: models.QuerySet[M]) -> M | None:
    """Returns the row that its id chose from among rows that are seen, or None: the database is asked about that one."""
    with asked(Way.ONE):
        return rows.first()


def visible_of_each(
    rows: models.QuerySet[M], actor: Actor, *, root: str, known: models.Expression | None = None
) -> models.QuerySet[M]:
    """Keeps the same rows as `visible`, for a subquery that is run for each row of another query: each root is looked up.
    `known`: what the root of all of them is, to be looked up once for them all."""
    return _seen(rows, actor, models.F(root) if known is None else known, root_of(rows.model, root), Way.EACH)


def _seen(rows: models.QuerySet[M], actor: Actor, root: Any, kind: Root, way: Way | None = None) -> models.QuerySet[M]:
    user, org = (models.Value(one, output_field=models.UUIDField()) for one in (actor.user_id, actor.org_id))
    now = models.Value(clock.now(), output_field=models.DateTimeField())
    # A root that is known without the row is not the row itself.
    known = Root.ACCOUNT if kind is Root.OWN and not isinstance(root, models.F) else kind
    return rows.filter(Seen(root, user, org, now, kind=known, way=way), org_id=actor.org_id, deleted_at=None)


def sees(user_id: UUID, root: UUID) -> bool:
    """Says whether the user sees the root now."""
    return bool(seen_among([(user_id, root)]))


def seen_among(asked: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Returns those of the pairs (user, root) in which the user sees the root now; one query, of the same cost in an org of
    ten and of thousands."""
    return pairs.seen(asked, clock.now()) if asked else set()


def covers(actor: Actor, account_id: UUID) -> bool:
    """Says whether the account lies, now, in a territory the actor works or leads: not whether it was shared."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM territories_accountterritory att "
            "JOIN visible_territories(%(user)s, %(now)s) v ON v.id = att.territory_id "
            "WHERE att.account_id = %(account)s AND att.deleted_at IS NULL "
            "AND att.valid_from <= %(now)s AND (att.valid_to IS NULL OR att.valid_to > %(now)s))",
            {"user": actor.user_id, "account": account_id, "now": clock.now()},
        )
        return bool(cursor.fetchone()[0])


def account_for(actor: Actor, account_id: UUID) -> Account:
    """Returns the account if the actor sees it; raises NotFound, which says no more than that.

    The id of a merged account leads to the one it was merged into: what was written down under it stays of use."""
    seen = visible(Account.objects.all(), actor, root="id")
    account = first_of(seen.filter(pk=account_id))
    if account is None and (survivor := survivor_of(actor.org_id, account_id)) is not None:
        account = first_of(seen.filter(pk=survivor))
    if account is None:
        raise NotFound("ACCOUNT_NOT_FOUND", "There is no such account for you.", fields={"accountId": "not found"})
    return account


def user_for(actor: Actor, user_id: UUID) -> User:
    """Returns the user if it is the actor or somebody beneath them; raises NotFound."""
    user = User.objects.filter(org_id=actor.org_id, pk=user_id, pk__in=visible_roots_sql(actor)).first()
    if user is None:
        raise NotFound("USER_NOT_FOUND", "There is no such person for you.", fields={"userId": "not found"})
    return user


def people_seen(actor: Actor) -> models.QuerySet[User]:
    """Returns the actor and everybody beneath who is there."""
    return User.objects.filter(org_id=actor.org_id, is_active=True, pk__in=visible_roots_sql(actor))


def leads_seen(actor: Actor) -> models.QuerySet[Lead]:
    """Returns the leads whose owner the actor sees."""
    return visible(Lead.objects.all(), actor, root="owner_id")


def lead_for(actor: Actor, lead_id: UUID) -> Lead:
    """Returns the lead if the actor sees it; raises NotFound."""
    lead = first_of(leads_seen(actor).filter(pk=lead_id))
    if lead is None:
        raise NotFound("LEAD_NOT_FOUND", "There is no such lead for you.", fields={"leadId": "not found"})
    return lead


def activities_seen(actor: Actor) -> models.QuerySet[Activity]:
    """Returns the activities whose account, or, without one, whose owner the actor sees."""
    return visible(Activity.objects.annotate(root=Coalesce("account_id", "owner_id")), actor, root="root")


def activity_for(actor: Actor, activity_id: UUID) -> Activity:
    """Returns the activity if the actor sees it; raises NotFound."""
    activity = first_of(activities_seen(actor).filter(pk=activity_id))
    if activity is None:
        raise NotFound("ACTIVITY_NOT_FOUND", "There is no such activity for you.", fields={"activityId": "not found"})
    return activity


def opportunities_seen(actor: Actor) -> models.QuerySet[Opportunity]:
    """Returns the deals whose account, or, without one, whose owner the actor sees."""
    rows = Opportunity.objects.annotate(root=Coalesce("account_id", "owner_id"))
    return visible(rows, actor, root="root")


def opportunity_for(actor: Actor, opportunity_id: UUID) -> Opportunity:
    """Returns the deal if the actor sees it; raises NotFound."""
    opportunity = first_of(opportunities_seen(actor).filter(pk=opportunity_id))
    if opportunity is None:
        raise NotFound("OPPORTUNITY_NOT_FOUND", "There is no such deal for you.", fields={"opportunityId": "not found"})
    return opportunity


def line_for(actor: Actor, line_id: UUID) -> OpportunityLine:
    """Returns a line of a deal that the actor sees; raises NotFound."""
    lines = OpportunityLine.objects.filter(pk=line_id, opportunity__deleted_at=None)
    of_deal = lines.annotate(root=Coalesce("opportunity__account_id", "opportunity__owner_id"))
    line = first_of(visible(of_deal, actor, root="root")) if may_read(OpportunityLine, actor.role) else None
    if line is None:
        raise missing("line", "lineId")
    return line


def address_for(actor: Actor, address_id: UUID) -> Address:
    """Returns an address of an account that the actor sees, with the account; raises NotFound."""
    addresses = Address.objects.select_related("account").filter(pk=address_id)
    address = first_of(visible(addresses, actor, root="account_id"))
    if address is None:
        raise missing("address", "addressId")
    return address


def contact_for(actor: Actor, relation_id: UUID) -> AccountContactRelation:
    """Returns a person's part in an account that the actor sees, with the person; raises NotFound."""
    relations = AccountContactRelation.objects.select_related("contact").filter(pk=relation_id)
    relation = first_of(visible(relations.filter(contact__deleted_at=None), actor, root="account_id"))
    if relation is None:
        raise missing("contact", "contactId")
    return relation
