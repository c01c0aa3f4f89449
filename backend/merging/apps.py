"""Tells Django about this room."""

from django.apps import AppConfig


class MergingConfig(AppConfig):
    """The room's tables live under the label `merging`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.merging"
    label = "merging"
