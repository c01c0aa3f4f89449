"""Who reads which photo through GraphQL, and in how many queries."""

from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings

from backend.attachments.models import Attachment
from backend.crm.models import Account
from backend.identity.models import User
from backend.kit import clock
from tests.attachments.conftest import disk_at
from tests.attachments.pictures import signature
from tests.attachments.sending import announce, attach
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]
ONE = """query ($id: UUID!) { attachment(id: $id) { kind mimeType size sha256 state width height downloadUrl thumbnailUrl
  expiresAt author { username } account { name } visit { id } } }"""
FILES = "kind state downloadUrl thumbnailUrl author { username } visit { state } account { name }"


@pytest.fixture(autouse=True)
def files(tmp_path: Path) -> object:
    """Keeps files in a folder of the test's own."""
    with override_settings(STORAGES=disk_at(tmp_path)):
        yield


def signed(field: World, account: Account, seed: int) -> Attachment:
    """Ana has a signature stored at an account."""
    kind = {"kind": "signature", "mime_type": "image/png"}
    return attach(acting(field.ana, field.phone(field.ana)), account, signature(seed), **kind)


def test_ben_reads_what_ana_signed_and_to_cy_there_is_no_such_thing(field: World, ask: Ask) -> None:
    signed_one = signed(field, field.account("Hilltop", field.north), 1)
    shown = ask(field.ben)(ONE, id=str(signed_one.pk))["attachment"]
    assert (shown["kind"], shown["state"], shown["width"], shown["height"]) == ("signature", "stored", 200, 80)
    assert shown["downloadUrl"].startswith(f"/attachments/{signed_one.pk}/content?token=")
    assert (shown["thumbnailUrl"], shown["author"], shown["visit"]) == (None, {"username": "ana"}, None)
    hidden = ask(field.cy).refused(ONE, id=str(signed_one.pk))
    missing = ask(field.cy).refused(ONE, id=str(field.org.pk))
    assert hidden == missing == ask(field.zoe).refused(ONE, id=str(signed_one.pk))
    assert (hidden["code"], hidden["retry"]) == ("ATTACHMENT_NOT_FOUND", "NEVER")
    several = "query ($ids: [UUID!]!) { attachments(ids: $ids) { id } }"
    assert ask(field.cy)(several, ids=[str(signed_one.pk)])["attachments"] == []
    assert ask(field.ana)(several, ids=[str(signed_one.pk)])["attachments"] == [{"id": str(signed_one.pk)}]


def test_what_was_only_announced_has_no_address(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    waits = announce(acting(field.ana), account, signature(), kind="signature", mime_type="image/png")
    shown = ask(field.ana)(ONE, id=str(waits.pk))["attachment"]
    assert (shown["state"], shown["downloadUrl"], shown["thumbnailUrl"]) == ("announced", None, None)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ accounts { nodes { name attachments { kind state downloadUrl } } } }", 2),
        (f"{{ accounts {{ nodes {{ name attachments {{ {FILES} }} }} }} }}", 5),
        ("query ($day: Date!) { visits(day: $day) { attachments { kind downloadUrl author { username } } } }", 4),
    ],
)
def test_photos_of_three_accounts_take_as_many_queries_as_of_one(
    field: World, ask: Ask, document: str, expected: int, count: int
) -> None:
    for number in range(count):
        account = field.account(f"Store {number}", field.north)
        kept = signed(field, account, number)
        Attachment.objects.filter(pk=kept.pk).update(visit=field.visit(account, start=clock.now()))
    theirs = field.account("Valley", field.south)
    announce(acting(field.cy), theirs, b"Secret", kind="document", mime_type="application/pdf")
    ana = ask(field.ana)
    today = clock.now().astimezone(ZoneInfo("America/Chicago")).date()
    data = ana(document, **({"day": str(today)} if "$day" in document else {}))
    assert ana.queries == expected
    assert str(data).count("'kind': 'signature'") == count
    assert "document" not in str(data)
