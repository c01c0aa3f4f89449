"""Tells Django about this room."""

from django.apps import AppConfig


class AttachmentsConfig(AppConfig):
    """The room's tables live under the label `attachments`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.attachments"
    label = "attachments"
