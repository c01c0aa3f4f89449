"""Spans: what one request did, from door to door. Nothing at all until a process begins them (backend.config.traces).

A span never holds what a person wrote or what an error says: names, ids of requests, statements without their values."""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, TypeAlias

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer, TracerProvider

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Value: TypeAlias = str | bool | int | float
LONGEST = 55
"""Characters of a place as `carried` writes it: a W3C traceparent."""

_tracer: "Tracer | None" = None


def begin(provider: "TracerProvider") -> None:
    """Has this process make spans from now on, and hand them to the provider."""
    global _tracer
    _tracer = provider.get_tracer("fieldbeat")


def end() -> None:
    """Has this process make no spans."""
    global _tracer
    _tracer = None


def on() -> bool:
    """Says whether this process makes spans."""
    return _tracer is not None


class Open:
    """A span while its block runs; without one (`span` None) nothing happens. What breaks the block is told by its type."""

    __slots__ = ("_before", "span")

    def __init__(self, span: "Span | None" = None) -> None:
        self.span = span

    def __enter__(self) -> Self:
        if self.span is not None:
            from opentelemetry.context import attach
            from opentelemetry.trace import set_span_in_context

            self._before = attach(set_span_in_context(self.span))
        return self

    def note(self, name: str, value: Value) -> None:
        """Adds what was learned since the beginning."""
        if self.span is not None:
            self.span.set_attribute(name, value)

    def failed(self, why: str) -> None:
        """Says that it failed, by a code or the name of a type: never by words that may repeat a value."""
        if self.span is not None:
            from opentelemetry.trace import StatusCode

            self.span.set_attribute("error.type", why)
            self.span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """Ends one that no block runs within: nothing was beneath it."""
        if self.span is not None:
            self.span.end()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trail: TracebackType | None
    ) -> None:
        if self.span is not None:
            from opentelemetry.context import detach

            if kind is not None:
                self.failed(kind.__name__)
            self.span.end()
            detach(self._before)


NOTHING = Open()


def span(
    name: str,
    kind: Kind = "internal",
    attributes: Mapping[str, Value] | None = None,
    *,
    after: str | None = None,
    beside: Sequence[str] = (),
    within: bool = False,
) -> Open:
    """Opens a span beneath the present one, or beneath the place that `after` names (see `carried`): "" for no place at all.

    `beside`: places that are linked, and not believed. `within`: only where a span is open already, or `after` names a place."""
    if _tracer is None:
        return NOTHING
    from opentelemetry.trace import Link, SpanKind, get_current_span

    if within and not (get_current_span().is_recording() if after is None else after):
        return NOTHING
    found = [get_current_span(_place(one)).get_span_context() for one in beside]
    links = [Link(one) for one in found if one.is_valid]
    return Open(
        _tracer.start_span(
            name,
            context=None if after is None else _place(after),
            kind=SpanKind[kind.upper()],
            attributes=attributes,
            links=links,
            record_exception=False,
            set_status_on_exception=False,
        )
    )


def carried() -> str:
    """Returns the present place as a traceparent, to be kept with what is put off; "" where there is none."""
    if _tracer is None:
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return headers.get("traceparent", "")


def present() -> tuple[str, str] | None:
    """Returns the ids of the present trace and span in hexadecimal, None where there is none."""
    if _tracer is None:
        return None
    from opentelemetry.trace import format_span_id, format_trace_id, get_current_span

    here = get_current_span().get_span_context()
    return (format_trace_id(here.trace_id), format_span_id(here.span_id)) if here.is_valid else None


def _place(traceparent: str) -> "Context":
    from opentelemetry.context import Context
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
