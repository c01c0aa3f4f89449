"""Tells Django about this room."""

from django.apps import AppConfig


class CRMConfig(AppConfig):
    """The room's tables live under the label `crm`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.crm"
    label = "crm"
