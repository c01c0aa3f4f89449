"""What the person sees."""

from datetime import UTC, date, datetime

import pytest

from mobile_client_stub.cli import find
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere
from tests.mobile_client_stub.conftest import Phone
from tests.mobile_client_stub.scripted import Scripted, page, put
from tests.mobile_client_stub.world import FAR, OTHER, STORE, VISIT, address, visit


def test_nearby_is_nearest_first_with_the_distance_on_the_ground(ana: Device) -> None:
    found = ana.nearby(42.0300, -93.6200, 2)
    assert [place.name for place in found] == ["Ames Liquor", "Boone Market"]
    assert found[0].distance_m == 0.0
    assert found[1].distance_m is not None
    assert round(found[1].distance_m / 1000, 1) == 21.8


def test_nearby_leaves_out_what_has_no_place(ana: Device) -> None:
    ana.create_account("Nowhere")
    assert [place.name for place in ana.nearby(41.6, -93.6, 10)] == ["Far Goods", "Ames Liquor", "Boone Market"]
    assert ana.nearby(41.6, -93.6, 0) == []


def test_today_is_the_persons_own_day_where_they_live(server: Scripted, ana: Device) -> None:
    late, tomorrow, bens = (
        visit("late", OTHER, "2026-05-05T02:00:00+00:00"),
        visit("t", FAR, "2026-05-05T13:00:00+00:00"),
        visit("b", FAR),
    )
    server.pages["c1"] = [
        page(
            put("visit", late, OTHER),
            put("visit", tomorrow, FAR),
            put("visit", bens | {"repId": "ben"}, FAR),
            cursor="c2",
        )
    ]
    server.pages["c2"] = [page(cursor="c2")]
    ana.sync()
    assert [stop.visit["id"] for stop in ana.today()] == [VISIT, "late"]
    assert [stop.visit["id"] for stop in ana.today(date(2026, 5, 5))] == ["t"]


def test_a_phone_whose_clock_lies_still_shows_the_right_day(phone: Phone) -> None:
    liar = phone(clock=lambda: datetime(1999, 1, 1, tzinfo=UTC))
    liar.sign_in("ana", "secret")
    liar.sync()
    assert liar.local_day() == date(2026, 5, 4)
    assert [stop.visit["id"] for stop in liar.today()] == [VISIT]


def test_deals_come_with_their_stage_and_account(ana: Device) -> None:
    (deal,) = ana.opportunities()
    assert deal.stage is not None
    assert deal.account is not None
    assert (deal.opportunity["name"], deal.stage["name"], deal.account["id"]) == ("Cold case", "Lead", STORE)


def test_an_address_taken_off_offline_is_gone_at_once_and_the_next_one_leads(server: Scripted, ana: Device) -> None:
    second = address(STORE, 42.5, -93.5) | {"isPrimary": False, "street": "Gate 3"}
    server.pages["c1"] = [page(put("address", second, STORE), cursor="c2")]
    server.pages["c2"] = [page(cursor="c2")]
    ana.sync()
    with pytest.raises(NotHere, match="Say which"):
        find.address(ana, find.place(ana, "ames"), None)
    first = find.address(ana, find.place(ana, "ames"), "main st")
    ana.go_offline()
    ana.remove_address(first["id"])
    assert [(one["street"], one["isPrimary"]) for one in ana.addresses(STORE)] == [("Gate 3", True)]
    assert find.place(ana, "ames").point == (42.5, -93.5)
    (entry,) = ana.outbox()
    assert (entry.name, entry.entity_id, entry.base["street"]) == ("address.remove", first["id"], "Main St")
    with pytest.raises(NotHere, match="no address"):
        ana.remove_address(first["id"])
    ana.remove_address(second["id"])
    assert ana.addresses(STORE) == []
