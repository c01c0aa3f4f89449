"""Nobody is sent what they may not see at that moment: random days of alerts, while accounts, people and roles move."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.crm.models import Account, Opportunity
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import dispatch
from backend.notifications.delivery import escalation, handover
from backend.notifications.models import Delivery, Notification, PushAddress
from backend.notifications.transports.base import Address, Message, Outcome, Sent, Transient
from backend.territories.models import AccountShare, AccountTerritory, UserTerritory
from tests.notifications.story import Story, begin

MORNING = datetime(2026, 6, 3, 9, tzinfo=UTC)


def sees(person: User, account: Account) -> bool:
    """Who sees an account, said again in plain words: the test does not ask the code that it tests."""
    now = clock.now()
    person = User.objects.get(pk=person.pk)

    def holds(span: AccountTerritory | UserTerritory | AccountShare) -> bool:
        return span.deleted_at is None and span.valid_from <= now and (span.valid_to is None or span.valid_to > now)

    if not person.is_active:
        return False
    if person.role == Role.ADMIN:
        return True
    if any(holds(share) for share in AccountShare.objects.filter(account=account, user=person)):
        return True
    if person.role == Role.PARTNER:
        return False
    people, beneath = {person.pk}, [person.pk]
    while person.role == Role.MANAGER and beneath:
        beneath = list(User.objects.filter(manager_id__in=beneath).exclude(pk__in=people).values_list("pk", flat=True))
        people |= set(beneath)
    theirs = {span.territory_id for span in UserTerritory.objects.filter(user_id__in=people) if holds(span)}
    return any(span.territory_id in theirs for span in AccountTerritory.objects.filter(account=account) if holds(span))


class Watched:
    """A provider that asks of each message, at the moment it is handed over, whether its person may have it."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self.accepted: set[tuple[str, str]] = set()

    def send(self, batch: Sequence[tuple[Address, Message]]) -> list[Outcome]:
        return [self._take(address, message) for address, message in batch]

    def _take(self, address: Address, message: Message) -> Outcome:
        phone = PushAddress.objects.select_related("device__user").get(value=address.value)
        told = Notification.objects.get(pk=UUID(message.nid))
        assert told.user_id == phone.device.user_id
        assert sees(phone.device.user, Account.objects.get(pk=told.root_id)), (told.user.full_name, message.title)
        if phone.device.user.role == Role.PARTNER:
            assert "12,400" not in message.title + message.body
        if self._dice.random() < 0.2:
            return Transient(None, "not now")
        assert (address.value, message.nid) not in self.accepted, "told twice"
        self.accepted.add((address.value, message.nid))
        return Sent("taken")


class Days:
    """The moves that a random day is made of."""

    def __init__(self, story: Story, dice: random.Random) -> None:
        self.story, self.dice = story, dice
        self.people = [story.ana, story.ben, story.cy, story.dan, story.pat]
        self.post = Watched(dice)
        self.deals = 0

    def play(self) -> None:
        """Does one thing at random."""
        moves: list[tuple[Callable[[], object], int]] = [
            (self.visit_overdue, 4),
            (self.deal_is_late, 3),
            (self.account_moves, 3),
            (self.rep_moves, 2),
            (self.role_changes, 1),
            (self.leaves_or_returns, 1),
            (self.shared_or_not, 1),
            (self.unread, 2),
            (handover.follow, 3),
            (lambda: dispatch.drain(self.dice.choice([1, 3, 100]), transport=self.post), 6),
        ]
        self.dice.choices([move for move, _ in moves], [weight for _, weight in moves])[0]()

    def visit_overdue(self) -> None:
        self.story.overdue(new_id(), self.dice.choice([self.story.ana, self.story.cy]))

    def deal_is_late(self) -> None:
        self.deals += 1
        deal = Opportunity.objects.create(
            org=self.story.org,
            account=self.story.account,
            owner=self.story.ana,
            name=f"Case {self.deals}",
            pipeline=self.story.deal.pipeline,
            stage=self.story.early,
            amount=12400,
        )
        self.story.move(self.story.late, by=self.dice.choice([self.story.ana, self.story.cy]), deal=deal)

    def account_moves(self) -> None:
        self.story.give_account_to(self.dice.choice([self.story.north, self.story.south]))
        if self.dice.random() < 0.5:
            handover.follow_account(self.story.account.pk)

    def rep_moves(self) -> None:
        rep = self.dice.choice([self.story.ana, self.story.cy])
        UserTerritory.objects.filter(user=rep, valid_to=None).update(valid_to=clock.now())
        if self.dice.random() < 0.8:
            where = self.dice.choice([self.story.north, self.story.south])
            UserTerritory.objects.create(org=self.story.org, user=rep, territory=where, valid_from=clock.now())

    def role_changes(self) -> None:
        who = self.dice.choice([self.story.ben, self.story.dan])
        User.objects.filter(pk=who.pk).update(role=self.dice.choice([Role.MANAGER, Role.MANAGER, Role.PARTNER]))

    def leaves_or_returns(self) -> None:
        who = self.dice.choice(self.people)
        User.objects.filter(pk=who.pk).update(is_active=self.dice.random() < 0.7)

    def shared_or_not(self) -> None:
        who = self.dice.choice([self.story.pat, self.story.ben])
        AccountShare.objects.filter(user=who, valid_to=None).update(valid_to=clock.now())
        if self.dice.random() < 0.6:
            AccountShare.objects.create(
                org=self.story.org,
                account=self.story.account,
                user=who,
                shared_by=self.story.dee,
                valid_from=clock.now(),
            )

    def unread(self) -> None:
        waiting = Notification.objects.filter(read_at=None, escalate_at=None).exclude(audience="manager")
        # Of the newest, whose people and accounts are still as they were told of.
        newest = list(waiting.order_by("-created_at", "-pk").values_list("pk", flat=True)[:4])
        Notification.objects.filter(pk__in=self.dice.sample(newest, min(2, len(newest)))).update(
            escalate_at=clock.now()
        )
        escalation.escalate()


@contextmanager
def minute(number: int) -> Iterator[None]:
    with clock.moved_to(MORNING + timedelta(minutes=number)):
        yield


def met() -> dict[str, bool]:
    """What must have come up for a day to prove anything."""
    outcomes = set(Delivery.objects.values_list("last_outcome", flat=True))
    origins = set(Notification.objects.filter(deliveries__state="sent").values_list("origin", flat=True))
    return {
        "sent": "told" in origins,
        "sent to who has it now": "handed_over" in origins,
        "sent to the manager": "escalated" in origins,
        "kept back at the last moment": "the person no longer sees it" in outcomes,
        "withdrawn": Notification.objects.filter(withdrawn_why=handover.HANDED).exists(),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_is_sent_what_they_may_not_see_at_that_moment(db: None, seed: int) -> None:
    with minute(0):
        story = begin()
        days = Days(story, random.Random(seed))
        for who in days.people:
            story.phone(who, f"fid-{who.full_name}")
    for number in range(1, 1_000):
        with minute(number):
            days.play()
        if number >= 120 and number % 20 == 0 and all(met().values()):
            break
    assert all(met().values()), met()
    assert days.post.accepted
