"""Tells Django about this room."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The room's tables live under the label `notifications`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.notifications"
    label = "notifications"
