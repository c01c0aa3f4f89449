"""Two people at one row: what each set survives, or is kept for who set it."""

import pytest

from backend.crm.actions import move_stage
from backend.crm.models import Opportunity, StageHistory
from backend.sync.models import SyncIssue
from backend.sync.protocol import Status
from tests.factories.replica import Phone, codes
from tests.factories.world import World, acting


@pytest.mark.trap(13)
def test_two_people_edit_different_fields_and_both_survive(field: World, phone: Phone) -> None:
    """Trap 13, first half."""
    account = field.account("Hilltop", field.north)
    ana, ben = phone(field.ana), phone(field.ben)
    ben.push(ben.mutation("account.patch", account.pk, base={"phone": ""}, set={"phone": "515 555 0100"}))
    reply = ana.push(ana.mutation("account.patch", account.pk, base={"notes": ""}, set={"notes": "back door"}))
    account.refresh_from_db()
    assert codes(reply) == [(Status.APPLIED, None)]
    assert (account.phone, account.notes) == ("515 555 0100", "back door")


@pytest.mark.trap(13)
def test_two_people_edit_the_same_field_and_the_loser_is_kept(field: World, phone: Phone) -> None:
    """Trap 13, second half: Ben's stands, Ana's goes to her inbox, her other field is applied."""
    account = field.account("Hilltop", field.north)
    ana, ben = phone(field.ana), phone(field.ben)
    ben.push(ben.mutation("account.patch", account.pk, base={"phone": ""}, set={"phone": "515 555 0100"}))
    reply = ana.push(
        ana.mutation(
            "account.patch",
            account.pk,
            base={"phone": "", "notes": ""},
            set={"phone": "515 555 0199", "notes": "back door"},
        )
    )
    account.refresh_from_db()
    assert codes(reply) == [(Status.MERGED, "FIELD_CONFLICT")]
    assert (account.phone, account.notes) == ("515 555 0100", "back door")
    issue = SyncIssue.objects.get(user=field.ana)
    assert (issue.mine, issue.theirs) == ({"phone": "515 555 0199"}, {"phone": "515 555 0100"})


@pytest.mark.trap(14)
def test_money_written_differently_is_not_a_conflict(field: World, phone: Phone) -> None:
    """Trap 14."""
    deal = field.deal(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    reply = ana.push(ana.mutation("opportunity.patch", deal.pk, base={"amount": 1200}, set={"amount": "1500"}))
    assert codes(reply) == [(Status.APPLIED, None)]
    assert str(Opportunity.objects.get(pk=deal.pk).amount) == "1500.00"


def test_a_deal_moved_by_ben_meanwhile_stays_where_he_put_it(field: World, phone: Phone) -> None:
    deal = field.deal(field.account("Hilltop", field.north))
    ana = phone(field.ana)
    move_stage(actor=acting(field.ben), opportunity=deal, stage=field.stages["won"], reason="signed")
    reply = ana.push(
        ana.mutation(
            "opportunity.moveStage",
            deal.pk,
            base={"stageId": str(field.stages["new"].pk)},
            args={"stageId": str(field.stages["offer"].pk)},
        )
    )
    assert codes(reply) == [(Status.CONFLICT, "STAGE_MOVED_MEANWHILE")]
    assert Opportunity.objects.get(pk=deal.pk).stage_id == field.stages["won"].pk
    assert StageHistory.objects.filter(opportunity=deal).count() == 2
