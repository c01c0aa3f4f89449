"""Who hears of crossings: of many at once, in five queries however many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from backend.crm.models import Opportunity
from backend.identity.models import Role, User
from backend.identity.queries import managers_above
from backend.kit.field_rules import may_read
from backend.notifications.alerting.kinds.base import Crossing, Kind
from backend.notifications.occurrence import Audience, Hearing
from backend.territories import coverage


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to hear, as a version says: the rep it is about; the nearest manager, all who see it, or none; people by name."""

    rep: bool
    managers: str
    named: tuple[UUID, ...]

    @classmethod
    def of(cls, hears: Mapping[str, object]) -> "Wanted":
        """Returns what a version's `hears` says."""
        named = hears.get("named")
        return cls(
            rep=hears.get("rep") is True,
            managers=str(hears.get("managers", "none")),
            named=tuple(UUID(str(one)) for one in named) if isinstance(named, list) else (),
        )


def hearers(kind: Kind, wanted: Wanted, org_id: UUID, crossings: Sequence[Crossing]) -> list[dict[UUID, Hearing]]:
    """Returns for each crossing who hears of it and how: active people who see its root now, never who did it."""
    above = _above(crossings) if wanted.managers != "none" else {}
    leading = _leading(org_id) if wanted.managers == "all" else set()
    meant = [_meant(one, wanted, above, leading) for one in crossings]
    pairs = {(user, one.root_id) for one, people in zip(crossings, meant, strict=True) for user in people}
    seen = coverage.seen_among(sorted(pairs))
    users = User.objects.filter(pk__in={user for user, _ in seen}, org_id=org_id, is_active=True)
    roles = dict(users.values_list("pk", "role"))
    return [
        {
            user: Hearing(key(kind, one, audience, roles[user]), audience)
            for user, audience in people.items()
            if (user, one.root_id) in seen and user in roles and _may_hear(kind, roles[user])
        }
        for one, people in zip(crossings, meant, strict=True)
    ]


def key(kind: Kind, one: Crossing, audience: Audience, role: str) -> str:
    """Returns the key of the words in which somebody of that role hears."""
    words = one.args.get("words") or kind.words
    if kind.own and audience == "rep":
        words += ".own"
    if kind.money and one.args.get("amount") and may_read(Opportunity, role, "amount"):
        words += ".amount"
    return words


def _may_hear(kind: Kind, role: str) -> bool:
    return all(may_read(model, role, column) for model, column in kind.reads)


def _meant(one: Crossing, wanted: Wanted, above: Mapping[UUID, list[UUID]], leading: set[UUID]) -> dict[UUID, Audience]:
    people: dict[UUID, Audience] = dict.fromkeys(wanted.named, "named")
    of_both = [user for person in (one.about, one.by) if person is not None for user in above.get(person, [])]
    nearest = above.get(one.about, [])[:1] if one.about is not None else []
    managers = nearest if wanted.managers == "direct" else [*of_both, *leading]
    people |= dict.fromkeys(managers, "manager")
    if wanted.rep and one.about is not None:
        people[one.about] = "rep"
    elif one.about is not None and people.get(one.about) != "named":
        people.pop(one.about, None)
    if one.by is not None:
        people.pop(one.by, None)
    return people


def _above(crossings: Sequence[Crossing]) -> dict[UUID, list[UUID]]:
    return managers_above({person for one in crossings for person in (one.about, one.by) if person is not None})


def _leading(org_id: UUID) -> set[UUID]:
    leading = User.objects.filter(org_id=org_id, role=Role.MANAGER, is_active=True)
    return set(leading.values_list("pk", flat=True))
