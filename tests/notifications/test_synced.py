"""A phone that has synced what happened is not told of it again; another phone of the same person is."""

from uuid import UUID

import pytest
from django.db import connection

from backend.notifications import dispatch
from backend.notifications.delivery.planning import tell
from backend.notifications.models import Delivery
from tests.factories.replica import Replica
from tests.notifications.occurrences import late_deal
from tests.notifications.recording import Recording
from tests.notifications.story import begin


def rename(account_id: UUID) -> int:
    """Changes the account in a transaction of its own; returns its id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE crm_account SET notes = 'late' WHERE id = %s RETURNING pg_current_xact_id()::text::bigint",
            [account_id],
        )
        return int(cursor.fetchone()[0])


@pytest.mark.django_db(transaction=True)
def test_only_the_phone_that_proved_to_hold_the_change_is_spared() -> None:
    story = begin()
    phones = {name: story.phone(story.ben, f"fid-{name}") for name in ("idle", "pulled", "proved")}
    replicas = {name: Replica(story.ben, address.device) for name, address in phones.items()}
    for replica in replicas.values():
        replica.pull()
        replica.pull()
    changed = rename(story.account.pk)
    replicas["pulled"].pull()  # its reply may be lost: nobody knows yet that it holds it
    replicas["proved"].pull()
    replicas["proved"].pull()
    tell(occurrence=late_deal(story, change_xid=changed))
    tell(occurrence=late_deal(story, change_xid=changed, severity="critical"))
    post = Recording()
    while dispatch.drain(transport=post):
        pass
    # What is critical comes in any case.
    assert sorted(address for address, _ in post.taken) == [
        "fid-idle",
        "fid-idle",
        "fid-proved",
        "fid-pulled",
        "fid-pulled",
    ]
    [spared] = Delivery.objects.filter(state="suppressed")
    assert spared.last_outcome == "the phone has synced it already"


@pytest.mark.django_db(transaction=True)
def test_a_phone_that_holds_another_account_at_that_instant_has_not_seen_it() -> None:
    story = begin()
    address = story.phone(story.ben, "fid-ben")
    replica = Replica(story.ben, address.device)
    story.give_account_to(story.south)
    replica.pull()
    changed = rename(story.account.pk)
    replica.pull()
    replica.pull()
    story.give_account_to(story.north)
    tell(occurrence=late_deal(story, change_xid=changed))
    post = Recording()
    dispatch.drain(transport=post)
    assert [address for address, _ in post.taken] == ["fid-ben"]
