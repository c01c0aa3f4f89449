"""The settings of those who watch the server."""

from typing import Literal

from backend.config import env_values as read
from backend.config.env_variable import Variable

Incoming = Literal["link", "follow", "ignore"]
"""What becomes of a caller's traceparent."""

WATCHING: tuple[Variable, ...] = (
    Variable(
        "FIELDBEAT_METRICS_TOKEN",
        "What Prometheus sends as a bearer token to read /metrics; 24 characters or more. When absent, only callers on this machine "
        "read it, and nobody in production. Page: operations.md.",
        None,
        "(the output of: openssl rand -hex 24)",
        read.token,
    ),
    Variable(
        "FIELDBEAT_TRACE_INCOMING",
        "What becomes of the traceparent of a request: link (our trace is a new one, and names it), follow (ours goes on from it; "
        "only where a proxy sets it and lets none through), or ignore.",
        "link",
        "follow",
        read.one_of("link", "follow", "ignore"),
    ),
)
