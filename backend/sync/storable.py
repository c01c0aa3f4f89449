"""What a phone may send and the database cannot keep: NUL, half characters, numbers that are none, endless nesting."""

import math
import re
from collections.abc import Mapping
from typing import Any

DEPTH = 32
DIGITS = 300
REPLACEMENT = "\ufffd"
# A surrogate alone is half a character: JSON can spell it, UTF-8 cannot.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


def fault(values: Mapping[str, Any]) -> str | None:
    """Returns the first key under which something stands that cannot be kept, or None."""
    for key, value in values.items():
        waiting: list[tuple[Any, int]] = [(key, 0), (value, 1)]
        while waiting:
            one, depth = waiting.pop()
            if depth > DEPTH or not _plain(one):
                return text(key)
            if isinstance(one, Mapping):
                waiting += [(inner, depth + 1) for pair in one.items() for inner in pair]
            elif isinstance(one, list | tuple):
                waiting += [(inner, depth + 1) for inner in one]
    return None


def _plain(value: object) -> bool:
    if isinstance(value, str):
        return text(value) == value
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, int) or abs(value) < 10**DIGITS


def text(value: str) -> str:
    """Returns the text with a replacement character for each one that cannot be kept."""
    return _UNKEEPABLE.sub(REPLACEMENT, value)


def kept(value: Any, depth: int = 0) -> Any:
    """Returns a JSON value as near to the given one as can be kept."""
    if depth > DEPTH:
        return REPLACEMENT
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return {text(str(key)): kept(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [kept(inner, depth + 1) for inner in value]
    return value if _plain(value) else f"{value:.6g}" if isinstance(value, float) else REPLACEMENT
