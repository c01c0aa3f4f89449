"""Tells Django about this room."""

from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The room's tables live under the label `notifications`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Registers what phones may say of the inbox."""
        import_module("backend.notifications.mutators")
