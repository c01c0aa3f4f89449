"""A mapping: the TOML file that says what a file holds and which column becomes which field."""

import codecs
import tomllib
from collections.abc import Mapping as Map
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from backend.imports.problems import mapping_wrong

OnError = Literal["keep_good", "refuse_file"]
Clean = Literal["strip", "collapse", "upper", "lower", "title", "slug", "digits"]


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]


class Closed(BaseModel):
    """A part of the mapping; a key it does not know is refused, because a misspelt one would be silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Column(Closed):
    """How a field is made, in this order: column or constant, clean, prefix, replace or map, default.

    `replace` changes the values it lists and lets others pass; `map` is closed: a value it does not list is an error,
    unless `otherwise` says what it becomes. `date`: a strptime format. `source`: the system a reference names."""

    column: str | None = None
    constant: str | None = None
    clean: tuple[Clean, ...] = ("strip",)
    prefix: str = ""
    replace: dict[str, str] = {}
    map: dict[str, str] | None = None
    otherwise: str | None = None
    default: str | None = None
    date: str | None = None
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, given: Any) -> Any:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_origin(self) -> "Column":
        if (self.column is None) == (self.constant is None):
            raise ValueError("needs either a column or a constant")
        return self


class Answer(Column):
    """A column that goes into a visit report's answers, as text or as an integer."""

    kind: Literal["text", "integer"] = "text"


class Locate(Closed):
    """A file of postcode centroids, beside the mapping, for rows without coordinates."""

    file: str
    postcode: str = "postcode"
    lat: str = "lat"
    lng: str = "lng"


class Mapping(Closed):
    """A whole mapping. `where`: alternatives, each column → accepted values; a row that meets none is passed over.

    `key`: the columns that name a row in the source system. `repeat`: what a second row of the same key is."""

    target: str
    source: Annotated[str, Field(min_length=1, max_length=60)]
    org: str | None = None
    key: Names = ()
    repeat: Literal["error", "skip"] = "error"
    on_error: OnError = "keep_good"
    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    sheet: str | None = None
    where: tuple[dict[str, Names], ...] = ()
    locate: Locate | None = None
    fields: dict[str, Column]
    answers: dict[str, Answer] = {}
    opened_stage: str | None = None
    tiers_from_sales: bool = False
    path: Path = Path()

    @model_validator(mode="after")
    def _readable(self) -> "Mapping":
        try:
            plain = "a\n".encode(self.encoding) == b"a\n"
            codecs.lookup(self.encoding)
        except LookupError:
            plain = False
        if not plain:
            raise ValueError(f"encoding {self.encoding!r} is unknown, or does not write line ends as ASCII does")
        return self

    def columns(self) -> list[str]:
        """Returns the columns of the file that the mapping uses, each once."""
        used = list(self.key)
        used += [name for alternative in self.where for name in alternative]
        used += [made.column for made in (*self.fields.values(), *self.answers.values()) if made.column is not None]
        return list(dict.fromkeys(used))


def read_mapping(path: Path) -> Mapping:
    """Returns the mapping in the file; raises Invalid MAPPING_UNREADABLE or MAPPING_INVALID, which names each key."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise mapping_wrong(f"{path} cannot be read: {error.strerror or error}.", path="unreadable") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise mapping_wrong(f"{path} is not TOML: {error}.", path="not TOML") from error
    if "path" in raw:
        raise mapping_wrong(f"{path}: path is not a key of a mapping.", path="unknown")
    return made(raw | {"path": path})


def made(raw: Map[str, Any]) -> Mapping:
    """Returns the mapping made of plain values; raises Invalid MAPPING_INVALID."""
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        fields = {".".join(str(part) for part in one["loc"]) or "mapping": one["msg"] for one in error.errors()}
        told = "; ".join(f"{name}: {message}" for name, message in fields.items())
        raise mapping_wrong(f"{raw.get('path', 'The mapping')}: {told}.", **fields) from error
