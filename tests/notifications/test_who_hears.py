"""Who is told of what: the managers who see it, never the actor, and never Cy."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from backend.crm.models import Opportunity
from backend.events.models import OutboxEvent
from backend.events.outbox import EventMeta
from backend.events.types import decode
from backend.identity.models import Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.alerting.handlers import on_event
from backend.notifications.alerting.models import AlertEpisode
from backend.notifications.delivery.planning import tell_all
from backend.notifications.models import Delivery, Notification, Omission
from backend.notifications.occurrence import Hearing
from backend.territories.models import UserTerritory
from tests.notifications.occurrences import late_deal
from tests.notifications.story import Story, begin


def hearers(rule: str = "opportunity.late_stage") -> list[str]:
    return sorted(Notification.objects.filter(rule=rule).values_list("user__full_name", flat=True))


def test_ana_moves_a_deal_to_a_late_stage_and_ben_alone_hears(story: Story) -> None:
    story.phone(story.ana, "fid-ana")
    story.phone(story.ben, "fid-ben")
    story.phone(story.cy, "fid-cy")
    story.phone(story.dan, "fid-dan")
    story.move(story.late)
    [told] = Notification.objects.all()
    assert told.user == story.ben
    assert (told.title, told.body) == (
        "Joe's Deli: Proposal",
        "Ana moved Cold case (12,400 USD) to Proposal.",
    )
    assert (told.subject_entity, told.subject_id, told.root_id) == ("opportunity", story.deal.pk, story.account.pk)
    assert told.title_key == "opportunity.late.amount"
    assert told.args["stage"] == "Proposal"
    assert told.expires_at - clock.now() > timedelta(hours=23)
    assert list(Delivery.objects.values_list("address__value", flat=True)) == ["fid-ben"]


def test_an_early_stage_or_a_step_back_or_a_loss_is_nobodys_news(story: Story) -> None:
    story.move(story.later)
    Notification.objects.all().delete()
    for stage in (story.late, story.early, story.lost):
        story.move(stage)
    assert hearers() == []


def test_a_win_is_news(story: Story) -> None:
    story.move(story.won)
    assert hearers() == ["Ben"]


def test_a_deal_without_an_amount_says_none(story: Story) -> None:
    story.deal.amount = None
    story.move(story.won)
    assert Notification.objects.get().body == "Ana moved Cold case to Won."


def test_ben_is_not_told_of_what_he_did_himself(story: Story) -> None:
    story.move(story.late, by=story.ben)
    assert hearers() == []


def test_a_manager_above_ben_hears_too_and_the_admin_only_when_above(story: Story) -> None:
    eve = User.objects.create(org=story.org, username=f"eve-{new_id()}", full_name="Eve", role=Role.MANAGER)
    story.ben.manager = eve
    story.ben.save()
    story.move(story.late)
    assert hearers() == ["Ben", "Eve"]
    eve.manager = story.dee
    eve.save()
    story.move(story.later)
    assert hearers() == ["Ben", "Ben", "Dee", "Eve", "Eve"]


def test_a_manager_who_works_the_territory_hears_without_being_above(story: Story) -> None:
    UserTerritory.objects.create(
        org=story.org, user=story.dan, territory=story.north, valid_from=clock.now() - timedelta(days=1)
    )
    story.move(story.late)
    assert hearers() == ["Ben", "Dan"]


def test_a_manager_above_who_does_not_see_the_account_does_not_hear(story: Story) -> None:
    story.give_account_to(story.south)
    story.move(story.late)  # Ana pushes late what she did before the account moved
    assert hearers() == ["Dan"]


def test_a_manager_who_left_hears_nothing(story: Story) -> None:
    story.ben.is_active = False
    story.ben.save()
    story.move(story.late)
    assert hearers() == []


def test_a_deal_that_moved_on_before_the_handlers_ran_is_told_once(story: Story) -> None:
    story.move(story.late)
    Notification.objects.all().delete()
    first = story.move(story.later)
    story.move(story.won)
    Notification.objects.all().delete()
    story.replay(first)
    assert hearers() == []


def test_a_deal_without_an_account_is_told_to_those_above_its_owner(story: Story) -> None:
    loose = Opportunity.objects.create(
        org=story.org, owner=story.ana, name="Fair visitor", pipeline=story.deal.pipeline, stage=story.early
    )
    story.move(story.late, deal=loose)
    told = Notification.objects.get()
    assert (told.user, told.root_id, told.title) == (story.ben, story.ana.pk, "Fair visitor: Proposal")


def test_an_event_of_another_org_finds_nothing_here(story: Story) -> None:
    other = begin()
    other.deal.stage = other.late
    story.org = other.org  # the event claims the other org
    story.move(story.late)
    assert hearers() == []


def test_an_overdue_visit_is_told_to_its_rep_and_to_the_manager(story: Story) -> None:
    visit = new_id()
    story.overdue(visit)
    told = {n.user.full_name: (n.title, n.body) for n in Notification.objects.filter(subject_id=visit)}
    assert told == {
        "Ana": ("Visit overdue: Joe's Deli", "You have not checked in at Joe's Deli yet."),
        "Ben": ("Visit overdue: Joe's Deli", "Ana has not checked in at Joe's Deli yet."),
    }


def test_a_rep_who_lost_the_account_is_not_told_of_its_visit(story: Story) -> None:
    story.give_account_to(story.south)
    story.overdue(new_id())
    assert hearers("visit.overdue") == []


def test_a_replayed_event_doubles_nothing(story: Story) -> None:
    story.phone(story.ben, "fid-ben")
    event = story.move(story.late)
    told = Notification.objects.get().pk
    story.phone(story.ben, "fid-ben-new-phone")
    story.replay(event)
    assert [n.pk for n in Notification.objects.all()] == [told]
    assert Delivery.objects.count() == 1


def test_the_same_episode_told_by_two_events_is_one_alert(story: Story) -> None:
    story.phone(story.ana, "fid-ana")
    visit = new_id()
    story.overdue(visit)
    story.overdue(visit)
    assert Notification.objects.filter(user=story.ana).count() == 1
    assert Delivery.objects.count() == 1


def test_a_database_refuses_a_second_notification_of_one_episode(story: Story) -> None:
    story.move(story.late)
    told = Notification.objects.get()
    told.pk = new_id()
    told._state.adding = True
    with pytest.raises(IntegrityError, match="notification_once_per_episode"), transaction.atomic():
        told.save()


@pytest.mark.parametrize("phones", [1, 3])
def test_telling_costs_the_same_queries_for_one_phone_or_three(
    story: Story, django_assert_num_queries: DjangoAssertNumQueries, phones: int
) -> None:
    for n in range(phones):
        story.phone(story.ben, f"fid-ben-{n}")
    story.move(story.late)
    event = OutboxEvent.objects.latest("pk")
    Notification.objects.all().delete()
    AlertEpisode.objects.all().delete()
    meta = EventMeta(event_id=event.pk, org_id=story.org.pk, occurred_at=event.occurred_at)
    with django_assert_num_queries(24):
        on_event(decode(event.name, event.payload), meta)
    assert Delivery.objects.count() == phones


@pytest.mark.parametrize("many", [1, 5])
def test_telling_of_many_crossings_costs_the_same_queries_as_of_one(
    story: Story, django_assert_num_queries: DjangoAssertNumQueries, many: int
) -> None:
    """Ben hears of all, Cy, who sees none, of nothing; what was told before is told by nobody again."""
    story.phone(story.ben, "fid-ben")
    hears = Hearing("opportunity.late.amount", "manager")
    occurrences = [late_deal(story, heard_by={story.ben.pk: hears, story.cy.pk: hears}) for _ in range(many)]
    with django_assert_num_queries(13):
        assert tell_all(occurrences=occurrences) == many
    assert hearers() == ["Ben"] * many
    assert Delivery.objects.count() == many
    assert set(Omission.objects.values_list("user__full_name", "why")) == {("Cy", "does not see it")}
    assert tell_all(occurrences=[*occurrences, late_deal(story)]) == 1
