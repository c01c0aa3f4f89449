"""Orders through the gateway."""

from collections.abc import Callable
from typing import Any

import pytest

from backend.crm.models import Product
from backend.identity.models import User
from backend.kit.ids import new_id
from backend.orders import lines
from backend.orders.actions import submit_order
from backend.territories.actions import share_account
from tests.factories.world import World, acting
from tests.schema.conftest import Client

Ask = Callable[[User | None], Client]

SUBMIT = """mutation ($i: SubmitOrderInput!) { submitOrder(input: $i) { order { id number state total currency note
  placedAt receivedAt author { username } account { name } visit { id }
  items { position sku quantity unitPrice offeredPrice priceDiffers withdrawn product { name } } } } }"""
CONFIRM = "mutation ($o: UUID!) { confirmOrder(orderId: $o) { order { state settledBy { username } } } }"
CANCEL = "mutation ($o: UUID!, $r: String!) { cancelOrder(orderId: $o, reason: $r) { order { state reason } } }"
ORDERS = """query ($f: OrderFilter) { orders(filter: $f) { nodes { number total author { username } account { name }
  visit { state } items { sku product { name } } } } }"""


def order_input(field: World, account_id: object, **more: Any) -> dict[str, Any]:
    """Returns the input of an order of three bottles of gin at a price that is no more."""
    item = {"productId": str(field.product.pk), "quantity": "3", "unitPrice": "12.00"}
    return {"accountId": str(account_id), "items": [item], **more}


def test_ana_orders_and_ben_confirms(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    visit, order_id = field.visit(account), new_id()
    given = order_input(field, account.pk, id=str(order_id), visitId=str(visit.pk), note="Ring twice")
    order = ask(field.ana)(SUBMIT, i=given)["submitOrder"]["order"]
    assert (order["id"], order["number"], order["state"], order["total"]) == (str(order_id), 1, "submitted", "37.50")
    assert (order["account"], order["visit"]) == ({"name": "Hilltop"}, {"id": str(visit.pk)})
    assert order["items"] == [
        {
            "position": 0,
            "sku": "P1",
            "quantity": "3.00",
            "unitPrice": "12.50",
            "offeredPrice": "12.00",
            "priceDiffers": True,
            "withdrawn": False,
            "product": {"name": "Gin"},
        }
    ]
    assert ask(field.ana).refused(SUBMIT, i=given)["code"] == "ID_TAKEN"
    assert ask(field.ana).refused(CONFIRM, o=str(order_id))["code"] == "MANAGER_ONLY"
    assert ask(field.cy).refused(CANCEL, o=str(order_id), r="x")["code"] == "ORDER_NOT_FOUND"
    confirmed = ask(field.ben)(CONFIRM, o=str(order_id))["confirmOrder"]["order"]
    assert confirmed == {"state": "confirmed", "settledBy": {"username": "ben"}}
    assert ask(field.ana).refused(CANCEL, o=str(order_id), r="late")["code"] == "ORDER_STATE"
    second = ask(field.ana)(SUBMIT, i=order_input(field, account.pk))["submitOrder"]["order"]
    cancelled = ask(field.ana)(CANCEL, o=second["id"], r="Changed their mind")["cancelOrder"]["order"]
    assert cancelled == {"state": "cancelled", "reason": "Changed their mind"}


def test_a_refusal_names_line_and_field(field: World, ask: Ask) -> None:
    account = field.account("Hilltop", field.north)
    given = order_input(field, account.pk)
    given["items"].append({"productId": str(new_id()), "quantity": "1"})
    refusal = ask(field.ana).refused(SUBMIT, i=given)
    assert (refusal["code"], refusal["fields"]) == ("ORDER_LINES", {"items[1].productId": "PRODUCT_NOT_FOUND"})
    assert ask(field.cy).refused(SUBMIT, i=order_input(field, account.pk))["code"] == "ACCOUNT_NOT_FOUND"


def _stock(field: World, count: int) -> None:
    for number in range(count):
        account = field.account(f"Store {number}", field.north)
        product = Product.objects.create(org=field.org, sku=f"S{number}", name=f"Rum {number}", unit_price=1)
        submit_order(
            actor=acting(field.ana),
            order_id=new_id(),
            account=account,
            visit=field.visit(account),
            lines=lines.read([{"id": new_id(), "productId": product.pk, "quantity": 1}]),
        )
        share_account(actor=acting(field.ben), account=account, user=field.pat)
    secret = field.account("Secret", field.south)
    asked = lines.read([{"id": new_id(), "productId": field.product.pk, "quantity": 1}])
    submit_order(actor=acting(field.cy), order_id=new_id(), account=secret, lines=asked)


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_as_many_queries_for_three_orders_as_for_one(field: World, ask: Ask, count: int) -> None:
    _stock(field, count)
    ana = ask(field.ana)
    found = ana(ORDERS)["orders"]["nodes"]
    assert ana.queries == 1
    assert [one["account"]["name"] for one in found] == [f"Store {number}" for number in reversed(range(count))]
    edge = ana("{ accounts(first: 3) { nodes { name orders { number items { sku } } } } }")["accounts"]["nodes"]
    assert ana.queries == 1
    assert [len(one["orders"]) for one in edge] == [1] * count
    account = edge[0]
    assert len(ana(ORDERS, f={"state": {"eq": "cancelled"}})["orders"]["nodes"]) == 0
    assert account["orders"][0]["items"] == [{"sku": "S0"}]


def test_a_partner_reads_that_there_is_an_order_and_not_what_it_comes_to(field: World, ask: Ask) -> None:
    _stock(field, 1)
    [order] = ask(field.pat)(ORDERS)["orders"]["nodes"]
    assert (order["number"], order["total"], order["items"]) == (1, None, [])
    refusal = ask(field.pat).refused(SUBMIT, i=order_input(field, field.account("Hilltop", field.north).pk))
    assert refusal["code"] == "ACCOUNT_NOT_FOUND"
