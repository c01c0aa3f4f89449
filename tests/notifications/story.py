"""Ana is a rep, Ben her manager, Cy a rep of another territory under another manager, Dee the admin, Pat a partner."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from backend.crm.models import Account, Opportunity, Pipeline, Stage, StageHistory
from backend.events import outbox
from backend.events.models import OutboxEvent
from backend.events.types import OpportunityStageMoved, VisitOverdue
from backend.field.models import Visit
from backend.identity.actor import Actor
from backend.identity.models import Device, Org, Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import actions
from backend.notifications.alerting.handlers import on_event
from backend.notifications.models import PushAddress
from backend.territories.models import AccountTerritory, ModelState, Territory, TerritoryModel, UserTerritory

WIRING: outbox.Wiring = {
    OpportunityStageMoved: (on_event,),
    VisitOverdue: (on_event,),
}


@dataclass(slots=True)
class Story:
    """One org with two territories; the deal lies on an account in Ana's."""

    org: Org
    ana: User
    ben: User
    cy: User
    dan: User
    dee: User
    pat: User
    account: Account
    deal: Opportunity
    early: Stage
    late: Stage
    later: Stage
    won: Stage
    lost: Stage
    north: Territory
    south: Territory

    def phone(self, person: User, value: str, kind: str = "fid") -> PushAddress:
        """Registers one more phone of the person's."""
        device = Device.objects.create(org=self.org, user=person, install_key=new_id().hex, platform="android")
        return actions.register_address(actor=actor(person, device_id=device.pk), device=device, kind=kind, value=value)

    def move(self, to: Stage, *, by: User | None = None, deal: Opportunity | None = None) -> int:
        """Moves the deal as crm does (history, event) and lets the handlers run; returns the event's number."""
        by, deal = by or self.ana, deal or self.deal
        before = deal.stage
        deal.stage = to
        deal.save()
        history = StageHistory.objects.create(
            org=self.org, opportunity=deal, from_stage=before, to_stage=to, moved_by=by, moved_at=clock.now()
        )
        event = OpportunityStageMoved(opportunity_id=deal.pk, history_id=history.pk, actor_id=by.pk)
        return self.happen(event)

    def overdue(self, visit_id: UUID, rep: User | None = None) -> int:
        """Says that a visit of the rep's at the account was not made; returns the event's number."""
        rep = rep or self.ana
        end = clock.now() - timedelta(minutes=5)
        if not Visit.objects.filter(pk=visit_id).exists():
            Visit.objects.create(
                id=visit_id,
                org=self.org,
                account=self.account,
                rep=rep,
                planned_start=end - timedelta(hours=1),
                planned_end=end,
            )
        return self.happen(VisitOverdue(visit_id=visit_id, account_id=self.account.pk, rep_id=rep.pk))

    def happen(self, event: OpportunityStageMoved | VisitOverdue) -> int:
        """Writes the event and drains the outbox; fails when a handler did."""
        outbox.append(event, org_id=self.org.pk)
        outbox.drain(WIRING)
        row = OutboxEvent.objects.latest("pk")
        assert row.done_at is not None, row.last_error
        return int(row.pk)

    def replay(self, event_id: int) -> None:
        """Handles an event again, as after a restore from a backup."""
        OutboxEvent.objects.filter(pk=event_id).update(done_at=None)
        assert outbox.drain(WIRING) == 1

    def give_account_to(self, territory: Territory) -> None:
        """Moves the account to another territory from now on."""
        now = clock.now()
        AccountTerritory.objects.filter(account=self.account, valid_to=None).update(valid_to=now)
        AccountTerritory.objects.create(
            org=self.org, account=self.account, territory=territory, valid_from=now, source="manual"
        )


def actor(person: User, device_id: UUID | None = None) -> Actor:
    """Returns the person as a caller."""
    assert person.org_id is not None
    return Actor(
        user_id=person.pk,
        org_id=person.org_id,
        role=Role(person.role),
        username=person.username,
        timezone=person.timezone,
        device_id=device_id,
    )


def begin() -> Story:
    """Writes the org, its people, two territories, one account and one deal."""
    org = Org.objects.create(slug=f"org-{new_id().hex}", name="Fieldbeat Foods")
    start = clock.now() - timedelta(days=30)

    def person(name: str, role: Role, manager: User | None = None) -> User:
        return User.objects.create(
            org=org, username=f"{name.lower()}-{org.pk.hex}", full_name=name, role=role, manager=manager
        )

    dee = person("Dee", Role.ADMIN)
    ben, dan = person("Ben", Role.MANAGER), person("Dan", Role.MANAGER)
    ana, cy = person("Ana", Role.REP, ben), person("Cy", Role.REP, dan)
    pat = person("Pat", Role.PARTNER)
    model = TerritoryModel.objects.create(org=org, name="2026", state=ModelState.ACTIVE, activated_at=start)
    north = Territory.objects.create(org=org, model=model, name="North")
    south = Territory.objects.create(org=org, model=model, name="South")
    for who, where in ((ana, north), (cy, south)):
        UserTerritory.objects.create(org=org, user=who, territory=where, valid_from=start)
    account = Account.objects.create(org=org, name="Joe's Deli")
    AccountTerritory.objects.create(org=org, account=account, territory=north, valid_from=start, source="manual")
    line = Pipeline.objects.create(org=org, name="Sales")
    steps = (("Prospecting", 10, "open"), ("Proposal", 60, "open"), ("Negotiation", 80, "open"))
    stages = [
        Stage.objects.create(org=org, pipeline=line, name=name, position=at, probability=percent, category=category)
        for at, (name, percent, category) in enumerate((*steps, ("Won", 100, "won"), ("Lost", 0, "lost")))
    ]
    early, late, later, won, lost = stages
    deal = Opportunity.objects.create(
        org=org, account=account, owner=ana, name="Cold case", pipeline=line, stage=early, amount=Decimal(12400)
    )
    return Story(org, ana, ben, cy, dan, dee, pat, account, deal, early, late, later, won, lost, north, south)
