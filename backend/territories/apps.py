"""Tells Django about this room."""

from django.apps import AppConfig


class TerritoriesConfig(AppConfig):
    """The room's tables live under the label `territories`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.territories"
    label = "territories"
