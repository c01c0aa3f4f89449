"""Orders on the operator's pages."""

from django.test import Client

from backend.identity.models import User
from backend.kit.ids import new_id
from backend.orders import lines
from backend.orders.actions import submit_order
from backend.orders.models import Order
from tests.factories.world import World, acting

LIST = "/admin/orders/order/"


def signed_in(user: User) -> Client:
    """Returns a browser in which an operator has signed in."""
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def ordered(field: World) -> Order:
    """Ana takes an order."""
    asked = lines.read([{"id": new_id(), "productId": field.product.pk, "quantity": 2}])
    account = field.account("Hilltop", field.north)
    return submit_order(actor=acting(field.ana), order_id=new_id(), account=account, lines=asked)


def test_an_operator_looks_confirms_and_calls_off(field: World) -> None:
    one, two = ordered(field), ordered(field)
    dee = signed_in(field.dee)
    assert dee.get(LIST).content.count(b"Hilltop") == 2
    assert b"12.50" in dee.get(f"{LIST}{one.pk}/change/").content
    assert signed_in(field.zoe).get(LIST).content.count(b"Hilltop") == 0
    for action, order, told in (
        ("confirm", one, b"Order 1 is confirmed."),
        ("cancel", two, b"Order 2 is cancelled."),
        ("cancel", one, b"Order 1: That order is confirmed already."),
    ):
        page = dee.post(LIST, {"action": action, "_selected_action": [str(order.pk)]}, follow=True)
        assert told in page.content
    assert [one.state for one in Order.objects.order_by("number")] == ["confirmed", "cancelled"]
    assert dee.post(f"{LIST}{one.pk}/change/", {"note": "x"}).status_code == 403
    assert dee.get(f"{LIST}add/").status_code == 403
