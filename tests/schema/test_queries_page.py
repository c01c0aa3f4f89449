"""What docs/queries.md shows is what one gets."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from backend.crm.models import Opportunity
from backend.identity.models import User
from tests.factories.world import World
from tests.schema.conftest import Client

EXAMPLES = re.findall(r"```graphql\n(.*?)```", (Path(__file__).parents[2] / "docs/queries.md").read_text(), re.DOTALL)


@pytest.mark.parametrize("document", EXAMPLES, ids=lambda one: re.findall(r"\w+", one)[0])
def test_an_example_finds_something(field: World, ask: Callable[[User | None], Client], document: str) -> None:
    account = field.account("Hilltop", field.north)
    field.visit(account)
    deal = field.deal(account)
    Opportunity.objects.filter(pk=deal.pk).update(close_date=date(2026, 11, 20))
    [found] = ask(field.ana)(document).values()
    assert found if isinstance(found, list) else found.get("nodes") or found["edges"]
