"""What the person sees: the replicated rows with the effect of everything unsent laid over them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from math import asin, cos, radians, sin, sqrt
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mobile_client_stub.appointments import Meeting, on_day
from mobile_client_stub.clock import instant
from mobile_client_stub.effects import show
from mobile_client_stub.errors import NotHere
from mobile_client_stub.outbox import Entry
from mobile_client_stub.store import Store
from mobile_client_stub.wire import Row


@dataclass(frozen=True, slots=True)
class Place:
    """An account with its primary address; `distance_m` only where it was asked from a point."""

    account: Row
    address: Row | None
    distance_m: float | None = None

    @property
    def name(self) -> str:
        """The account's name."""
        return str(self.account["name"])

    @property
    def point(self) -> tuple[float, float] | None:
        """Latitude and longitude, if they are known."""
        if self.address is None or self.address["lat"] is None:
            return None
        return float(self.address["lat"]), float(self.address["lng"])


@dataclass(frozen=True, slots=True)
class Stop:
    """A visit of the day and where it is; `place` is None when the account is no longer on this phone."""

    visit: Row
    place: Place | None

    @property
    def starts(self) -> datetime:
        """The planned start."""
        return instant(self.visit["plannedStart"])


@dataclass(frozen=True, slots=True)
class Deal:
    """An opportunity with its stage and account, where the phone holds them."""

    opportunity: Row
    stage: Row | None
    account: Row | None


class View:
    """The screen at one instant; valid inside the transaction it was made in."""

    def __init__(self, store: Store, unseen: list[Entry], me: str) -> None:
        self.me = me
        self._store = store
        self._over: dict[str, dict[str, Row]] = {}
        self._gone: set[tuple[str, str]] = set()
        # An account that was merged away is gone from this phone; what was done there unsent is shown where it will land.
        self._led = {str(row["loserId"]): str(row["accountId"]) for row in store.rows("accountMerge")}
        for entry in unseen:
            show(self, entry)

    def put(self, entity: str, row: Row) -> None:
        """Shows this row in place of the replicated one."""
        if row.get("accountId") in self._led:
            row = row | {"accountId": self._led[row["accountId"]]}
        self._over.setdefault(entity, {})[row["id"]] = row
        self._gone.discard((entity, row["id"]))

    def drop(self, entity: str, row_id: str) -> None:
        """Shows this row no more."""
        self._over.get(entity, {}).pop(row_id, None)
        self._gone.add((entity, row_id))

    def get(self, entity: str, row_id: str) -> Row | None:
        """Returns a row as shown, or None; the id of a merged account gives the one it was merged into."""
        row_id = self._led.get(row_id, row_id) if entity == "account" else row_id
        if (entity, row_id) in self._gone:
            return None
        return self._over.get(entity, {}).get(row_id) or self._store.row(entity, row_id)

    def need(self, entity: str, row_id: str) -> Row:
        """Returns a row as shown; raises NotHere."""
        row = self.get(entity, row_id)
        if row is None:
            raise NotHere(f"There is no {entity} {row_id} on this phone.")
        return row

    def all(self, entity: str) -> list[Row]:
        """Returns all rows of an entity as shown."""
        return self._laid_over(entity, self._store.rows(entity), lambda row: True)

    def of_account(self, entity: str, account_id: str) -> list[Row]:
        """Returns the rows of an entity that name the account, as shown."""
        rows = self._store.rows_of_account(entity, account_id)
        return self._laid_over(entity, rows, lambda row: row.get("accountId") == account_id)

    def _laid_over(self, entity: str, rows: list[Row], wanted: Callable[[Row], bool]) -> list[Row]:
        over = self._over.get(entity, {})
        kept = (row for row in rows if row["id"] not in over and (entity, row["id"]) not in self._gone)
        return [*kept, *(row for row in over.values() if wanted(row))]

    def person(self) -> Row | None:
        """Returns the signed-in person's own row, once it has come."""
        return self.get("user", self.me)

    def zone(self) -> ZoneInfo:
        """Returns the person's time zone; UTC until it has come."""
        return _zone(self.person())

    def local_day(self, moment: datetime) -> date:
        """Returns the day it is for the person at an instant."""
        return moment.astimezone(self.zone()).date()

    def orders(self, account_id: str) -> list[tuple[Row, list[Row]]]:
        """Returns the orders of an account, newest first, each with its lines."""
        lines: dict[str, list[Row]] = {}
        for item in sorted(self.all("orderItem"), key=lambda row: int(row["position"])):
            lines.setdefault(item["orderId"], []).append(item)
        orders = sorted(
            self.of_account("order", account_id), key=lambda row: (row["placedAt"], row["id"]), reverse=True
        )
        return [(order, lines.get(order["id"], [])) for order in orders]

    def place(self, account_id: str) -> Place | None:
        """Returns an account with its primary address, or None."""
        account = self.get("account", account_id)
        if account is None:
            return None
        primary = [row for row in self.of_account("address", account_id) if row["isPrimary"]]
        return Place(account, primary[0] if primary else None)

    def addresses(self, account_id: str) -> list[Row]:
        """Returns the addresses of an account, the primary one first."""
        return sorted(self.of_account("address", account_id), key=lambda row: (not row["isPrimary"], row["id"]))

    def last_check_in(self, day: date) -> tuple[float, float] | None:
        """Returns where the person checked in last that day: the phone's own point, or else the account's."""
        mine = [row for row in self.all("checkIn") if row["repId"] == self.me]
        that_day = [row for row in mine if self.local_day(instant(row["at"])) == day]
        if not that_day:
            return None
        last = max(that_day, key=lambda row: (instant(row["at"]), row["id"]))
        if last["lat"] is not None:
            return float(last["lat"]), float(last["lng"])
        visit = self.get("visit", last["visitId"])
        place = self.place(visit["accountId"]) if visit else None
        return place.point if place else None

    def places(self) -> list[Place]:
        """Returns all accounts by name."""
        primary = {row["accountId"]: row for row in self.all("address") if row["isPrimary"]}
        found = [Place(account, primary.get(account["id"])) for account in self.all("account")]
        return sorted(found, key=lambda place: (place.name.casefold(), place.account["id"]))

    def nearby(self, lat: float, lng: float, n: int) -> list[Place]:
        """Returns the n accounts nearest to a point, nearest first, with geodesic distance in metres."""
        from geopy.distance import geodesic  # loaded only where it is used: each command would wait for it

        located = [(place, place.point) for place in self.places()]
        rough = sorted(
            ((_arc(lat, lng, *point), place, point) for place, point in located if point),
            key=lambda found: found[0],
        )
        # The sphere errs by 0.6 % at most, so the true nearest lie within 1.2 % of the nth on it.
        reach = rough[:n][-1][0] * 1.012 if rough[:n] else 0.0
        exact = [
            Place(place.account, place.address, float(geodesic((lat, lng), point).meters))
            for arc, place, point in rough
            if arc <= reach
        ]
        return sorted(exact, key=lambda place: place.distance_m or 0.0)[:n]

    def day(self, day: date) -> list[Stop]:
        """Returns the person's own visits planned for a day, in order of planned start."""
        mine = [row for row in self.all("visit") if row["repId"] == self.me]
        stops = [Stop(row, self.place(row["accountId"])) for row in mine]
        chosen = [stop for stop in stops if self.local_day(stop.starts) == day]
        return sorted(chosen, key=lambda stop: (stop.starts, stop.visit["id"]))

    def meetings(self, day: date) -> list[Meeting]:
        """Returns the person's own appointments of a day, in order."""
        mine = [row for row in self.all("appointment") if row["userId"] == self.me]
        return on_day(mine, day, self.zone())

    def deals(self) -> list[Deal]:
        """Returns all opportunities, in order of stage and name."""
        found = [
            Deal(
                row,
                self.get("stage", row["stageId"]),
                self.get("account", row["accountId"]) if row["accountId"] else None,
            )
            for row in self.all("opportunity")
        ]
        return sorted(found, key=lambda deal: (deal.stage["position"] if deal.stage else 0, deal.opportunity["name"]))

    def attachments(self, visit_id: str) -> list[Row]:
        """Returns the photos, signatures and documents of a visit, oldest first."""
        found = [row for row in self.all("attachment") if row["visitId"] == visit_id]
        return sorted(found, key=lambda row: (row["createdAt"], row["id"]))

    def stages(self, pipeline_id: str) -> list[Row]:
        """Returns the stages of a pipeline in order."""
        found = [row for row in self.all("stage") if row["pipelineId"] == pipeline_id]
        return sorted(found, key=lambda row: int(row["position"]))


def _zone(person: Row | None) -> ZoneInfo:
    try:
        return ZoneInfo(person["timezone"] if person else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _arc(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    up, across = radians(other_lat - lat) / 2, radians(other_lng - lng) / 2
    return asin(sqrt(min(1.0, sin(up) ** 2 + cos(radians(lat)) * cos(radians(other_lat)) * sin(across) ** 2)))
