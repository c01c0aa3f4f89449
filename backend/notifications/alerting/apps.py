"""Tells Django about this room."""

from django.apps import AppConfig


class AlertingConfig(AppConfig):
    """The room's tables live under the label `alerting`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.notifications.alerting"
    label = "alerting"
