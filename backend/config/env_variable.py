"""What one environment variable is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable: `default` is the text used when it is absent or empty, None when there is no value then."""

    name: str
    meaning: str
    default: str | None
    example: str
    read: Callable[[str], Any]
    absent: str = "none"
