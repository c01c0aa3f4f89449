"""Tells Django about this room."""

from django.apps import AppConfig


class ClientsConfig(AppConfig):
    """The room's tables live under the label `clients`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.clients"
    label = "clients"
