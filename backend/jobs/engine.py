"""The kept engine behind the port: procrastinate, whose queue is two tables of our own database (docs/adr/0022)."""

from functools import cache

from procrastinate import App
from procrastinate.contrib.django import DjangoApp, connector_params
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.psycopg_connector import PsycopgConnector

CONNECTIONS = 3
"""One listens, the others fetch and settle jobs; each running job has one of Django's besides."""


@cache
def deferrer() -> App:
    """Returns the app that writes jobs on Django's own connection, and so in the transaction of whoever asks."""
    return App(connector=DjangoConnector())


def working_app() -> App:
    """Returns an app of a worker's own, with a small pool of connections beside Django's."""
    connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=CONNECTIONS)
    return DjangoApp(connector=connector)
