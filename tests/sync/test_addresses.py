"""An address is taken off from a phone, and never one that somebody put right meanwhile."""

from collections.abc import Callable

from backend.crm.models import Address
from backend.identity.models import User
from backend.kit.ids import new_id
from backend.sync.models import SyncIssue
from backend.sync.protocol import Status
from tests.factories.replica import Replica, codes
from tests.factories.world import World

Phone = Callable[[User], Replica]


def test_an_address_goes_and_the_next_is_the_primary_one(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben, cy = phone(field.ana), phone(field.ben), phone(field.cy)
    old, new = Address.objects.get(), new_id()
    made = ana.mutation("address.create", new, args={"accountId": str(account.pk), "city": "Nevada"})
    assert codes(ana.push(made)) == [(Status.APPLIED, None)]
    theirs = cy.push(cy.mutation("address.remove", old.pk))
    assert codes(theirs) == [(Status.REJECTED, "ADDRESS_NOT_FOUND")]
    ben.push(ben.mutation("address.patch", old.pk, base={"city": "Ames"}, set={"city": "Story City"}))
    late = ana.push(ana.mutation("address.remove", old.pk, base={"city": "Ames"}))
    assert codes(late) == [(Status.CONFLICT, "EDITED_MEANWHILE")]
    ana.pull()
    assert sorted(row["city"] for row in ana.of("address").values()) == ["Nevada", "Story City"]
    issue = SyncIssue.objects.get(user=field.ana)
    kept = ana.push(ana.mutation("syncIssue.resolve", issue.pk, args={"action": "keepMine"}))
    assert codes(kept) == [(Status.APPLIED, None)]
    ana.pull()
    assert [(row["city"], row["isPrimary"]) for row in ana.of("address").values()] == [("Nevada", True)]
    gone = ana.push(ana.mutation("address.remove", old.pk))
    assert codes(gone) == [(Status.REJECTED, "DELETED")]
