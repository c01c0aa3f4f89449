"""Accounts with their primary address, a point or the lack of one, and their parent."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from backend.crm.models import Account, AccountKind, Address, GeocodeQuality, Lifecycle, Tier
from backend.imports.cells import Choice, Degrees, Field, Reference, Text, Whole
from backend.imports.external import rows_named
from backend.imports.locate import Centroids, read_centroids
from backend.imports.problems import Problem
from backend.imports.report import Outcome
from backend.imports.rows import Item
from backend.imports.targets.base import EntityTarget, Job, Pair, State
from backend.kit.ids import new_id
from backend.territories.assign import place_accounts

_ACCOUNT = ("number", "name", "kind", "tier", "lifecycle", "segment", "phone", "notes", "service_minutes")
_ADDRESS = ("street", "city", "region", "postcode", "country")
_LAST = 1e-9
"""Degrees below which two coordinates are one: a tenth of a millimetre."""


class AccountTarget(EntityTarget[Account]):
    """A row becomes an account and its address; coordinates that are missing or impossible never cost the account."""

    model = Account
    entity = "account"
    later: ClassVar[frozenset[str]] = frozenset({"parent"})
    fields: ClassVar[Map[str, Field]] = {
        "number": Field(Text(40), empty=None),
        "name": Field(Text(200), required=True),
        "kind": Field(Choice(AccountKind.values), empty=AccountKind.BUSINESS.value),
        "parent": Field(Reference("account"), empty=None),
        "tier": Field(Choice(Tier.values)),
        "lifecycle": Field(Choice(Lifecycle.values), empty=Lifecycle.PROSPECT.value),
        "segment": Field(Text(100)),
        "phone": Field(Text(40)),
        "notes": Field(Text(10_000)),
        "service_minutes": Field(Whole(0, 1440), empty=30),
        "street": Field(Text(200)),
        "city": Field(Text(100)),
        "region": Field(Text(100)),
        "postcode": Field(Text(20)),
        "country": Field(Text(2)),
        "verbatim": Field(Text(500)),
        "lat": Field(Degrees(90), empty=None),
        "lng": Field(Degrees(180), empty=None),
    }

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        locate = job.mapping.locate
        self._centroids = read_centroids(locate, beside=job.mapping.path) if locate else Centroids({})
        self._parents: dict[UUID, tuple[Item, State]] = {}
        self._has_address = bool({*_ADDRESS, "verbatim", "lat"} & set(job.mapping.fields))

    def check(self, items: list[Item], rows: Map[str, Any], outcome: Outcome) -> list[Item]:
        """Refuses a customer number that another account has, here or on an earlier line."""
        if "number" not in self.job.mapping.fields:
            return items
        numbers = {item.values["number"] for item in items if item.values["number"]}
        owners = dict(Account.objects.filter(org=self.job.org, number__in=numbers).values_list("number", "id"))
        given: dict[object, str] = {}
        good: list[Item] = []
        for item in items:
            number = item.values["number"]
            row = rows.get(item.key)
            elsewhere = number in owners and (row is None or owners[str(number)] != row.pk)
            if number and (elsewhere or given.setdefault(number, item.key) != item.key):
                told = f"{number!r} is another account's number"
                outcome.problems.append(Problem(item.line, "number", told, "NUMBER_TAKEN"))
                continue
            good.append(item)
        return good

    def wanted(self, item: Item) -> dict[str, Any]:
        """Returns the account's own columns."""
        return self.given(item, *_ACCOUNT)

    def write_children(self, pairs: Sequence[Pair[Account]], outcome: Outcome) -> None:
        """Writes the primary addresses."""
        if not self._has_address:
            return
        living = Address.objects.filter(account__in=[pair.row for pair in pairs], is_primary=True, deleted_at=None)
        known = {address.account_id: address for address in living}
        created: list[Address] = []
        changed: list[Address] = []
        for pair in pairs:
            before = known.get(pair.row.pk)
            wanted = self._address(pair.item, before, outcome)
            if wanted["quality"] == GeocodeQuality.NONE:
                known_as = dict.fromkeys((pair.row.number or pair.item.key, pair.row.name))
                outcome.unlocated.append(f"{' '.join(known_as)} (line {pair.item.line})")
            elif wanted["quality"] == GeocodeQuality.POSTCODE:
                outcome.located += 1
            if before is None:
                created.append(Address(id=new_id(), org=self.job.org, account=pair.row, **wanted))
                pair.touch()
            elif any(not _same(getattr(before, name), value) for name, value in wanted.items()):
                for name, value in wanted.items():
                    setattr(before, name, value)
                changed.append(before)
                pair.touch()
        Address.objects.bulk_create(created, batch_size=2000)
        if changed:
            Address.objects.bulk_update(changed, [*_ADDRESS, "verbatim", "lat", "lng", "quality"], batch_size=500)

    def _address(self, item: Item, before: Address | None, outcome: Outcome) -> dict[str, Any]:
        wanted = {name: getattr(before, name, "") for name in _ADDRESS} | self.given(item, *_ADDRESS)
        place = " ".join(filter(None, (wanted["region"], wanted["postcode"])))
        parts = (wanted["street"], wanted["city"], place, wanted["country"])
        wanted["verbatim"] = item.values.get("verbatim") or ", ".join(filter(None, parts))
        lat, lng = self._point(item, outcome)
        if lat is not None:
            return wanted | {"lat": lat, "lng": lng, "quality": GeocodeQuality.SOURCE.value}
        by_hand = before is not None and before.quality in (GeocodeQuality.ROOFTOP, GeocodeQuality.SOURCE)
        if before is not None and by_hand and before.postcode == wanted["postcode"]:
            # A point that somebody has found since is worth more than the middle of its postcode.
            return wanted | {"lat": before.lat, "lng": before.lng, "quality": before.quality}
        middle = self._centroids.of(str(wanted["postcode"]))
        if middle is None:
            return wanted | {"lat": None, "lng": None, "quality": GeocodeQuality.NONE.value}
        return wanted | {"lat": middle.lat, "lng": middle.lng, "quality": GeocodeQuality.POSTCODE.value}

    def _point(self, item: Item, outcome: Outcome) -> tuple[Any, Any]:
        lat, lng = item.values.get("lat"), item.values.get("lng")
        if lat == 0 and lng == 0:
            told = "impossible coordinate 0, 0: nobody's place"
            outcome.problems.append(Problem(item.line, "lat", told, "IMPOSSIBLE_COORDINATE", kept=True))
            return None, None
        return (lat, lng) if lat is not None and lng is not None else (None, None)

    def settled(self, pairs: Sequence[Pair[Account]]) -> None:
        """Remembers whose parent is to be looked up."""
        if "parent" in self.job.mapping.fields:
            self._parents |= {pair.row.pk: (pair.item, pair.state) for pair in pairs}

    def finish(self) -> None:
        """Ties parents, which may stand below their children, and gives new accounts their territory."""
        outcome = Outcome()
        if self._parents:
            self._tie_parents(outcome)
        placed = place_accounts(self.job.org)
        if placed is not None and (placed.placed or placed.nowhere):
            outcome.notes.append(f"{placed.placed:,} placed in a territory, {len(placed.nowhere):,} in none")
        self.job.report.merge(outcome)

    def _tie_parents(self, outcome: Outcome) -> None:
        names = {str(item.values["parent"]) for item, _ in self._parents.values() if item.values["parent"]}
        source = self.job.mapping.fields["parent"].source or self.job.mapping.source
        found = rows_named(self.job.org, source, "account", names)
        above: dict[UUID, UUID | None] = dict(
            Account.objects.filter(org=self.job.org, parent__isnull=False).values_list("id", "parent_id")
        )
        changed: list[Account] = []
        for row in Account.objects.filter(pk__in=list(self._parents)):
            item, state = self._parents[row.pk]
            name = item.values["parent"]
            parent = found.get(str(name)) if name else None
            if name and parent is None:
                told = f"no account {name!r} from {source}"
                outcome.problems.append(Problem(item.line, "parent", told, "UNKNOWN_REFERENCE", kept=True))
            elif parent is not None and _circle(row.pk, parent, above):
                told = f"{name!r} lies beneath this account"
                outcome.problems.append(Problem(item.line, "parent", told, "PARENT_CIRCLE", kept=True))
            elif parent != row.parent_id:
                row.parent_id = parent
                above[row.pk] = parent
                changed.append(row)
                if state is State.UNCHANGED:
                    outcome.unchanged -= 1
                    outcome.changed += 1
        Account.objects.bulk_update(changed, ["parent"], batch_size=500)


def _circle(child: UUID, parent: UUID, above: Map[UUID, UUID | None]) -> bool:
    at: UUID | None = parent
    while at is not None:
        if at == child:
            return True
        at = above.get(at)
    return False


def _same(before: object, after: object) -> bool:
    if isinstance(before, float) and isinstance(after, float):
        return abs(before - after) < _LAST
    return before == after
