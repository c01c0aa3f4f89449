"""Traces leave by OpenTelemetry's own exporter, where its standard variables say where to; else nothing of it is loaded."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from backend.kit.version import VERSION
from backend.telemetry import tally, tracing

GRACE_SECONDS = 3.0
"""What a process gives at its end for the spans that are still with it; a collector that is away keeps it no longer."""


def wanted(environ: Mapping[str, str]) -> bool:
    """Says whether the standard variables ask for traces."""
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return any(environ.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip() for name in ("ENDPOINT", "TRACES_ENDPOINT"))


@contextmanager
def told(process: str) -> Iterator[None]:
    """Sends what this process does inside the block, if that is asked for, and tells its last counts.

    Spans wait in a queue of bounded length, and leave
    on a thread of their own: when the collector is slow or away they are dropped, and no request waits."""
    try:
        with _exporting(process):
            yield
    finally:
        tally.tell_all()


@contextmanager
def _exporting(process: str) -> Iterator[None]:
    if not wanted(os.environ):
        yield
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.version": VERSION, "fieldbeat.process": process})
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "fieldbeat"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    tracing.begin(provider)
    try:
        yield
    finally:
        tracing.end()
        last = threading.Thread(target=provider.shutdown, name="traces", daemon=True)
        last.start()
        last.join(GRACE_SECONDS)
