"""Two who write at once where both had looked before either wrote: nothing is lost, and nobody is told a thing that is not so."""

import time
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from backend.crm.models import AccountContactRelation, Address
from backend.field.models import CheckIn, Visit
from backend.kit import clock
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts
from backend.sync.protocol import Halt, Mutation, PushReply, Status
from tests.factories.replica import Phone, Replica, codes
from tests.factories.world import World, acting

DONE = (Status.APPLIED, None)


class Sending(Thread):
    """A push on a line of its own."""

    def __init__(self, replica: Replica, *mutations: Mutation) -> None:
        super().__init__()
        self.replica, self.mutations = replica, mutations
        self.replies: list[PushReply] = []

    def run(self) -> None:
        """Sends."""
        try:
            self.replies.append(self.replica.push(*self.mutations))
        finally:
            connections.close_all()

    def begin(self) -> None:
        """Sends, and returns once the push waits for a lock that this line holds."""
        self.start()
        with connection.cursor() as cursor:
            while self.is_alive():
                # Who waits in another database of the cluster, or for somebody else, is no sign of this push.
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return
                time.sleep(0.01)
        raise AssertionError("it did not wait")

    def answered(self) -> PushReply:
        """Returns the answer."""
        self.join()
        return self.replies[0]


def test_two_phones_of_one_rep_that_check_in_at_once_both_keep_their_evidence(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    one, two = field.visit(account), field.visit(account)
    ana = phone(field.ana)
    sent = ana.mutation("visit.checkIn", two.pk, args={"checkInId": str(new_id())})
    sending = Sending(ana, sent)
    with transaction.atomic():
        Visit.objects.filter(pk=one.pk).update(state="in_progress", started_at=clock.now())
        sending.begin()
    assert codes(sending.answered()) == [(Status.MERGED, "ALREADY_IN_PROGRESS")]
    assert (CheckIn.objects.get().visit_id, CheckIn.objects.get().late) == (two.pk, True)
    assert Visit.objects.get(pk=two.pk).state == "planned"


def merged_while_sending(field: World, sending: Sending, loser: object, winner: object) -> None:
    """Merges two accounts, and commits once the push waits for it."""
    with transaction.atomic():
        merge_accounts(actor=acting(field.dee), loser=loser, winner=winner)  # type: ignore[arg-type]
        sending.begin()


def test_an_address_written_down_while_its_account_is_merged_goes_along(field: World, phone: Phone) -> None:
    loser, winner = field.account("Hilltop", field.north), field.account("Hill Top", field.north)
    ana, made = phone(field.ana), new_id()
    sent = ana.mutation("address.create", made, args={"accountId": str(loser.pk), "street": "5 Main"})
    sending = Sending(ana, sent)
    merged_while_sending(field, sending, loser, winner)
    assert sending.answered().halt is Halt.BUSY
    assert codes(ana.push(sent)) == [DONE]
    added = Address.objects.get(pk=made)
    assert (added.account_id, added.is_primary) == (winner.pk, False)


def test_a_role_set_while_two_accounts_that_know_the_person_are_merged_is_set_where_it_stays(
    field: World, phone: Phone
) -> None:
    loser, winner = field.account("Hilltop", field.north), field.account("Hill Top", field.north)
    gone = field.contact(loser)
    stays = AccountContactRelation.objects.create(org=field.org, account=winner, contact=gone.contact, role="buyer")
    ana = phone(field.ana)
    sent = ana.mutation("contact.patch", gone.pk, base={"role": "buyer"}, set={"role": "owner"})
    sending = Sending(ana, sent)
    merged_while_sending(field, sending, loser, winner)
    assert sending.answered().halt is Halt.BUSY
    assert codes(ana.push(sent)) == [DONE]
    stays.refresh_from_db()
    assert stays.role == "owner"


@pytest.mark.trap(22)
def test_one_mutation_on_two_phones_at_once_is_done_once(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    old, new = phone(field.ana), phone(field.ana)
    counted = old.mutation("account.patch", account.pk, base={"displays": 0}, set={"displays": 3})
    threads = [Sending(one, counted) for one in (old, new)]
    for thread in threads:
        thread.start()
    replies = [thread.answered() for thread in threads]
    assert {reply.halt for reply in replies} <= {None, Halt.BUSY}
    assert [codes(one.push(counted)) for one in (old, new)] == [[DONE]] * 2
    account.refresh_from_db()
    assert account.displays == 3
