"""An address is good for five minutes, for one file, for who asked, and while they see it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from backend.attachments import actions
from backend.attachments.links import LIFE, links, opened
from backend.attachments.models import Attachment
from backend.attachments.queries import Served
from backend.identity.actions import sign_out
from backend.identity.actor import Actor
from backend.identity.models import Device, User
from backend.identity.tokens import authenticate, open_session
from backend.kit import clock
from backend.kit.errors import DomainError
from backend.territories.actions import place_account
from tests.attachments.pictures import camera_photo
from tests.attachments.sending import DOCX, announce, attach
from tests.factories.world import World, acting


@pytest.fixture
def stored(field: World) -> Attachment:
    """Ana's photo."""
    return attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), camera_photo())


def fetcher(actor: Actor, attachment: Attachment) -> Callable[[], Served]:
    """Returns what uses the address that the actor is given now."""
    address = links(actor, attachment).content
    assert address is not None
    return lambda: opened(attachment.pk, "content", address.partition("token=")[2])


def code(fetch: Callable[[], Served]) -> str:
    """Returns the code of what is refused."""
    with pytest.raises(DomainError) as refused:
        fetch()
    return refused.value.code


def test_it_is_good_for_five_minutes(field: World, stored: Attachment) -> None:
    fetch = fetcher(acting(field.ben), stored)
    assert stored.blob is not None
    assert fetch() == Served(stored.blob.key, "image/jpeg", stored.blob.kept_sha256, stored.blob.size, None)
    assert timedelta(minutes=5) >= LIFE
    with clock.moved_to(clock.now() + LIFE - timedelta(seconds=2)):
        assert fetch().key == stored.blob.key
    with clock.moved_to(clock.now() + LIFE + timedelta(seconds=1)):
        assert code(fetch) == "LINK_EXPIRED"


def test_it_ends_with_coverage_with_the_device_and_with_the_person(field: World, stored: Attachment) -> None:
    device = field.phone(field.ben)
    by_device, by_person = fetcher(acting(field.ben, device), stored), fetcher(acting(field.bea), stored)
    assert code(by_person) == "ATTACHMENT_NOT_FOUND"  # Bea never saw it: what she was given would be a mistake of ours
    assert by_device().mime_type == "image/jpeg"
    Device.objects.filter(pk=device.pk).update(revoked_at=clock.now())
    assert code(by_device) == "ATTACHMENT_NOT_FOUND"
    ana, dee = fetcher(acting(field.ana), stored), fetcher(acting(field.dee), stored)
    place_account(actor=acting(field.dee), account=stored.account, territory=field.south)
    assert code(ana) == "ATTACHMENT_NOT_FOUND"
    assert dee().mime_type == "image/jpeg"
    User.objects.filter(pk=field.dee.pk).update(is_active=False)
    assert code(dee) == "ATTACHMENT_NOT_FOUND"


def test_it_ends_with_the_session_it_was_asked_in(field: World, stored: Attachment) -> None:
    caller = authenticate(open_session(field.phone(field.ana)).access_token)
    fetch = fetcher(caller, stored)
    assert fetch().mime_type == "image/jpeg"
    sign_out(actor=caller)
    assert code(fetch) == "ATTACHMENT_NOT_FOUND"


def test_it_is_good_for_one_file(field: World, stored: Attachment) -> None:
    token = (links(acting(field.ana), stored).content or "").partition("token=")[2]
    other = attach(acting(field.ana, field.phone(field.ana)), stored.account, camera_photo(seed=2))
    for attachment_id, what, given in (
        (other.pk, "content", token),
        (stored.pk, "thumbnail", token),
        (stored.pk, "content", token[:-2]),
        (stored.pk, "content", ""),
    ):
        assert code(partial(opened, attachment_id, what, given)) == "ATTACHMENT_NOT_FOUND"


def test_what_was_taken_back_is_given_to_nobody(field: World, stored: Attachment) -> None:
    fetch = fetcher(acting(field.ana), stored)
    actions.remove(actor=acting(field.ana), attachment=stored)
    assert code(fetch) == "ATTACHMENT_NOT_FOUND"


def test_a_document_is_saved_and_not_shown(field: World) -> None:
    pdf = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\ntrailer << >>\n%%EOF\n"
    ana, account = acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north)
    document = attach(ana, account, pdf, kind="document", mime_type="application/pdf")
    assert fetcher(ana, document)().save_as == f"{document.pk}.pdf"
    waiting = announce(ana, account, b"PK", kind="document", mime_type=DOCX)
    assert links(ana, waiting).content is None
