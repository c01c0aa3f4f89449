"""Who hears of an event, and what it says."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from backend.crm.models import Account, Opportunity, StageHistory
from backend.events.outbox import EventMeta
from backend.events.types import OpportunityStageMoved, VisitOverdue
from backend.identity.models import Role, User
from backend.kit.field_rules import may_read
from backend.notifications import rules, texts
from backend.notifications.models import Notification
from backend.notifications.transports.base import Priority
from backend.territories import coverage


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of alert: its name, how urgent it is, and how long a phone may still be disturbed with it."""

    name: str
    category: str
    priority: Priority
    keeps: timedelta


LATE_STAGE = Rule("opportunity.late_stage", "opportunity", "high", timedelta(hours=24))
VISIT_OVERDUE = Rule("visit.overdue", "visit", "high", timedelta(hours=8))
RULES = {rule.name: rule for rule in (LATE_STAGE, VISIT_OVERDUE)}
_TELLING: dict[str, tuple[type[Opportunity], str, str]] = {
    "opportunity.late.amount": (Opportunity, "amount", "opportunity.late"),
}
"""Words that name a column which not everybody may read: key → (model, column, the words without it)."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One occurrence, and for each person who hears of it the key of the words."""

    rule: Rule
    subject_entity: str
    subject_id: UUID
    episode: str
    root_id: UUID
    args: dict[str, str]
    words: dict[UUID, str]


def late_stage(event: OpportunityStageMoved, meta: EventMeta) -> Alert | None:
    """Tells managers (above the actor, or seeing the account) of a deal that became late or won; never the actor.

    Nothing when the deal has since moved on: that move has an event of its own.
    """
    moved = (
        StageHistory.objects.filter(pk=event.history_id, org_id=meta.org_id)
        .select_related("opportunity__account", "opportunity__stage", "from_stage", "to_stage", "moved_by")
        .first()
    )
    if moved is None or moved.opportunity.deleted_at is not None:
        return None
    deal = moved.opportunity
    if deal.stage_id != moved.to_stage_id or not rules.became_late(moved.from_stage, moved.to_stage):
        return None
    root = deal.account_id or deal.owner_id
    hearing = set(coverage.users_who_see(meta.org_id, root, roles=[Role.MANAGER]))
    hearing |= {person for person in _managers_above(moved.moved_by) if coverage.sees(person, root)}
    hearing.discard(event.actor_id)
    roles = dict(User.objects.filter(pk__in=hearing).values_list("pk", "role"))
    amount = _amount(deal)
    args = {
        "subject": deal.account.name if deal.account is not None else deal.name,
        "opportunity": deal.name,
        "stage": moved.to_stage.name,
        "who": _name(moved.moved_by),
        "amount": amount,
    }

    def key(person: UUID) -> str:
        return _key("opportunity.late.amount" if amount else "opportunity.late", roles[person])

    return Alert(
        rule=LATE_STAGE,
        subject_entity="opportunity",
        subject_id=deal.pk,
        episode=str(moved.pk),
        root_id=root,
        args=args,
        words={person: key(person) for person in hearing},
    )


def visit_overdue(event: VisitOverdue, meta: EventMeta) -> Alert | None:
    """Tells the rep, and the rep's manager, of a visit that nobody made, as far as they still see the account."""
    account = Account.objects.filter(pk=event.account_id, org_id=meta.org_id, deleted_at=None).first()
    rep = User.objects.filter(pk=event.rep_id, org_id=meta.org_id).first()
    if account is None or rep is None:
        return None
    words = {rep.pk: "visit.overdue.own"}
    if rep.manager_id is not None:
        words[rep.manager_id] = "visit.overdue"
    return Alert(
        rule=VISIT_OVERDUE,
        subject_entity="visit",
        subject_id=event.visit_id,
        episode="planned",
        root_id=account.pk,
        args={"account": account.name, "rep": _name(rep)},
        words={person: key for person, key in words.items() if coverage.sees(person, account.pk)},
    )


def words(told: Notification, role: str) -> tuple[str, str]:
    """Returns title and body as its person may read them in the role they have now, which may be less than when told."""
    key = _key(told.title_key, role)
    return (told.title, told.body) if key == told.title_key else texts.render(key, told.args, told.user.locale)


def _key(key: str, role: str) -> str:
    if key not in _TELLING:
        return key
    model, column, without = _TELLING[key]
    return key if may_read(model, role, column) else without


def _managers_above(person: User) -> list[UUID]:
    above: list[UUID] = []
    manager = person.manager
    while manager is not None and manager.pk not in above:
        above.append(manager.pk)
        manager = manager.manager
    return above


def _name(person: User) -> str:
    return person.full_name or person.username


def _amount(deal: Opportunity) -> str:
    return "" if deal.amount is None else f"{deal.amount:,.0f} {deal.currency}"
