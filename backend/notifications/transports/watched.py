"""What each message costs at its provider, and a span of it where it was planned within a trace."""

import time
from collections.abc import Callable
from typing import TypeVar

from backend.notifications.transports.base import Message, Outcome, Sent
from backend.telemetry import metrics, tracing

T = TypeVar("T")


def watched(channel: str, message: Message, send: Callable[[], T], outcome_of: Callable[[T], Outcome]) -> T:
    """Sends by calling `send`, and returns what it does."""
    began = time.perf_counter()
    attributes: dict[str, tracing.Value] = {"fieldbeat.channel": channel, "fieldbeat.nid": message.nid}
    with tracing.span(f"{channel} send", "client", attributes, after=message.trace, within=True) as here:
        answer = send()
        outcome = outcome_of(answer)
        name = type(outcome).__name__.lower()
        here.note("fieldbeat.outcome", name)
        if not isinstance(outcome, Sent):
            here.failed(name)
    metrics.PROVIDER_SECONDS.add(time.perf_counter() - began, channel, name)
    return answer


def itself(outcome: Outcome) -> Outcome:
    """Returns the outcome, for who sends and gets nothing else."""
    return outcome
