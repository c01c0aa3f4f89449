"""What a customer ordered is taken down once, with the prices of that moment."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from backend.crm.models import Account, OrderLine, Product
from backend.events.models import OutboxEvent
from backend.identity.actor import Actor
from backend.identity.models import User
from backend.kit import clock
from backend.kit.errors import DomainError, Invalid
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts, undo_merge
from backend.orders import lines
from backend.orders.actions import cancel_order, confirm_order, submit_order
from backend.orders.models import Order, OrderItem
from backend.orders.queries import order_for
from backend.territories.actions import share_account
from tests.factories.world import World, acting


def line(product: Product | None, quantity: object = "2", **more: object) -> dict[str, object]:
    """Returns a line as JSON has it."""
    return {"id": str(new_id()), "productId": str(product.pk if product else new_id()), "quantity": quantity} | more


def ordered(field: World, account: Account, *given: dict[str, object], by: User | None = None, **more: Any) -> Order:
    """Ana takes an order of what is given, or of two bottles of gin."""
    asked = lines.read(list(given) or [line(field.product)])
    return submit_order(actor=acting(by or field.ana), order_id=new_id(), account=account, lines=asked, **more)


def test_an_order_is_taken_with_the_prices_of_the_catalogue(field: World) -> None:
    rum = Product.objects.create(org=field.org, sku="P2", name="Rum", unit_price="20.00")
    odd = Product.objects.create(org=field.org, sku="P3", name="By arrangement")
    account = field.account("Hilltop", field.north)
    order = ordered(
        field,
        account,
        line(field.product, 3, unitPrice="12.50"),
        line(rum, "1.5", unitPrice="18"),
        line(odd, 1, unitPrice=7.25),
        note=" Ring twice ",
    )
    items = order.items.order_by("position")
    assert [(one.sku, one.quantity, one.unit_price, one.offered_price, one.price_differs) for one in items] == [
        ("P1", Decimal("3.00"), Decimal("12.50"), None, False),
        ("P2", Decimal("1.50"), Decimal("20.00"), Decimal("18.00"), True),
        ("P3", Decimal("1.00"), Decimal("7.25"), None, False),
    ]
    assert (order.total, order.currency, order.state, order.note) == (
        Decimal("74.75"),
        "USD",
        "submitted",
        "Ring twice",
    )
    Product.objects.update(unit_price="99.00")
    order.refresh_from_db()
    assert order.total == Decimal("74.75")
    assert OutboxEvent.objects.filter(name="order.submitted").count() == 1
    assert not OrderLine.objects.exists(), "what the other system will report must not be counted twice"


def test_orders_count_up_in_their_org(field: World) -> None:
    account = field.account("Hilltop", field.north)
    abroad = Account.objects.create(org=field.other_org, name="Elsewhere")
    theirs = Product.objects.create(org=field.other_org, sku="Z", name="Z", unit_price=1)
    assert [ordered(field, account).number, ordered(field, account).number] == [1, 2]
    with pytest.raises(Invalid):
        ordered(field, account, line(None))
    assert ordered(field, abroad, line(theirs), by=field.zoe).number == 1
    assert ordered(field, account).number == 3


@pytest.mark.parametrize(
    ("given", "problems"),
    [
        ({"quantity": 0}, {"items[1].quantity": "OUT_OF_RANGE"}),
        ({"quantity": "-1"}, {"items[1].quantity": "OUT_OF_RANGE"}),
        ({"quantity": "0.001"}, {"items[1].quantity": "OUT_OF_RANGE"}),
        ({"quantity": 10**7}, {"items[1].quantity": "OUT_OF_RANGE"}),
        ({"quantity": float("nan")}, {"items[1].quantity": "OUT_OF_RANGE"}),
        ({"quantity": "many"}, {"items[1].quantity": "NOT_A_NUMBER"}),
        ({"quantity": True}, {"items[1].quantity": "NOT_A_NUMBER"}),
        ({"quantity": None}, {"items[1].quantity": "REQUIRED"}),
        ({"unitPrice": [], "id": None}, {"items[1].unitPrice": "NOT_A_NUMBER", "items[1].id": "REQUIRED"}),
        ({"unitPrice": "-0.01"}, {"items[1].unitPrice": "OUT_OF_RANGE"}),
        ({"productId": "gin"}, {"items[1].productId": "NOT_A_UUID"}),
        ({"colour": "red"}, {"items[1].colour": "UNKNOWN_FIELD"}),
        ({"productId": str(new_id())}, {"items[1].productId": "PRODUCT_NOT_FOUND"}),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_kept(
    field: World, given: dict[str, object], problems: dict[str, str]
) -> None:
    account = field.account("Hilltop", field.north)
    with pytest.raises(Invalid) as error:
        ordered(field, account, line(field.product), line(field.product) | given)
    assert (error.value.code, error.value.fields) == ("ORDER_LINES", problems)
    assert not Order.objects.exists()


def test_an_order_as_a_whole_that_is_none(field: World) -> None:
    account, other = field.account("Hilltop", field.north), field.account("Valley", field.north)
    twice = line(field.product)
    for given, code in (
        ([], "ORDER_EMPTY"),
        ("gin", "ORDER_EMPTY"),
        ([twice] * 201, "ORDER_TOO_LONG"),
        ([twice, twice], "ORDER_LINES"),
        (["gin"], "ORDER_LINES"),
    ):
        with pytest.raises(Invalid) as error:
            lines.read(given)
        assert error.value.code == code
    euro = Product.objects.create(org=field.org, sku="E", name="Ouzo", unit_price=1, currency="EUR")
    free = Product.objects.create(org=field.org, sku="F", name="By arrangement")
    for given, problem in (
        ([line(field.product), line(euro)], {"items[1].productId": "OTHER_CURRENCY"}),
        ([line(free)], {"items[0].unitPrice": "PRICE_REQUIRED"}),
        ([line(free, "9999999", unitPrice="999999999")], {"items": "OUT_OF_RANGE"}),
    ):
        with pytest.raises(Invalid) as error:
            ordered(field, account, *given)
        assert error.value.fields == problem
    with pytest.raises(Invalid) as error:
        ordered(field, account, visit=field.visit(other))
    assert error.value.code == "VISIT_OTHER_ACCOUNT"
    share_account(actor=acting(field.ben), account=account, user=field.pat)
    with pytest.raises(DomainError) as refused:
        ordered(field, account, by=field.pat)
    assert refused.value.code == "PARTNER_MAY_NOT_ORDER"


def test_a_product_withdrawn_since_is_taken_and_marked(field: World) -> None:
    Product.objects.filter(pk=field.product.pk).update(deleted_at=clock.now())
    assert ordered(field, field.account("Hilltop", field.north)).items.get().withdrawn


def test_when_it_was_taken_is_the_phones_word_while_that_can_be_believed(field: World) -> None:
    account, now = field.account("Hilltop", field.north), clock.now()
    for claimed, offset, taken in (
        (now - timedelta(hours=5), timedelta(0), now - timedelta(hours=5)),
        (now + timedelta(days=3), timedelta(0), None),
        (now + timedelta(days=3), timedelta(days=-3, hours=-1), now - timedelta(hours=1)),
        (now.replace(year=2999), timedelta(0), None),
    ):
        order = ordered(field, account, claimed_at=claimed, offset=offset)
        assert order.placed_at == (taken or order.received_at)


def test_an_order_and_its_lines_are_frozen(field: World) -> None:
    item = ordered(field, field.account("Hilltop", field.north)).items.get()
    changes: tuple[Callable[[], object], ...] = (
        lambda: OrderItem.objects.filter(pk=item.pk).update(unit_price="1"),
        lambda: OrderItem.objects.filter(pk=item.pk).delete(),
    )
    for change in changes:
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()
    with pytest.raises(DomainError) as error:
        submit_order(
            actor=acting(field.ana),
            order_id=item.order_id,
            account=item.order.account,
            lines=lines.read([line(field.product)]),
        )
    assert error.value.code == "ID_TAKEN"


def test_who_settles_an_order(field: World) -> None:
    account = field.account("Hilltop", field.north)
    field.account("Valley", field.south)
    order = ordered(field, account)
    refusals: tuple[tuple[User, Callable[[Actor], object], str], ...] = (
        (field.ana, lambda actor: confirm_order(actor=actor, order=order), "MANAGER_ONLY"),
        (field.cy, lambda actor: cancel_order(actor=actor, order=order, reason="x"), "NOT_YOUR_ORDER"),
        (field.ana, lambda actor: cancel_order(actor=actor, order=order, reason=" "), "REASON_REQUIRED"),
    )
    for who, act, code in refusals:
        with pytest.raises(DomainError) as error:
            act(acting(who))
        assert error.value.code == code
    confirmed = confirm_order(actor=acting(field.ben), order=order)
    assert (confirmed.state, confirmed.settled_by_id) == ("confirmed", field.ben.pk)
    with pytest.raises(DomainError) as error:
        cancel_order(actor=acting(field.ana), order=order, reason="changed their mind")
    assert (error.value.code, error.value.fields) == ("ORDER_STATE", {"state": "is confirmed"})
    cancelled = cancel_order(actor=acting(field.ana), order=ordered(field, account), reason="changed their mind")
    assert (cancelled.state, cancelled.reason) == ("cancelled", "changed their mind")
    assert OutboxEvent.objects.filter(name="order.settled").count() == 2


def test_who_sees_an_order(field: World) -> None:
    order = ordered(field, field.account("Hilltop", field.south))
    for who in (field.ana, field.cy, field.bea, field.dee):
        assert order_for(acting(who), order.pk).pk == order.pk
    for who in (field.ben, field.pat, field.zoe):
        with pytest.raises(DomainError) as error:
            order_for(acting(who), order.pk)
        assert error.value.code == "ORDER_NOT_FOUND"


def test_orders_go_with_an_account_that_is_merged_and_come_back(field: World) -> None:
    loser, winner = field.account("Hilltop 2", field.north), field.account("Hilltop", field.north)
    order = ordered(field, loser)
    merge = merge_accounts(actor=acting(field.ben), loser=loser, winner=winner)
    order.refresh_from_db()
    assert order.account_id == winner.pk
    late = ordered(field, loser)
    late.refresh_from_db()
    assert late.account_id == winner.pk
    undo_merge(actor=acting(field.ben), merge=merge)
    assert list(Order.objects.order_by("number").values_list("account_id", flat=True)) == [loser.pk, winner.pk]
