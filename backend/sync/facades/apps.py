"""Tells Django about this room of sync: its tables live under a label of their own."""

from django.apps import AppConfig


class FacadesConfig(AppConfig):
    """What is kept for clients of other makers."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "backend.sync.facades"
    label = "facades"
