"""/metrics tells those who may know, of all processes of one serve; and how the queues stand."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families
from starlette.types import Receive, Scope, Send

from backend.config import figures, metrics_door
from backend.config.access import AccessLog, door_of
from backend.events import outbox
from backend.events.types import VisitOverdue
from backend.identity import actions
from backend.kit.errors import DomainError
from backend.kit.ids import new_id
from backend.telemetry import metrics, tally
from tests.factories.world import World

TOKEN = "a token that only Prometheus knows"


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gives a busy machine time, and every test figures of its own."""
    monkeypatch.setattr(figures, "STATEMENT_MS", 120_000)
    monkeypatch.setattr(figures, "KEEP_SECONDS", 3_600.0)
    figures.FIGURES.forget()
    yield
    figures.FIGURES.forget()


def _value(name: str, **labels: str) -> float:
    """Returns what /metrics says now; 0 for what was never counted."""
    families = text_string_to_metric_families(metrics_door.exposition().decode())
    found = [s.value for one in families for s in one.samples if s.name == name and labels.items() <= s.labels.items()]
    assert len(found) <= 1
    return found[0] if found else 0.0


def _ask(*, client: str = "127.0.0.1", token: str | None = None, method: str = "GET") -> int:
    async def ask() -> Response:
        transport = ASGITransport(app=metrics_door.metrics_door, client=(client, 4000))
        headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode("latin-1"))]
        async with AsyncClient(transport=transport, base_url="http://10.1.2.3") as line:
            return await line.request(method, "/metrics", headers=headers)

    return async_to_sync(ask)().status_code


@pytest.fixture
def _without_database(monkeypatch: pytest.MonkeyPatch) -> None:
    # Who is let in does not depend on it, and another thread's connection would see nothing of a test.
    monkeypatch.setattr(metrics_door, "exposition", lambda: b"")


@pytest.mark.usefixtures("_without_database")
def test_without_a_token_only_this_machine_reads_and_nobody_in_production() -> None:
    assert [_ask(), _ask(client="::1"), _ask(client="10.0.0.7"), _ask(client="unknown")] == [200, 200, 404, 404]
    with override_settings(ENV=replace(settings.ENV, env="production")):
        assert _ask() == 404


@pytest.mark.usefixtures("_without_database")
@override_settings(METRICS_TOKEN=TOKEN)
def test_with_a_token_who_knows_it_reads_from_anywhere_and_nobody_else() -> None:
    assert _ask(client="10.0.0.7", token=TOKEN) == 200
    assert [_ask(), _ask(token=""), _ask(token=TOKEN[:-1]), _ask(token="é" * 24)] == [401, 401, 401, 401]
    assert _ask(token=TOKEN, method="POST") == 405


@pytest.mark.django_db
def test_what_waits_and_for_how_long_is_told(field: World) -> None:
    assert _value("fieldbeat_queue_depth", queue="events") == 0
    outbox.append(VisitOverdue(visit_id=new_id(), account_id=new_id(), rep_id=field.ana.pk), org_id=field.org.pk)
    assert _value("fieldbeat_queue_depth", queue="events") == 0, "it is kept for some seconds"
    figures.FIGURES.forget()
    assert _value("fieldbeat_queue_depth", queue="events") == 1
    assert _value("fieldbeat_queue_age_seconds", queue="events") >= 0
    assert {_value("fieldbeat_queue_depth", queue=name) for name in ("jobs", "deliveries_push", "bulk_changes")} == {0}
    assert _value("fieldbeat_figures_up") == 1


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_writes_and_stays_open_shows(other: BaseDatabaseWrapper) -> None:
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id(), pg_sleep(0.1)")
        assert _value("fieldbeat_write_horizon_seconds") >= 0.1
    other.rollback()


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_told_and_the_rest_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_CONFLICTS", "SELECT pg_sleep(60)")
    monkeypatch.setattr(figures, "STATEMENT_MS", 50)
    assert _value("fieldbeat_figures_up") == 0
    assert _value("fieldbeat_build_info") == 1


@pytest.mark.django_db
def test_a_wrong_password_is_counted(field: World) -> None:
    before = _value("fieldbeat_sign_ins_total", outcome="BAD_CREDENTIALS")
    with pytest.raises(DomainError):
        actions.sign_in(username="nobody", password="wrong", install_key="k" * 32, name="", platform="ios")
    assert _value("fieldbeat_sign_ins_total", outcome="BAD_CREDENTIALS") == before + 1


def test_a_path_that_somebody_makes_up_is_counted_as_other() -> None:
    async def greet(scope: Scope, receive: Receive, send: Send) -> None:
        await metrics_door._answer(send, 418, b"")

    async def ask() -> None:
        async with AsyncClient(transport=ASGITransport(app=AccessLog(greet)), base_url="http://fieldbeat") as line:
            await line.get("/wp-login.php")

    def counted() -> float | None:
        tally.tell_all()
        return metrics.REGISTRY.get_sample_value("fieldbeat_http_requests_total", {"door": "other", "status": "418"})

    before = counted() or 0
    async_to_sync(ask)()
    assert counted() == before + 1
    assert [door_of(path) for path in ("/", "/graphql/", "/graphql/x", "//graphql", "/Graphql")] == [
        *("front", "graphql", "graphql", "front", "other")
    ]


def test_processes_of_one_serve_count_together_and_the_dead_hold_nothing_open(tmp_path: Path) -> None:
    words = (
        "import os; from backend.telemetry import metrics, tally; metrics.SOCKETS.inc(3); metrics.RESYNCS.add(); "
        "tally.tell_all(); print(os.getpid())"
    )
    env = {tally.FOLDER: str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    first, _ = (
        subprocess.run([sys.executable, "-c", words], env=env, capture_output=True, text=True, check=True) for _ in "12"
    )
    read = CollectorRegistry()
    MultiProcessCollector(read, str(tmp_path))  # type: ignore[no-untyped-call]
    assert read.get_sample_value("fieldbeat_sockets_open") == 6
    metrics.forget_process(str(tmp_path), int(first.stdout))
    assert read.get_sample_value("fieldbeat_sockets_open") == 3
    assert read.get_sample_value("fieldbeat_live_resyncs_total") == 2
