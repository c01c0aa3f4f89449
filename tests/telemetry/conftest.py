"""Spans kept in memory, as an exporter would be given them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from backend.notifications.devfcm.server import in_thread
from backend.notifications.transports.fcm.credential import from_dev_server
from backend.notifications.transports.fcm.transport import FcmTransport
from backend.telemetry import tracing
from tests.notifications.story import Story, begin


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """Has this process make spans, and keeps those that ended."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracing.begin(provider)
    yield kept
    tracing.end()
    provider.shutdown()


@pytest.fixture
def story(db: None) -> Story:
    """Ana, Ben, Cy, Dan, Dee and Pat, and a deal on Joe's Deli."""
    return begin()


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[FcmTransport]:
    """The real transport to phones before a local FCM server; patient, for a machine may be busy."""
    with in_thread(tmp_path / "dev-fcm") as running:
        channel = FcmTransport(account=from_dev_server(running.base_url), base_url=running.base_url, timeout=60.0)
        yield channel
        channel.close()
