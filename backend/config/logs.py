"""How log lines are written: structured, to standard error, with nothing personal in them."""

import logging
import re
import sys
import traceback
from typing import Any
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from backend.telemetry import tracing

TEXT_KEYS = frozenset(
    {
        "event",
        "level",
        "timestamp",
        "logger",
        "request_id",
        "org",
        "user",
        "device",
        "method",
        "path",
        "status",
        "exception",
        "code",
        "family",
        "operation",
        "handler",
        "job",
        "table",
        "transport",
        "process",
        "address",
        "version",
        "mapping",
        "reason",
        "protocol",
        "event_name",
        "error",
        "rule",
        "kind",
        "outcome",
        "trace_id",
        "span_id",
    }
)
"""Keys whose text may be written. Numbers, yes/no and UUIDs pass under any key; other text may be a name and is dropped."""

_OURS = frozenset({"timestamp", "trace_id", "span_id"})
"""Written by ourselves, and of digits that might look like a telephone number."""

_EMAIL = re.compile(r"[^\s@<>\"'=(),;:]+@[^\s@<>\"'(),;:]+\.\w+")
_UUID = r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
_PHONE = re.compile(rf"(?P<uuid>{_UUID})|(?<![\w.-])\+?\(?\d[\d\s().-]{{7,}}\d(?![\w-])")
_DETAIL = re.compile(r"^(DETAIL|CONTEXT|LINE \d+): .*$\n?", re.MULTILINE)


def masked(text: str) -> str:
    """Returns the text with what looks like an e-mail address or a telephone number taken out."""
    return _PHONE.sub(lambda found: found["uuid"] or "[phone]", _EMAIL.sub("[email]", text))


def without_personal_data(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Keeps allowed text, masked, and values that cannot name anybody; everything else is dropped."""
    kept: EventDict = {}
    for key, value in event.items():
        if key.startswith("_") or value is None or isinstance(value, bool | int | float):
            kept[key] = value
        elif isinstance(value, UUID):
            kept[key] = str(value)
        elif isinstance(value, str) and key in TEXT_KEYS:
            kept[key] = value if key in _OURS else masked(value)
    return kept


def placed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Names the trace and the span in which a line is written, where there are any."""
    if (here := tracing.present()) is not None:
        event["trace_id"], event["span_id"] = here
    return event


def told_exception(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Turns exc_info into text without the lines in which the database repeats a row."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    elif isinstance(given, BaseException):
        given = (type(given), given, given.__traceback__)
    if given and given[0]:
        event["exception"] = _DETAIL.sub("", "".join(traceback.format_exception(*given)))
    return event


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        placed,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        told_exception,
    ]


def formatter(style: str) -> logging.Formatter:
    """Returns the formatter of `style` (json or console); lines of other libraries pass through the same sieve."""
    last: Processor
    if style == "json":
        last = structlog.processors.JSONRenderer()
    else:
        last = structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, without_personal_data, last],
        # Told above already; the standard library must not write it a second time.
        keep_exc_info=False,
    )


def configure(*, level: str, style: str) -> None:
    """Sends every log line of this process to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(style))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


_QUIET: dict[str, Any] = {
    "django.request": logging.ERROR,
    "uvicorn.error": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "asyncio": logging.WARNING,
    "httpx": logging.WARNING,
    "procrastinate": logging.WARNING,
    "urllib3": logging.WARNING,
    "google": logging.WARNING,
}
