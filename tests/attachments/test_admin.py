"""The operator looks at attachments and changes none."""

import pytest
from django.test import Client

from backend.attachments.models import Attachment
from backend.identity.models import User
from tests.attachments.pictures import camera_photo
from tests.attachments.sending import attach
from tests.factories.world import World, acting

PAGES = ("attachment", "upload", "blob")


@pytest.mark.parametrize("page", PAGES)
def test_an_operator_sees_and_cannot_change(field: World, page: str) -> None:
    kept = attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), camera_photo())
    operator = User.objects.create_superuser("operator", "an operator's password")
    client = Client()
    client.force_login(operator)
    listed = client.get(f"/admin/attachments/{page}/")
    assert listed.status_code == 200
    row = {"attachment": kept, "upload": kept.uploads.get(), "blob": kept.blob}[page]
    assert row is not None
    assert str(row.pk) in listed.content.decode()
    assert client.get(f"/admin/attachments/{page}/{row.pk}/change/").status_code == 200
    assert client.post(f"/admin/attachments/{page}/{row.pk}/change/", {"state": "refused"}).status_code == 403
    assert client.post(f"/admin/attachments/{page}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get(f"/admin/attachments/{page}/add/").status_code == 403
    assert Attachment.objects.get().state == "stored"


@pytest.mark.parametrize("page", PAGES)
def test_an_operator_of_an_org_sees_its_own_alone(field: World, page: str) -> None:
    kept = attach(acting(field.ana, field.phone(field.ana)), field.account("Hilltop", field.north), camera_photo())
    row = {"attachment": kept, "upload": kept.uploads.get(), "blob": kept.blob}[page]
    assert row is not None
    for who, sees in ((field.dee, True), (field.zoe, False)):
        User.objects.filter(pk=who.pk).update(is_staff=True, is_superuser=True)
        client = Client()
        client.force_login(User.objects.get(pk=who.pk))
        listed = client.get(f"/admin/attachments/{page}/")
        assert (str(row.pk) in listed.content.decode()) is sees
        assert sees or field.org.name not in listed.content.decode()
        assert client.get(f"/admin/attachments/{page}/{row.pk}/change/").status_code == (200 if sees else 302)
