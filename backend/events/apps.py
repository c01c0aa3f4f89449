"""Tells Django about this room."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The room's tables live under the label `events`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.events"
    label = "events"
