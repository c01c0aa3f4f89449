"""Tells Django about this room."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    """The room's tables live under the label `sync`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.sync"
    label = "sync"
