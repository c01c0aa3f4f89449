"""What a draft wants otherwise than it is, as plain values. Whatever it does not name stays as the field has it then.

So several drafts may exist at once, and what somebody changes in the active model meanwhile is not undone by any of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

CHANGEABLE = ("name", "area", "parent")


@dataclass(frozen=True, slots=True)
class Post:
    """A person who is given a territory in a role, or from whom it is taken."""

    territory: UUID
    user: UUID
    role: str
    given: bool = True


@dataclass(slots=True)
class Plan:
    """`changed`: territory → its new values, of CHANGEABLE those that change. `added`: id → all three. `closed`: territory →
    the one that inherits what nothing else claims. `rules`: [{territory, priority, criteria}], None: as they are."""

    changed: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    added: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    closed: dict[UUID, UUID | None] = field(default_factory=dict)
    people: list[Post] = field(default_factory=list)
    rules: list[dict[str, Any]] | None = None

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> "Plan":
        """Reads what `as_json` wrote."""
        return cls(
            changed={UUID(key): _read(values) for key, values in kept.get("changed", {}).items()},
            added={UUID(key): _read(values) for key, values in kept.get("added", {}).items()},
            closed={UUID(key): UUID(heir) if heir else None for key, heir in kept.get("closed", {}).items()},
            people=[
                Post(UUID(one["territory"]), UUID(one["user"]), one["role"], one["given"])
                for one in kept.get("people", ())
            ],
            rules=[rule | {"territory": UUID(rule["territory"])} for rule in kept["rules"]]
            if kept.get("rules") is not None
            else None,
        )

    def as_json(self) -> dict[str, Any]:
        """Returns it as values that JSON can hold."""
        return {
            "changed": {str(key): _told(values) for key, values in self.changed.items()},
            "added": {str(key): _told(values) for key, values in self.added.items()},
            "closed": {str(key): str(heir) if heir else None for key, heir in self.closed.items()},
            "people": [
                {"territory": str(one.territory), "user": str(one.user), "role": one.role, "given": one.given}
                for one in self.people
            ],
            "rules": None
            if self.rules is None
            else [rule | {"territory": str(rule["territory"])} for rule in self.rules],
        }

    @property
    def redraws(self) -> bool:
        """Says whether accounts that nobody names may move: an area, a rule or the tree is another."""
        shaped = any({"area", "parent"} & values.keys() for values in self.changed.values())
        return shaped or any(one["area"] for one in self.added.values()) or self.rules is not None

    def set(self, territory: UUID, **values: Any) -> None:
        """Gives a territory other values."""
        if territory in self.added:
            self.added[territory].update(values)
        else:
            self.changed.setdefault(territory, {}).update(values)

    def post(self, wanted: Post) -> None:
        """Gives a person a territory, or takes it; the newest word on the three of them stands."""
        key = (wanted.territory, wanted.user, wanted.role)
        self.people = [one for one in self.people if (one.territory, one.user, one.role) != key]
        self.people.append(wanted)

    def forget(self, territories: Iterable[UUID]) -> None:
        """Takes back all that is planned for these territories."""
        gone = set(territories)
        for given in (self.changed, self.added, self.closed):
            for key in gone & given.keys():
                del given[key]
        self.closed = {key: None if heir in gone else heir for key, heir in self.closed.items()}
        self.people = [one for one in self.people if one.territory not in gone]


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    parent = values.get("parent")
    return dict(values) | ({"parent": UUID(parent) if parent else None} if "parent" in values else {})


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    parent = values.get("parent")
    return dict(values) | ({"parent": str(parent) if parent else None} if "parent" in values else {})
