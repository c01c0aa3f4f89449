"""Occurrences as rules hand them to delivery."""

from dataclasses import replace
from datetime import timedelta

from backend.kit import clock
from backend.kit.ids import new_id
from backend.notifications.occurrence import Hearing, Occurrence
from tests.notifications.story import Story


def late_deal(story: Story, **more: object) -> Occurrence:
    """The deal of the story became late, and Ben is to hear of it."""
    plain = Occurrence(
        org_id=story.org.pk,
        rule_id=None,
        rule_version_id=None,
        rule="opportunity.late_stage",
        category="opportunity",
        severity="high",
        subject_entity="opportunity",
        subject_id=story.deal.pk,
        episode=str(new_id()),
        root_id=story.account.pk,
        event_id=None,
        occurred_at=clock.now(),
        change_xid=None,
        keeps=timedelta(hours=24),
        escalate_after=None,
        args={"subject": "Joe's Deli", "stage": "Proposal", "who": "Ana", "opportunity": "Cold case", "amount": "12"},
        heard_by={story.ben.pk: Hearing("opportunity.late.amount", "manager")},
    )
    return replace(plain, **more)  # type: ignore[arg-type]
