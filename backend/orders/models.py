"""What customers ordered through a rep. What other systems say was ordered and delivered is crm.OrderLine."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from backend.crm.models import Account, Product
from backend.field.models import Visit
from backend.identity.models import OUTSIDERS
from backend.kit.field_rules import WHOLE, FieldRule, FieldRules
from backend.kit.models import Row

USER = settings.AUTH_USER_MODEL


class OrderState(models.TextChoices):
    """submitted → confirmed | cancelled. A draft lives on the phone alone."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Order(Row):
    """An order taken at an account; `number` counts up in the org. `total` is in `currency`.

    `placed_at` is when it was taken, by the phone's clock where that can be believed; `received_at` when it came here."""

    FIELD_RULES: ClassVar[FieldRules] = {"total": FieldRule(hidden_from=OUTSIDERS)}

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="orders")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="orders", null=True, blank=True)
    author = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="orders")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=OrderState.choices, default=OrderState.SUBMITTED)
    placed_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="The phone's own clock.")
    received_at = models.DateTimeField()
    note = models.TextField(blank=True)
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=14, decimal_places=2)
    settled_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why cancelled.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "number"], name="order_number_unique"),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_known"),
            models.CheckConstraint(condition=Q(total__gte=0), name="order_total_positive"),
            models.CheckConstraint(condition=~Q(state="cancelled") | ~Q(reason=""), name="order_cancelled_says_why"),
            models.CheckConstraint(
                condition=Q(state="submitted", settled_at=None) | (~Q(state="submitted") & Q(settled_at__isnull=False)),
                name="order_settled_has_time",
            ),
        ]
        indexes = [models.Index(fields=["account", "-placed_at"], name="order_by_account")]


class OrderItem(Row):
    """A line of an order; frozen with it, held so by a database trigger.

    `unit_price` is the catalogue's at the moment it came here, or where that has none the phone's. `offered_price` is what
    the phone said, kept when it was another (`price_differs`). `withdrawn`: the product had left the catalogue."""

    # A line without its price still says what somebody buys from others.
    FIELD_RULES: ClassVar[FieldRules] = {WHOLE: FieldRule(hidden_from=OUTSIDERS)}

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField()
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=60)
    quantity = models.DecimalField(max_digits=12, decimal_places=2)
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    offered_price = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    price_differs = models.BooleanField(default=False)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="order_item_position"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_item_quantity_positive"),
            models.CheckConstraint(condition=Q(unit_price__gte=0), name="order_item_price_positive"),
            models.CheckConstraint(
                condition=Q(price_differs=False) | Q(offered_price__isnull=False), name="order_item_differs_from_what"
            ),
        ]


class LastNumber(models.Model):
    """The number of an org's newest order."""

    org = models.OneToOneField("identity.Org", on_delete=models.PROTECT, primary_key=True, related_name="+")
    number = models.PositiveIntegerField()
