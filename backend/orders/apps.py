"""Tells Django about this room."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """The room's tables live under the label `orders`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.orders"
    label = "orders"
