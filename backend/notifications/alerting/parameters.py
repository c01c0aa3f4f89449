"""What a rule of a kind may be told: each parameter with its bounds, checked before a version is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from backend.kit.errors import Invalid

Value: TypeAlias = int | bool | str | list[str]
Values: TypeAlias = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`, in `unit`."""

    name: str
    default: int
    least: int
    most: int
    unit: str
    kind: str = "whole"

    def check(self, value: object) -> Value:
        """Returns the number, or raises ValueError with what is allowed."""
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise ValueError("a whole number")
        if not self.least <= value <= self.most:
            raise ValueError(f"from {self.least} to {self.most} {self.unit}")
        return int(value)

    @property
    def choices(self) -> tuple[str, ...]:
        """Nothing to choose from."""
        return ()


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    name: str
    default: bool
    kind: str = "flag"
    unit: str = ""
    least: int | None = None
    most: int | None = None

    def check(self, value: object) -> Value:
        """Returns the flag, or raises ValueError."""
        if not isinstance(value, bool):
            raise ValueError("true or false")  # noqa: TRY004  (all refusals are one kind)
        return value

    @property
    def choices(self) -> tuple[str, ...]:
        """Nothing to choose from."""
        return ()


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of `choices`."""

    name: str
    default: str
    choices: tuple[str, ...]
    kind: str = "one_of"
    unit: str = ""
    least: int | None = None
    most: int | None = None

    def check(self, value: object) -> Value:
        """Returns the choice, or raises ValueError."""
        if value not in self.choices:
            raise ValueError(f"one of {', '.join(self.choices)}")
        return str(value)


@dataclass(frozen=True, slots=True)
class Some:
    """One or more of `choices`, each once."""

    name: str
    default: tuple[str, ...]
    choices: tuple[str, ...]
    kind: str = "some"
    unit: str = ""
    least: int | None = None
    most: int | None = None

    def check(self, value: object) -> Value:
        """Returns the choices in the order in which they are declared, or raises ValueError."""
        if not isinstance(value, list) or not value or any(one not in self.choices for one in value):
            raise ValueError(f"one or more of {', '.join(self.choices)}")
        return [one for one in self.choices if one in value]


Parameter: TypeAlias = Whole | Flag | OneOf | Some


def checked(parameters: Sequence[Parameter], given: object) -> Values:
    """Returns every parameter with its value, those not given with their default.

    Raises Invalid ALERT_PARAMETERS; `fields` names each that is wrong or unknown.
    """
    wrong: dict[str, str] = {}
    values: Values = {one.name: _default(one) for one in parameters}
    if not isinstance(given, Mapping):
        given, wrong = {}, {"parameters": "an object"}
    for name, value in given.items():
        parameter = next((one for one in parameters if one.name == name), None)
        if parameter is None:
            wrong[f"parameters.{name}"] = f"unknown; there are {', '.join(values) or 'none'}"
            continue
        try:
            values[parameter.name] = parameter.check(value)
        except (ValueError, OverflowError) as refusal:
            wrong[f"parameters.{name}"] = str(refusal)
    if wrong:
        raise Invalid("ALERT_PARAMETERS", "Some parameters are not what this kind of alert takes.", fields=wrong)
    return values


def _default(parameter: Parameter) -> Value:
    return list(parameter.default) if isinstance(parameter, Some) else parameter.default
