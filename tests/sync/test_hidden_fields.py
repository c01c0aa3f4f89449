"""What a role may not read is absent from all that its phones are sent: rows, deletes, conflicts, the inbox."""

import json
from uuid import UUID

import pytest

from backend.crm.models import Account, AccountSales, Opportunity, OpportunityLine
from backend.field.models import CheckIn
from backend.identity.models import Role, User
from backend.kit import clock
from backend.sync.models import SyncIssue
from backend.sync.protocol import FLOOR, PullPage, Status
from backend.sync.versions import newest
from backend.territories.models import AccountShare
from tests.factories import planted
from tests.factories.replica import Phone, Replica, codes, fresh
from tests.factories.world import World

VERSIONS = range(FLOOR, newest() + 1)


def told(pages: list[PullPage]) -> str:
    """Returns every byte of the operations."""
    return "\n".join(line for page in pages for line in page.lines)


def as_(person: User, role: str) -> None:
    """Gives a person another role."""
    person.role = role
    person.save()


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("protocol", VERSIONS)
def test_no_pull_tells_a_role_what_is_hidden_from_it(field: World, phone: Phone, role: str, protocol: int) -> None:
    planted.plant(field)
    as_(field.pat, role)
    pat = phone(field.pat)
    pat.protocol = protocol
    assert planted.found_in(told(pat.pull(limit=7)), role) == {}


@pytest.mark.parametrize("protocol", VERSIONS)
def test_who_may_read_is_told_all_of_it(field: World, phone: Phone, protocol: int) -> None:
    """Else the test above would find nothing because nothing is there."""
    planted.plant(field)
    dee = phone(field.dee)
    dee.protocol = protocol
    heard = told(dee.pull())
    for model in (Account, AccountSales, CheckIn, Opportunity, OpportunityLine):
        for value in planted.PLANTED[model].values():
            assert str(value) in heard, (model, value)


def test_a_hidden_field_is_no_key_at_all(field: World, phone: Phone) -> None:
    """Absent, not null: null would be a value."""
    garden = planted.plant(field)
    hilltop, offer = str(garden.account.pk), str(garden.deal.pk)
    pat, dee = phone(field.pat), phone(field.dee)
    pat.pull()
    dee.pull()
    account, deal = pat.of("account")[hilltop], pat.of("opportunity")[offer]
    whole, sold = dee.of("account")[hilltop], dee.of("opportunity")[offer]
    assert whole.keys() - account.keys() == {"boost"}
    assert sold.keys() - deal.keys() == {"amount"}
    assert pat.of("accountSales") == pat.of("opportunityLine") == {}


def test_a_row_that_is_hidden_whole_is_not_told_of_when_it_changes_or_goes(field: World, phone: Phone) -> None:
    """Its id is nobody's business either."""
    garden = planted.plant(field)
    pat = phone(field.pat)
    pat.pull()
    line = OpportunityLine.objects.get(opportunity=garden.deal)
    OpportunityLine.objects.filter(pk=line.pk).update(quantity=3)
    assert told(pat.pull()) == ""
    line.delete()
    assert told(pat.pull()) == ""


def test_a_conflict_does_not_tell_what_stands_in_a_hidden_field(field: World, phone: Phone) -> None:
    """A stale base asks what stands there now: neither the answer nor the inbox says it, and nothing is written."""
    garden = planted.plant(field)
    SyncIssue.objects.all().delete()
    pat = phone(field.pat)
    pat.pull()
    tries = [
        pat.mutation("opportunity.patch", garden.deal.pk, base={"amount": "1"}, set={"amount": "2", "notes": "Mine"}),
        pat.mutation("opportunity.patch", garden.deal.pk, base={"amount": "1"}, set={"notes": "Mine"}),
        pat.mutation("account.patch", garden.account.pk, base={"boost": 1}, set={"boost": 2}),
        pat.mutation("opportunity.create", field.other_org.pk, args={"name": "x", "amount": "5"}),
    ]
    reply = pat.push(*tries)
    assert codes(reply) == [(Status.REJECTED, "FIELD_HIDDEN")] * 4
    assert [result.fields for result in reply.results] == [
        {"amount": "hidden"},
        {"amount": "hidden"},
        {"boost": "hidden"},
        {"amount": "hidden"},
    ]
    assert Opportunity.objects.get(pk=garden.deal.pk).notes == ""
    pages = pat.pull()
    assert planted.found_in(json.dumps([one.fields for one in reply.results]) + told(pages), Role.PARTNER) == {}
    assert len(pat.of("syncIssue")) == 4
    assert '"amount": ' not in told(pages)


def test_the_inbox_of_a_demoted_person_forgets_with_them(field: World, phone: Phone) -> None:
    """What was kept of edits while they could read the fields goes from it, and the rest stays."""
    garden = planted.plant(field)
    as_(field.pat, Role.REP)
    pat = phone(field.pat)
    assert planted.stands("31897", told(pat.pull()))
    as_(field.pat, Role.PARTNER)
    pat.pull()
    by_entity = {issue["entity"]: issue for issue in pat.of("syncIssue").values()}
    assert by_entity["account"]["mine"] == {"name": "Hill"}
    assert by_entity["account"]["theirs"] == {"name": "Top"}
    assert [one["name"] for one in by_entity["account"]["fields"]] == ["name"]
    assert by_entity["opportunity"]["mine"] == {"set": {"notes": "n"}, "args": {}}
    assert by_entity["opportunity"]["args"] == {}
    assert planted.found_in(json.dumps(list(pat.rows.values())), Role.PARTNER) == {}
    assert SyncIssue.objects.get(user=field.pat, entity="account").mine["boost"] == garden_boost(garden)


def garden_boost(garden: planted.Garden) -> int:
    """Returns what is planted: the server keeps it for when they may read it again."""
    return Account.objects.get(pk=garden.account.pk).boost


@pytest.mark.parametrize("protocol", VERSIONS)
def test_a_phone_changes_with_the_role_of_its_person(field: World, phone: Phone, protocol: int) -> None:
    """Ana leaves, goes on as a partner, and comes back; each time over short pages and a lost reply."""
    garden = planted.plant(field)
    AccountShare.objects.create(
        org=field.org, account=garden.account, user=field.ana, shared_by=field.ben, valid_from=clock.now()
    )
    ana = phone(field.ana)
    ana.protocol = protocol
    ana.pull()
    before = dict(ana.rows)
    assert ana.of("accountSales")
    for role in (Role.PARTNER, Role.REP):
        as_(field.ana, role)
        ana.take(ana.ask(limit=1))
        ana.crash()
        pages = ana.pull(limit=2)
        other = Replica(field.ana, field.phone(field.ana), protocol=protocol)
        other.pull()
        assert ana.rows == other.rows
        assert planted.found_in(json.dumps(list(ana.rows.values())), role) == {}
        if role == Role.PARTNER:
            assert planted.found_in(told(pages), role) == {}
            assert garden.account.pk in {UUID(one) for one in ana.of("account")}
    assert ana.resets == []
    assert ana.of("account") == {key[1]: row for key, (_, row) in before.items() if key[0] == "account"}


def test_a_role_that_changes_between_two_pages_is_heeded_at_once(field: World, phone: Phone) -> None:
    """The second page is of another shape: the staged first one is thrown away."""
    planted.plant(field)
    as_(field.pat, Role.MANAGER)
    pat = phone(field.pat)
    pat.take(pat.ask(limit=3))
    as_(field.pat, Role.PARTNER)
    pages = pat.pull(limit=3)
    assert planted.found_in(told(pages), Role.PARTNER) == {}
    assert pat.rows == fresh(field.pat, field.phone(field.pat))


def test_a_hidden_row_that_moves_away_between_two_pages_goes_too(field: World, phone: Phone) -> None:
    """Its deal is handed over while her phone is being told what a partner may not keep; it was under her root, and is not."""
    deal = Opportunity.objects.create(
        org=field.org, owner=field.ana, name="Mine", pipeline=field.pipeline, stage=field.stages["new"]
    )
    OpportunityLine.objects.create(org=field.org, opportunity=deal, product=field.product, quantity=1, unit_price=1)
    ana = phone(field.ana)
    ana.pull()
    assert ana.of("opportunityLine")
    as_(field.ana, Role.PARTNER)
    ana.take(ana.ask(limit=1))
    deal.owner = field.ben
    deal.save()
    ana.pull(limit=1)
    assert ana.of("opportunityLine") == {}
    assert ana.rows == fresh(field.ana, field.phone(field.ana))
