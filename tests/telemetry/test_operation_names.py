"""Operations are counted by the names that registered builds give their documents, and by no name that a client makes up."""

import pytest
from asgiref.sync import async_to_sync
from graphql import OperationDefinitionNode, parse

from backend.clients.actions import add_build
from backend.clients.manifest import digest
from backend.schema import telling, trusted
from backend.schema.api import schema
from backend.schema.context import Context
from backend.schema.telling import document_of
from backend.schema.trusted import DocumentId, Trusted
from backend.telemetry import metrics, tally
from backend.telemetry.metrics import REGISTRY
from tests.factories.world import World, acting
from tests.here import on_this_connection

DAY = "query AnasDay { me { user { username } } }"


@pytest.fixture(autouse=True)
def _new(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is a process that has just started."""
    trusted.forget()
    monkeypatch.setattr(telling, "_names", set())


def _counted(document: str) -> tuple[float, float]:
    """Returns how many operations were counted under a name, and the seconds they took."""
    tally.tell_all()
    labels = {"type": "query", "field": "me", "outcome": "ok", "document": document}
    many = REGISTRY.get_sample_value("fieldbeat_graphql_operations_total", labels)
    took = REGISTRY.get_sample_value("fieldbeat_graphql_document_seconds_total", {"document": document})
    return many or 0, took or 0


@pytest.mark.django_db
def test_a_named_document_is_counted_by_its_name_and_a_made_up_name_as_other(field: World) -> None:
    add_build(app="handheld", build="1.0", documents={digest(DAY): DAY})
    (before, took_before), (others_before, _) = _counted("AnasDay"), _counted("other")
    for asked in (DocumentId(digest(DAY)), DAY, DAY.replace("AnasDay", "MadeUp")):
        context = Context(run=on_this_connection, caller=acting(field.ana))
        assert async_to_sync(schema.execute)(asked, context_value=context).errors is None
    (many, took), (others, _) = _counted("AnasDay"), _counted("other")
    assert (many - before, others - others_before, _counted("MadeUp")) == (1, 2, (0, 0))
    assert took > took_before


def _document_of(text: str) -> str:
    (operation,) = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return document_of(text, operation)


def test_builds_that_name_ever_more_documents_make_no_more_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "MOST_NAMES", 2)
    texts = [Trusted(f"query {name} {{ me {{ user {{ id }} }} }}") for name in ("One", "Two", "Three", "One")]
    assert [_document_of(text) for text in texts] == ["One", "Two", "other", "One"]
    assert _document_of(Trusted("{ me { user { id } } }")) == "other"


def test_who_counts_without_a_document_counts_as_other() -> None:
    before, _ = _counted("other")
    metrics.OPERATIONS.add("query", "me", "ok")
    assert _counted("other")[0] == before + 1
