"""Tells Django about this room."""

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    """The room's tables live under the label `planning`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.planning"
    label = "planning"
