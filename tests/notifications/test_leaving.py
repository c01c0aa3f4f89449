"""Ben ends the mail of alerts by the address that stands in it: by a button, or by one click of his mail program."""

from functools import partial
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from pytest_django import Settings

from backend.config.mail_door import mail_door
from backend.kit.ids import new_id
from backend.notifications import dispatch, leaving
from backend.notifications.delivery.wishing import set_preference
from backend.notifications.models import AlertPreference, Delivery
from tests.here import on_this_connection
from tests.notifications.recording import Recording
from tests.notifications.story import Story, actor

LATE = "opportunity.late_stage"
ONE_CLICK = {"data": {"List-Unsubscribe": "One-Click"}}


@pytest.fixture(autouse=True)
def _known_by_name(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://field.example.com"


def ask(method: str, address: str, **more: Any) -> httpx.Response:
    """Asks the door as who has the mail does: nobody signs in."""

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app=partial(mail_door, run=on_this_connection))
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, address, **more)

    return async_to_sync(asked)()


def wishes() -> set[tuple[str, str, str, str]]:
    return set(AlertPreference.objects.values_list("user__full_name", "rule", "channel", "mode"))


def mailed(story: Story) -> str:
    """Ben and Dee have mail of late deals, Ben a phone beside it; returns the way out that stands in Ben's mail."""
    story.phone(story.ben, "bens-phone")
    story.ben.manager = story.dee
    for person in (story.ben, story.dee):
        person.email, person.locale = f"{person.full_name}@example.com", "zh-TW"
        person.save()
        set_preference(actor=actor(person), rule=LATE, channel="email", mode="now")
    set_preference(actor=actor(story.ben), rule="", channel="email", mode="digest")
    set_preference(actor=actor(story.ben), rule="", channel="push", mode="now")
    story.move(story.late)
    way = Recording()
    dispatch.drain(transport=way)
    found = {to: message.unsubscribe for to, message in way.taken}
    assert found["bens-phone"] is None
    address = found["Ben@example.com"]
    assert address is not None
    assert address != found["Dee@example.com"]
    return address


def test_looking_changes_nothing_and_the_button_ends_bens_mail_and_his_mail_alone(story: Story) -> None:
    address = mailed(story)
    story.overdue(new_id())  # waits, by mail, for Ben's digest
    before = wishes()
    assert ask("HEAD", address).status_code == 200
    page = ask("GET", address)
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert '<form method="post"><button>停止發送郵件</button></form>' in page.text
    assert wishes() == before

    for _ in range(2):  # pressed twice is pressed once
        assert "您將不再收到提醒郵件" in ask("POST", address).text
    assert wishes() == {
        ("Ben", "", "email", "off"),
        ("Ben", "", "push", "now"),
        ("Dee", LATE, "email", "now"),
    }
    story.move(story.later)
    way = Recording()
    dispatch.drain(transport=way)
    assert {to for to, _ in way.taken} == {"bens-phone", "Dee@example.com"}
    [digest] = Delivery.objects.filter(user=story.ben, channel="email").exclude(state="sent")
    assert (digest.state, digest.last_outcome) == ("suppressed", "the person turned it off")


def test_a_mail_program_ends_it_by_one_click(story: Story) -> None:
    address = mailed(story)
    assert ask("POST", address, **ONE_CLICK).status_code == 200
    assert ("Ben", "", "email", "off") in wishes()


def test_an_address_that_is_not_ours_ends_nothing(story: Story) -> None:
    address = mailed(story)
    before = wishes()
    for wrong in (address[:-1], address.replace(story.ben.pk.hex, story.dee.pk.hex), address.partition("?")[0]):
        for method in ("GET", "POST"):
            refused = ask(method, wrong)
            assert (refused.status_code, refused.json()["code"]) == (404, "MAIL_ADDRESS_UNKNOWN")
    assert ask("PUT", address).status_code == 405
    assert wishes() == before


def test_where_the_server_has_no_name_mail_has_no_way_out(story: Story, settings: Settings) -> None:
    settings.PUBLIC_URL = None
    assert leaving.address_for(story.ben.pk) is None
