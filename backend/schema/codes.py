"""Every code that an error may have, as one enum of the schema. `python -m backend.schema.codes_found` finds them in the program
and writes codes.json, from which this is made, and docs/errors.md."""

import json
from enum import Enum
from pathlib import Path
from typing import Any, TypedDict

import strawberry

FILE = Path(__file__).with_name("codes.json")


class Found(TypedDict):
    """What is known of a code: its retry classes, and in whose words it is said."""

    retry: list[str]
    meaning: str


CODES: dict[str, Found] = json.loads(FILE.read_text(encoding="utf-8"))

_enum: Any = Enum
_named = _enum(
    "ErrorCode", {code: strawberry.enum_value(code, description=one["meaning"]) for code, one in CODES.items()}
)
ErrorCode: Any = strawberry.enum(_named, description="What `extensions.code` of an error may be; page docs/errors.md.")
