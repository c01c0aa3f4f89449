"""The travel room."""

from django.apps import AppConfig


class TravelConfig(AppConfig):
    """Travel times, and the two tables they rest on."""

    name = "backend.planning.travel"
    label = "travel"
