"""Taking orders on the phone, and what it shows of them."""

from datetime import UTC

import pytest

from mobile_client_stub.cli import show
from mobile_client_stub.clock import new_id
from mobile_client_stub.device import Device
from mobile_client_stub.errors import NotHere, NotNow
from tests.mobile_client_stub.scripted import Scripted, page, put
from tests.mobile_client_stub.test_command_line import printed
from tests.mobile_client_stub.world import FAR, ORG, OTHER, STORE, VISIT

GIN, RUM = new_id(), new_id()


@pytest.fixture
def stocked(server: Scripted, ana: Device) -> Device:
    """Returns Ana's phone with a catalogue."""
    usual = {"category": "", "vendor": "", "currency": "USD", "version": 1}
    server.pages["c1"] = [
        page(
            put("product", {"id": GIN, "sku": "P1", "name": "Gin", "unitPrice": "12.50"} | usual, ORG),
            put("product", {"id": RUM, "sku": "P2", "name": "Rum", "unitPrice": None} | usual, ORG),
            cursor="c2",
        )
    ]
    server.pages["c2"] = [page(cursor="c2")]
    ana.sync()
    return ana


def test_an_order_taken_offline_is_shown_at_once_and_waits(stocked: Device) -> None:
    stocked.go_offline()
    stocked.check_in(VISIT, None, None)
    taken = stocked.order(STORE, [(GIN, "12", None), (RUM, "1", "20")], "Ring twice")
    assert (taken["total"], taken["currency"], taken["state"], taken["visitId"]) == (
        "170.00",
        "USD",
        "submitted",
        VISIT,
    )
    [(order, items)] = stocked.orders(STORE)
    assert order["id"] == taken["id"]
    assert [(item["sku"], item["quantity"], item["unitPrice"]) for item in items] == [
        ("P1", "12", "12.50"),
        ("P2", "1", "20"),
    ]
    entry = stocked.outbox()[-1]
    assert (entry.name, entry.args["note"], len(entry.args["items"])) == ("order.submit", "Ring twice", 2)
    lines = printed(show.order((order, items), UTC))
    assert lines[0].startswith("Order, not sent yet of ")
    assert "170.00 USD, submitted" in lines[0]
    assert stocked.cancel_order(taken["id"], "Changed their mind")["state"] == "cancelled"
    with pytest.raises(NotNow, match="cancelled already"):
        stocked.cancel_order(taken["id"], "again")


def test_what_is_no_order_is_refused_on_the_phone(stocked: Device) -> None:
    for lines, told in (
        ([], "at least one line"),
        ([(RUM, "1", None)], "P2 has no price"),
        ([(GIN, "many", None)], "'many' is no number"),
        ([(GIN, "nan", None)], "'nan' is no number"),
    ):
        with pytest.raises(NotNow, match=told):
            stocked.order(STORE, lines)
    with pytest.raises(NotHere):
        stocked.order(STORE, [(new_id(), "1", None)])
    assert stocked.outbox() == []


def test_the_servers_order_tells_what_became_of_the_price(server: Scripted, stocked: Device) -> None:
    order_id = new_id()
    order = {
        "id": order_id,
        "accountId": STORE,
        "visitId": None,
        "authorId": "x",
        "number": 7,
        "state": "confirmed",
        "placedAt": "2026-05-04T15:00:00+00:00",
        "receivedAt": "2026-05-04T15:00:00+00:00",
        "note": "",
        "currency": "USD",
        "total": "13.00",
        "settledById": "b",
        "settledAt": None,
        "reason": "",
        "version": 1,
    }
    item = {
        "id": new_id(),
        "orderId": order_id,
        "position": 0,
        "productId": GIN,
        "sku": "P1",
        "quantity": "1.00",
        "unitPrice": "13.00",
        "offeredPrice": "12.50",
        "priceDiffers": True,
        "withdrawn": True,
        "version": 1,
    }
    server.pages["c2"] = [page(put("order", order, STORE), put("orderItem", item, STORE), cursor="c3")]
    server.pages["c3"] = [page(cursor="c3")]
    stocked.sync()
    lines = printed(show.order(stocked.orders(STORE)[0], UTC))
    assert lines[0] == "Order 7 of 04 May 15:00, 13.00 USD, confirmed"
    assert lines[2].split() == ["P1", "1.00", "13.00", "you", "said", "12.50,", "no", "longer", "sold"]


def test_unsent_work_at_an_account_that_was_merged_is_shown_where_it_will_land(
    server: Scripted, stocked: Device
) -> None:
    stocked.go_offline()
    stocked.edit_account(OTHER, notes="Ring twice")
    stocked.order(OTHER, [(GIN, "1", None)])
    stocked.come_back()
    merged = {"id": new_id(), "loserId": OTHER, "accountId": FAR, "mergedById": "b", "mergedAt": "x", "version": 1}
    gone = {"op": "evict", "root": OTHER, "reason": "scope"}
    server.pages["c2"] = [page(gone, put("accountMerge", merged, FAR), cursor="c3", lastSeq=0)]
    server.pages["c3"] = [page(cursor="c3", lastSeq=0)]
    stocked.sync()
    assert [len(items) for _, items in stocked.orders(FAR)] == [1]
    with stocked.screen() as view:
        assert view.need("account", OTHER)["notes"] == "Ring twice"
        assert view.need("account", FAR)["notes"] == "Ring twice"
