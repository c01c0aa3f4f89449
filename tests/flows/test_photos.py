"""Ana takes a photo and has it signed in a basement, sends both over a line that breaks; Ben sees them, Cy does not."""

from pathlib import Path

import httpx

from backend.attachments.models import Attachment, Upload
from backend.kit.ids import new_id
from backend.territories.actions import place_account
from mobile_client_stub.device import Device
from mobile_client_stub.errors import Refused
from mobile_client_stub.patience import Patience
from mobile_client_stub.wire import Document
from tests.attachments.pictures import camera_photo, place_in, sha256, signature
from tests.config.serving import Serving, until
from tests.factories.world import PASSWORD, World, acting
from tests.flows.conftest import Phone
from tests.flows.faults import Fault
from tests.flows.line import Line

SHOWN = Document(
    "Shown", "query Shown($id: UUID!) { attachment(id: $id) { state downloadUrl thumbnailUrl author { username } } }"
)
BROKEN_AFTER = 700_000


def refusal(device: Device, attachment_id: str) -> tuple[str, str]:
    """Returns how somebody is told no."""
    try:
        device._api.call(SHOWN, {"id": attachment_id})
    except Refused as refused:
        return refused.code, str(refused)
    raise AssertionError("they were shown it")


def test_photo_and_signature_survive_the_basement_and_the_line(
    server: Serving, world: World, phone: Phone, tmp_path: Path
) -> None:
    visit = str(world.visit(world.account("Ames Liquor", world.north)).pk)
    taken, signed = camera_photo(size=(2400, 1800)), signature()
    assert len(taken) > BROKEN_AFTER * 1.2
    (tmp_path / "shelf.jpg").write_bytes(taken)
    (tmp_path / "signature.png").write_bytes(signed)
    ben, cy = phone(world.ben), phone(world.cy)

    with Device(server.base, tmp_path / "ana.sqlite3") as ana:
        ana.sign_in(world.ana.username, PASSWORD)
        ana.sync()
        ana.go_offline()
        photo = ana.attach(visit, tmp_path / "shelf.jpg")
        ana.attach(visit, tmp_path / "signature.png", "signature")
        assert [row["state"] for row in ana.attachments(visit)] == ["announced"] * 2
        (tmp_path / "shelf.jpg").unlink()
    with Line(server.base, [Fault(up=BROKEN_AFTER)]) as line:
        with Device(line.base, tmp_path / "ana.sqlite3", patience=Patience(sleep=lambda seconds: None)) as ana:
            assert (ana.unsent(), ana.files_waiting()) == (2, 2)
            ana.come_back()
            report = ana.sync()
            assert (report.unsent, ana.files_waiting(), report.retries) == (0, 0, 1)
            assert (report.refused, ana.conflicts(), ana.files_refused()) == ([], [], {})
            assert {row["kind"]: row["state"] for row in ana.attachments(visit)} == {
                "photo": "stored",
                "signature": "stored",
            }
            assert list((tmp_path / "ana.sqlite3.files").iterdir()) == []
        assert line.struck == 1
    # It went on where it had stopped: one upload, which no other has taken the place of.
    assert Upload.objects.get(attachment_id=photo["id"]).state == "whole"

    ben.sync()
    seen = {row["kind"]: row for row in ben.attachments(visit)}
    assert {kind: (row["state"], row["sha256"]) for kind, row in seen.items()} == {
        "photo": ("stored", sha256(taken)),
        "signature": ("stored", sha256(signed)),
    }
    shown = ben._api.call(SHOWN, {"id": photo["id"]})["attachment"]
    assert shown["author"] == {"username": world.ana.username}
    with httpx.Client(base_url=server.base, trust_env=False) as web:
        content = web.get(shown["downloadUrl"])
        assert (content.status_code, content.headers["content-type"]) == (200, "image/jpeg")
        assert place_in(taken) != {}
        assert place_in(content.content) == {}

        def small() -> bool:
            ben.sync()
            return all(row["hasThumbnail"] for row in ben.attachments(visit))

        until(small, "both thumbnails on Ben's phone, made by the worker")
        url = ben._api.call(SHOWN, {"id": photo["id"]})["attachment"]["thumbnailUrl"]
        assert len(web.get(url).content) < len(content.content) / 10

        cy.sync()
        assert cy.store.rows("attachment") == []
        hidden, missing = refusal(cy, photo["id"]), refusal(cy, str(new_id()))
        assert hidden == missing
        assert hidden[0] == "ATTACHMENT_NOT_FOUND"
        token = shown["downloadUrl"].partition("?")[2]
        other = Attachment.objects.get(visit_id=visit, kind="signature")
        taken_away = web.get(f"/attachments/{other.pk}/content?{token}")
        never_was = web.get(f"/attachments/{new_id()}/content?{token}")
        assert (taken_away.status_code, taken_away.content) == (never_was.status_code, never_was.content)
        assert never_was.status_code == 404
        # The account goes to Cy's territory: an address that Ben was given a moment ago gives nothing any more.
        assert web.get(shown["downloadUrl"]).status_code == 200
        place_account(actor=acting(world.dee), account=other.account, territory=world.south)
        assert web.get(shown["downloadUrl"]).content == never_was.content
    cy.sync()
    assert {row["state"] for row in cy.attachments(visit)} == {"stored"}
    ben.sync()
    assert ben.store.rows("attachment") == []
