"""The audit suite of GraphQL over HTTP, unmodified, against the server as it runs."""

import pytest

from tests.clients.client import Client
from tests.config.serving import Serving

AUDITS = 61
pytestmark = pytest.mark.xdist_group("clients")


def test_each_audit_of_graphql_over_http_is_passed(clients: None, server: Serving) -> None:
    with Client("audit") as client:
        results = client.do("audit", f"{server.base}/graphql")
    assert [one for one in results if one["status"] != "ok"] == []
    assert len(results) == AUDITS
