"""Merges on the operator's pages."""

from django.test import Client

from backend.crm.models import Account
from backend.identity.models import User
from backend.merging.models import AccountMerge
from tests.factories.world import World

LIST = "/admin/merging/accountmerge/"


def signed_in(user: User) -> Client:
    """Returns a browser in which an operator has signed in."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def test_an_operator_merges_and_takes_it_back(field: World) -> None:
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.south)
    dee = signed_in(field.dee)
    assert dee.post(f"{LIST}add/", {"loser": loser.pk, "winner": winner.pk}).status_code == 302
    merge = AccountMerge.objects.get()
    assert (merge.loser_id, merge.winner_id, merge.merged_by_id) == (loser.pk, winner.pk, field.dee.pk)
    refused = dee.post(f"{LIST}add/", {"loser": loser.pk, "winner": winner.pk})
    assert b"ALREADY_MERGED" in refused.content
    assert dee.get(LIST).content.count(b"Hilltop 2") == 1
    assert signed_in(field.zoe).get(LIST).content.count(b"Hilltop") == 0
    theirs = Account.objects.create(org=field.other_org, name="Elsewhere")
    refused = dee.post(f"{LIST}add/", {"loser": theirs.pk, "winner": winner.pk})
    assert b"ACCOUNT_NOT_FOUND" in refused.content
    told = dee.post(LIST, {"action": "undo", "_selected_action": [str(merge.pk)]}, follow=True)
    assert b"Hilltop 2 stands again." in told.content
    assert Account.objects.filter(pk=loser.pk, deleted_at=None).exists()
    again = dee.post(LIST, {"action": "undo", "_selected_action": [str(merge.pk)]}, follow=True)
    assert b"undone already" in again.content


def test_an_operator_without_an_org_merges_nothing(field: World) -> None:
    root = User.objects.create_superuser("root", "a long password")
    assert signed_in(root).get(f"{LIST}add/").status_code == 403
    assert signed_in(root).get(LIST).status_code == 200
