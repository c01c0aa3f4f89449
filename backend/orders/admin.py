"""Orders on the operator's pages: looked at, confirmed, called off; never edited."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from backend.identity.actor import Actor
from backend.identity.models import User
from backend.identity.tokens import actor_of
from backend.kit.errors import DomainError
from backend.orders.actions import cancel_order, confirm_order
from backend.orders.models import Order, OrderItem

if TYPE_CHECKING:
    OrderAdminBase = admin.ModelAdmin[Order]
    ItemsBase = admin.TabularInline[OrderItem, Order]
else:
    OrderAdminBase, ItemsBase = admin.ModelAdmin, admin.TabularInline

Settling = Callable[[Actor, Order], Order]
CANCELLED_HERE = "Cancelled on the operator's pages."


def _actor(request: HttpRequest) -> Actor | None:
    """Returns whom the operator acts as: one who belongs to no org looks, and settles nothing."""
    user = request.user
    return actor_of(user, None) if isinstance(user, User) and user.org_id is not None else None


class Items(ItemsBase):
    """The lines of an order."""

    model = OrderItem
    fields = ("position", "sku", "quantity", "unit_price", "offered_price", "withdrawn")
    ordering = ("position",)
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Lines are frozen."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """Lines are frozen."""
        return False


@admin.register(Order)
class OrderAdmin(OrderAdminBase):
    """The orders of the operator's own org."""

    list_display = ("number", "account__name", "author__username", "placed_at", "total", "currency", "state")
    list_filter = ("state",)
    ordering = ("-number",)
    inlines = (Items,)
    actions = ("confirm", "cancel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Returns the orders of the operator's org."""
        actor = _actor(request)
        rows = super().get_queryset(request)
        return rows.none() if actor is None else rows.filter(org_id=actor.org_id)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Orders are taken at accounts."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """An order is settled, not edited."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        """What was ordered stays known."""
        return False

    @admin.action(description="Confirm", permissions=["change"])
    def confirm(self, request: HttpRequest, chosen: QuerySet[Order]) -> None:
        """Accepts orders, and says which were not."""
        self._settle(request, chosen, lambda actor, order: confirm_order(actor=actor, order=order))

    @admin.action(description="Call off", permissions=["change"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Order]) -> None:
        """Calls orders off, and says which were not."""
        self._settle(
            request, chosen, lambda actor, order: cancel_order(actor=actor, order=order, reason=CANCELLED_HERE)
        )

    def _settle(self, request: HttpRequest, chosen: QuerySet[Order], act: Settling) -> None:
        actor = _actor(request)
        if actor is None:
            return
        for order in chosen.order_by("number"):
            try:
                done = act(actor, order)
            except DomainError as error:
                self.message_user(request, f"Order {order.number}: {error.message}", messages.ERROR)
            else:
                self.message_user(request, f"Order {order.number} is {done.state}.")
