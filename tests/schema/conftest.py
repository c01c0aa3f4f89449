"""GraphQL asked in this process: the same schema, context and loaders, with the database on the test's own connection."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.identity.models import Device, User
from backend.schema.api import schema
from backend.schema.codes import CODES
from backend.schema.context import Context
from backend.schema.frames import encoded
from tests.factories import world
from tests.here import on_this_connection


class Client:
    """Asks as one person, and counts."""

    def __init__(self, user: User | None, device: Device | None = None) -> None:
        self._caller = world.acting(user, device) if user else None
        self.queries = 0

    def __call__(self, document: str, **variables: Any) -> dict[str, Any]:
        """Returns data; fails on any error."""
        data, errors = self.both(document, **variables)
        assert errors == []
        assert data is not None
        return data

    def refused(self, document: str, **variables: Any) -> dict[str, Any]:
        """Returns the extensions of the one error."""
        _, [error] = self.both(document, **variables)
        return dict(error["extensions"])

    def both(self, document: str, **variables: Any) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
        """Returns data and errors as a client has them."""
        context = Context(run=on_this_connection, caller=self._caller)
        with CaptureQueriesContext(connection) as captured:
            result = async_to_sync(schema.execute)(document, variable_values=variables, context_value=context)
        self.queries = len(captured)
        # As the doors write it, and a client reads it.
        data = json.loads(encoded(result.data))
        errors: list[dict[str, Any]] = [dict(error.formatted) for error in result.errors or []]
        assert {error["extensions"]["code"] for error in errors} <= set(CODES)
        return data, errors


@pytest.fixture
def ask() -> Callable[[User | None], Client]:
    """Returns a maker of clients."""
    return Client
