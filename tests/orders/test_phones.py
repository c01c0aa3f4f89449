"""Orders taken offline: each taken once, with what was promised, whoever covers the account by then. These tests really
commit."""

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from backend.crm.models import Account, Product
from backend.kit import clock
from backend.kit.ids import new_id
from backend.merging.actions import merge_accounts, undo_merge
from backend.orders.actions import confirm_order
from backend.orders.models import Order
from backend.sync.models import SyncIssue
from backend.sync.protocol import Mutation, Status
from backend.territories.actions import place_account, share_account
from tests.factories.replica import Phone, Replica, codes, pulled, same_as_new
from tests.factories.world import World, acting

pytestmark = pytest.mark.usefixtures("transactional_db")


def submit(replica: Replica, account: Account, product_id: UUID, **more: Any) -> Mutation:
    """Makes the mutation of an order of three."""
    item = {"id": str(new_id()), "productId": str(product_id), "quantity": "3", "unitPrice": "12.50"}
    args = {"accountId": str(account.pk), "items": [item], "placedAt": clock.now().isoformat()} | more
    return replica.mutation("order.submit", new_id(), args=args)


def test_an_order_taken_offline_comes_back_with_number_and_prices(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    visit = field.visit(account)
    ana, ben, cy = pulled(phone(field.ana)), pulled(phone(field.ben)), pulled(phone(field.cy))
    taken = clock.now() - timedelta(hours=3)
    Product.objects.update(unit_price="13.00")
    sent = submit(ana, account, field.product.pk, visitId=str(visit.pk), note="n", placedAt=taken.isoformat())
    first, again = ana.push(sent), ana.push(sent)
    assert codes(first) == codes(again) == [(Status.APPLIED, None)]
    assert Order.objects.count() == 1
    for replica in (ana, ben, cy):
        assert same_as_new(pulled(replica), field)
    [order], [item] = ana.of("order").values(), ana.of("orderItem").values()
    assert {name: order[name] for name in ("accountId", "visitId", "authorId", "number", "state", "total", "note")} == {
        "accountId": str(account.pk),
        "visitId": str(visit.pk),
        "authorId": str(field.ana.pk),
        "number": 1,
        "state": "submitted",
        "total": "39.00",
        "note": "n",
    }
    assert datetime.fromisoformat(order["placedAt"]) == taken
    shown = ("orderId", "position", "sku", "quantity", "unitPrice", "offeredPrice", "priceDiffers", "withdrawn")
    assert [item[name] for name in shown] == [order["id"], 0, "P1", "3.00", "13.00", "12.50", True, False]
    assert set(ben.of("order")) == set(ana.of("order"))
    assert cy.of("order") == cy.of("orderItem") == {}


def test_an_order_that_does_not_say_when_was_taken_when_it_was_written_down(field: World, phone: Phone) -> None:
    ana = pulled(phone(field.ana))
    written = clock.now() - timedelta(hours=3)
    sent = submit(ana, field.account("Hilltop", field.north), field.product.pk, placedAt=None)
    reply = ana.push(replace(sent, client_time=written, clock_offset_ms=60_000))
    assert codes(reply) == [(Status.APPLIED, None)]
    assert Order.objects.get().placed_at == written + timedelta(minutes=1)


def test_a_line_that_cannot_be_taken_is_named_and_the_order_is_kept_in_the_inbox(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana = pulled(phone(field.ana))
    [result] = ana.push(submit(ana, account, new_id())).results
    assert (result.status, result.code) == (Status.REJECTED, "ORDER_LINES")
    assert result.fields == {"items[0].productId": "PRODUCT_NOT_FOUND"}
    issue = SyncIssue.objects.get()
    assert (issue.entity, issue.code) == ("order", "ORDER_LINES")
    assert '"quantity": "3"' in str(issue.mine).replace("'", '"') + str(issue.args).replace("'", '"')
    assert codes(ana.push(submit(ana, account, field.product.pk))) == [(Status.APPLIED, None)]
    assert same_as_new(pulled(ana), field)


def test_an_order_on_a_visit_that_is_none_stands_without_it(field: World, phone: Phone) -> None:
    account, elsewhere = field.account("Hilltop", field.north), field.visit(field.account("Lakeside", field.north))
    secret = field.visit(field.account("Valley", field.south), field.cy)
    ana = pulled(phone(field.ana))
    for visit_id, code in (
        (elsewhere.pk, "VISIT_OTHER_ACCOUNT"),
        (secret.pk, "VISIT_NOT_FOUND"),
        (new_id(), "VISIT_NOT_FOUND"),
    ):
        sent = submit(ana, account, field.product.pk, visitId=str(visit_id))
        assert codes(ana.push(sent)) == [(Status.MERGED, code)]
        assert Order.objects.get(pk=str(sent.entity_id)).visit_id is None
    assert SyncIssue.objects.filter(user=field.ana, entity="order").count() == 3


def test_an_order_taken_before_the_account_went_to_somebody_else_is_honoured(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, cy = pulled(phone(field.ana)), pulled(phone(field.cy))
    sent = submit(ana, account, field.product.pk)
    place_account(actor=acting(field.dee), account=account, territory=field.south)
    ana.pull()
    assert codes(ana.push(sent)) == [(Status.APPLIED, None)]
    stranger = submit(cy, field.account("Lakeside", field.north), field.product.pk)
    assert codes(cy.push(stranger)) == [(Status.REJECTED, "ACCOUNT_NOT_FOUND")]
    assert same_as_new(pulled(cy), field)
    assert [row["authorId"] for row in cy.of("order").values()] == [str(field.ana.pk)]
    assert same_as_new(pulled(ana), field)
    with clock.moved_to(clock.now() + timedelta(hours=73)):
        assert codes(ana.push(submit(ana, account, field.product.pk))) == [(Status.REJECTED, "ACCOUNT_NOT_FOUND")]


def test_an_order_is_called_off_offline_unless_it_was_confirmed_meanwhile(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    ana, ben, cy = pulled(phone(field.ana)), pulled(phone(field.ben)), pulled(phone(field.cy))
    one, two = (submit(ana, account, field.product.pk) for _ in range(2))
    ana.push(one, two)
    assert two.entity_id is not None
    confirm_order(actor=acting(field.ben), order=Order.objects.get(pk=two.entity_id))
    for order, code in ((one, None), (two, "ORDER_STATE")):
        assert [
            said for _, said in codes(ana.push(ana.mutation("order.cancel", order.entity_id, args={"reason": "x"})))
        ] == [code]
    refused = codes(cy.push(cy.mutation("order.cancel", one.entity_id, args={"reason": "x"})))
    assert refused == [(Status.REJECTED, "ORDER_NOT_FOUND")]
    for replica in (ana, ben):
        assert same_as_new(pulled(replica), field)
        states = {row["id"]: row["state"] for row in replica.of("order").values()}
        assert states == {str(one.entity_id): "cancelled", str(two.entity_id): "confirmed"}


def test_a_partner_is_told_of_the_order_and_not_what_it_comes_to(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    share_account(actor=acting(field.ben), account=account, user=field.pat)
    ana, pat = pulled(phone(field.ana)), pulled(phone(field.pat))
    ana.push(submit(ana, account, field.product.pk))
    assert same_as_new(pulled(pat), field)
    [order] = pat.of("order").values()
    assert "total" not in order
    assert pat.of("orderItem") == {}
    refused = codes(pat.push(submit(pat, account, field.product.pk)))
    assert refused == [(Status.REJECTED, "PARTNER_MAY_NOT_ORDER")]


def test_two_phones_at_once_have_two_numbers(field: World, phone: Phone) -> None:
    account = field.account("Hilltop", field.north)
    phones = [pulled(phone(field.ana)) for _ in range(3)]

    def send(replica: Replica) -> None:
        try:
            assert codes(replica.push(submit(replica, account, field.product.pk))) == [(Status.APPLIED, None)]
        finally:
            connection.close()

    threads = [Thread(target=send, args=(replica,)) for replica in phones]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Order.objects.values_list("number", flat=True)) == [1, 2, 3]


def test_orders_and_redirects_follow_a_merge_on_every_phone(field: World, phone: Phone) -> None:
    loser, winner = field.account("Hilltop 2", field.south), field.account("Hilltop", field.north)
    third = field.account("Lakeside", field.south)
    ana, cy, dee = pulled(phone(field.ana)), pulled(phone(field.cy)), pulled(phone(field.dee))
    cy.push(submit(cy, loser, field.product.pk))
    cy.pull()
    late = submit(cy, loser, field.product.pk)
    first = merge_accounts(actor=acting(field.dee), loser=loser, winner=winner)
    assert codes(cy.push(late)) == [(Status.APPLIED, None)]
    for replica in (ana, cy, dee):
        assert same_as_new(pulled(replica), field)
    assert {row["accountId"] for row in ana.of("order").values()} == {str(winner.pk)}
    assert len(ana.of("orderItem")) == 2
    assert cy.of("order") == cy.of("accountMerge") == {}
    assert [(row["loserId"], row["accountId"]) for row in ana.of("accountMerge").values()] == [
        (str(loser.pk), str(winner.pk))
    ]
    second = merge_accounts(actor=acting(field.dee), loser=winner, winner=third)
    for replica in (ana, cy, dee):
        assert same_as_new(pulled(replica), field)
    assert {(row["loserId"], row["accountId"]) for row in cy.of("accountMerge").values()} == {
        (str(loser.pk), str(third.pk)),
        (str(winner.pk), str(third.pk)),
    }
    for merge in (second, first):
        undo_merge(actor=acting(field.dee), merge=merge)
        for replica in (ana, cy, dee):
            assert same_as_new(pulled(replica), field)
    assert dee.of("accountMerge") == {}
    assert sorted((len(ana.of("order")), len(cy.of("order")))) == [1, 1]
