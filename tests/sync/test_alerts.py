"""The inbox is on the phones of who was told, and on nobody else's; reading goes both ways; it goes with the account."""

from uuid import UUID

from backend.crm.actions import create_lead
from backend.crm.lead_routing import assign_lead
from backend.crm.models import Account
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications import actions
from backend.notifications.models import Notification
from backend.sync.models import SyncIssue
from backend.sync.protocol import Status
from backend.territories.actions import place_account
from tests.factories.replica import Phone, Replica, fresh, pulled
from tests.factories.world import World, acting


def tell(world: World, person: User, root: UUID, title: str = "Visit overdue") -> Notification:
    return Notification.objects.create(
        org=world.org,
        user=person,
        rule="visit.overdue",
        subject_entity="visit",
        subject_id=new_id(),
        episode="planned",
        root_id=root,
        title_key="visit.overdue.own",
        title=title,
        body="Nobody came.",
        occurred_at=clock.now(),
        addressed_at=clock.now(),
        expires_at=clock.now(),
    )


def alerts(replica: Replica) -> list[str]:
    return sorted(row["title"] for row in pulled(replica).of("notification").values())


def test_what_ana_was_told_is_on_her_phones_and_not_on_that_of_ben_who_sees_all_that_she_sees(
    field: World, phone: Phone
) -> None:
    account = field.account("Ames", field.north)
    phones = [phone(who) for who in (field.ana, field.ana, field.ben, field.cy, field.dee)]
    for one in phones:
        one.pull()
    told = tell(field, field.ana, account.pk)
    assert [alerts(one) for one in phones] == [["Visit overdue"], ["Visit overdue"], [], [], []]
    # Under her own root too, which her manager holds.
    tell(field, field.ana, field.ana.pk, "Your plan has changed")
    assert [len(alerts(one)) for one in phones] == [2, 2, 0, 0, 0]
    assert phones[0].of("notification")[str(told.pk)]["subjectId"] == str(told.subject_id)
    # Who begins anew is sent no more than who pulls what changed.
    for who, count in ((field.ana, 2), (field.ben, 0), (field.dee, 0)):
        held = fresh(who, field.phone(who))
        assert len([key for key in held if key[0] == "notification"]) == count


def test_what_ana_reads_on_one_phone_is_read_on_the_other_and_here(field: World, phone: Phone) -> None:
    told = tell(field, field.ana, field.account("Ames", field.north).pk)
    one, other = phone(field.ana), phone(field.ana)
    for each in (one, other):
        each.pull()
    [answer] = one.push(one.mutation("notification.read", told.pk)).results
    assert answer.status is Status.APPLIED
    told.refresh_from_db()
    assert told.read_at is not None
    assert pulled(other).of("notification")[str(told.pk)]["readAt"] is not None
    [again] = other.push(other.mutation("notification.read", told.pk)).results
    assert again.status is Status.APPLIED


def test_what_is_read_elsewhere_is_read_on_the_phone(field: World, phone: Phone) -> None:
    told = tell(field, field.ana, field.account("Ames", field.north).pk)
    ana = pulled(phone(field.ana))
    actions.mark_read(actor=acting(field.ana), notification=told)
    assert pulled(ana).of("notification")[str(told.pk)]["readAt"] is not None


def test_reading_what_was_taken_back_meanwhile_is_no_trouble_and_anothers_is_none_of_bens(
    field: World, phone: Phone
) -> None:
    told = tell(field, field.ana, field.account("Ames", field.north).pk)
    ana, ben = pulled(phone(field.ana)), pulled(phone(field.ben))
    Notification.objects.update(withdrawn_at=clock.now())
    [answer] = ana.push(ana.mutation("notification.read", told.pk)).results
    assert answer.status is Status.APPLIED
    assert alerts(ana) == []
    Notification.objects.update(read_at=None)
    [refused] = ben.push(ben.mutation("notification.read", told.pk)).results
    assert (refused.status, refused.code) == (Status.REJECTED, "NOTIFICATION_NOT_FOUND")
    told.refresh_from_db()
    assert told.read_at is None
    assert SyncIssue.objects.get().root is None or SyncIssue.objects.get().user == field.ben


def test_it_leaves_the_phone_in_the_same_pull_as_its_account(field: World, phone: Phone) -> None:
    account: Account = field.account("Ames", field.north)
    tell(field, field.ana, account.pk)
    ana = phone(field.ana)
    assert alerts(ana) == ["Visit overdue"]
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    assert alerts(ana) == []
    assert ana.of("account") == {}


def test_a_partner_is_sent_no_words_because_they_may_name_what_a_deal_is_worth(field: World, phone: Phone) -> None:
    told = tell(field, field.ana, field.ana.pk, "Ames: 12,400 USD")
    ana = phone(field.ana)
    assert alerts(ana) == ["Ames: 12,400 USD"]
    User.objects.filter(pk=field.ana.pk).update(role=Role.PARTNER)
    ana.user.refresh_from_db()
    row = pulled(ana).of("notification")[str(told.pk)]
    assert row.keys() & {"title", "body"} == set()
    assert row["rule"] == "visit.overdue"


def test_a_lead_that_is_given_on_leaves_the_one_phone_for_the_other(field: World, phone: Phone) -> None:
    lead = create_lead(actor=acting(field.ana), lead_id=new_id(), company="Joe's")
    ana, cy, ben = phone(field.ana), phone(field.cy), phone(field.ben)
    for one in (ana, cy, ben):
        one.pull()
    assert (set(ana.of("lead")), set(cy.of("lead")), set(ben.of("lead"))) == ({str(lead.pk)}, set(), {str(lead.pk)})
    assign_lead(actor=acting(field.dee), lead=lead, to=field.cy)
    for one in (ana, cy, ben):
        one.pull()
    assert (set(ana.of("lead")), set(cy.of("lead")), set(ben.of("lead"))) == (set(), {str(lead.pk)}, set())
