"""Tells Django about this room."""

from django.apps import AppConfig


class FieldConfig(AppConfig):
    """The room's tables live under the label `field`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.field"
    label = "field"
