"""Tells Django about this room."""

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    """The room's tables live under the label `identity`."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.identity"
    label = "identity"
