"""Tells Django about this room."""

from django.apps import AppConfig


class QuotasConfig(AppConfig):
    """The room's tables live under the label `quotas`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.quotas"
    label = "quotas"
