"""What the solver is asked: clients worth visiting, shifts to visit them in, and the time between places."""

from dataclasses import dataclass, field
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.kit.errors import Invalid

MAX_TIME = 10**8
"""The latest time and the longest travel that a problem may name."""

UNREACHABLE = 1 << 30
"""A matrix entry of this value or more says that there is no way from here to there."""

MAX_CLIENTS = 5_000


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """Service may start at any time from `start` to `end`, both included."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Client:
    """One visit that could be made.

    `location` is a row of the matrix, `service` the time it takes. `windows` None means at any time, an empty tuple
    means never. A required client comes before every prize; an appointment is one with a window of a single moment.
    `skills` are what it takes to serve it, `shifts` the only ones it may be served on (None: any). Of the clients that
    name one `group` at most one is served. Visits that name one `account` begin the larger of their two `gap`s apart (see
    spacing).
    """

    id: str
    location: int
    prize: float = 0.0
    required: bool = False
    service: int = 0
    windows: tuple[TimeWindow, ...] | None = None
    skills: frozenset[str] = frozenset()
    shifts: frozenset[str] | None = None
    group: str | None = None
    account: str | None = None
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Break:
    """A pause of `duration` that begins inside `window`: between two visits, on the road or at either end of it.

    It is due only where the shift is not over by the end of `window`.
    """

    window: TimeWindow
    duration: int


@dataclass(frozen=True, slots=True)
class Locked:
    """A client that stays on its shift. With `start` its visit is under way or settled: it begins exactly then,
    whatever its own windows say, and nothing but other such visits comes before it."""

    client_id: str
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """One day of one traveller: leaves `start` and is back at `end` (rows of the matrix) within `window`.

    `breaks` are taken in the order of their windows. `locked` clients stay on this shift in this order; others may come
    between, but not before one with a start, so those stand first.
    """

    id: str
    start: int
    end: int
    window: TimeWindow
    breaks: tuple[Break, ...] = ()
    skills: frozenset[str] = frozenset()
    locked: tuple[Locked, ...] = ()

    @property
    def settled(self) -> int:
        """How many of the first locked clients nothing may come before."""
        return sum(one.start is not None for one in self.locked)


@dataclass(frozen=True, eq=False)
class Problem:
    """Clients, shifts and `matrix[i, j]`, the whole seconds (or any one unit) from place i to place j.

    All times stand on one axis, so several days are several shifts at different hours of it. The matrix is int64,
    square, zero on its diagonal. Raises Invalid, with the field it concerns, for anything that is not a problem.
    """

    clients: tuple[Client, ...]
    shifts: tuple[Shift, ...]
    matrix: NDArray[np.int64]
    client_by_id: dict[str, Client] = field(init=False, repr=False)
    shift_by_id: dict[str, Shift] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "clients", tuple(self.clients))
        object.__setattr__(self, "shifts", tuple(self.shifts))
        object.__setattr__(self, "matrix", checked_matrix(self.matrix))
        if not self.shifts:
            raise Invalid("NO_SHIFTS", "a plan needs at least one shift", fields={"shifts": "empty"})
        if len(self.clients) > MAX_CLIENTS:
            raise Invalid("TOO_MANY_CLIENTS", f"at most {MAX_CLIENTS} clients at once", fields={"clients": "too many"})
        for number, client in enumerate(self.clients):
            self._check_client(f"clients[{number}]", client)
        for number, shift in enumerate(self.shifts):
            if not is_name(shift.id):
                raise Invalid(
                    "ID_INVALID", "an id is a text, not empty", fields={f"shifts[{number}].id": repr(shift.id)}
                )
            self._check_place(f"shifts[{number}].start", shift.start)
            self._check_place(f"shifts[{number}].end", shift.end)
            check_window(f"shifts[{number}].window", shift.window)
            check_breaks(f"shifts[{number}].breaks", shift.breaks)
        object.__setattr__(self, "client_by_id", {client.id: client for client in self.clients})
        object.__setattr__(self, "shift_by_id", {shift.id: shift for shift in self.shifts})
        for name, rows, unique in (
            ("clients", self.clients, self.client_by_id),
            ("shifts", self.shifts, self.shift_by_id),
        ):
            if len(rows) != len(unique):
                raise Invalid("DUPLICATE_ID", f"two {name} share one id", fields={name: "duplicate id"})
        self._check_locks()

    def in_order_of_id(self) -> "Problem":
        """Returns the problem with clients and shifts sorted by id, so that the order they came in decides nothing."""
        same = object.__new__(Problem)
        # What was checked once need not be checked again.
        for name, value in (
            ("clients", tuple(sorted(self.clients, key=lambda client: client.id))),
            ("shifts", tuple(sorted(self.shifts, key=lambda shift: shift.id))),
            ("matrix", self.matrix),
            ("client_by_id", self.client_by_id),
            ("shift_by_id", self.shift_by_id),
        ):
            object.__setattr__(same, name, value)
        return same

    @cached_property
    def locked_on(self) -> dict[str, tuple[str, Locked]]:
        """Client id -> the shift it is locked on, and how."""
        return {lock.client_id: (shift.id, lock) for shift in self.shifts for lock in shift.locked}

    @cached_property
    def kin(self) -> dict[str, dict[str, int]]:
        """Client id -> the ids of the other clients of its account, and how far apart the two have to begin.

        Pairs that need not be apart are left out, and those of which both are locked: hands have said so."""
        of_account: dict[str, list[Client]] = {}
        for client in self.clients:
            if client.account is not None:
                of_account.setdefault(client.account, []).append(client)
        found: dict[str, dict[str, int]] = {}
        for clients in of_account.values():
            for one in clients:
                for other in clients:
                    gap = max(one.gap, other.gap)
                    if one is other or gap == 0 or (one.id in self.locked_on and other.id in self.locked_on):
                        continue
                    found.setdefault(one.id, {})[other.id] = gap
        return found

    def may_serve(self, shift: Shift, client: Client) -> bool:
        """Says whether this shift has the skills and is one the client allows; where a client is locked, that decides."""
        lock = self.locked_on.get(client.id)
        if lock is not None:
            return lock[0] == shift.id
        return client.skills <= shift.skills and (client.shifts is None or shift.id in client.shifts)

    def windows_of(self, client: Client) -> tuple[TimeWindow, ...] | None:
        """Returns when service may start: the client's own windows, or the one moment a settled visit is fixed at."""
        lock = self.locked_on.get(client.id)
        if lock is not None and lock[1].start is not None:
            return (TimeWindow(lock[1].start, lock[1].start),)
        return client.windows

    @cached_property
    def rows(self) -> list[list[int]]:
        """The matrix as plain lists, which single look-ups read many times faster."""
        rows: list[list[int]] = self.matrix.tolist()
        return rows

    def _check_client(self, name: str, client: Client) -> None:
        if not is_name(client.id):
            raise Invalid("ID_INVALID", "an id is a text, not empty", fields={f"{name}.id": repr(client.id)})
        self._check_place(f"{name}.location", client.location)
        if not is_number(client.prize) or client.prize < 0:
            raise Invalid("PRIZE_INVALID", "a prize is a number, zero or more", fields={f"{name}.prize": "negative"})
        check_time(f"{name}.service", client.service)
        check_time(f"{name}.gap", client.gap)
        for number, window in enumerate(client.windows or ()):
            check_window(f"{name}.windows[{number}]", window)

    def _check_locks(self) -> None:
        seen: set[str] = set()
        for number, shift in enumerate(self.shifts):
            for place, lock in enumerate(shift.locked):
                name = f"shifts[{number}].locked[{place}]"
                if lock.client_id not in self.client_by_id or lock.client_id in seen:
                    raise Invalid("LOCK_INVALID", "a lock names a client, once", fields={name: repr(lock.client_id)})
                seen.add(lock.client_id)
                if lock.start is not None:
                    check_time(f"{name}.start", lock.start)
                    if place and shift.locked[place - 1].start is None:
                        raise Invalid("LOCK_INVALID", "stops with a start come first", fields={name: "after others"})

    def _check_place(self, name: str, place: int) -> None:
        if not is_whole(place) or not 0 <= place < len(self.matrix):
            raise Invalid("LOCATION_UNKNOWN", f"the matrix has no row {place!r}", fields={name: "not in the matrix"})


def is_name(value: object) -> bool:
    """Says whether `value` is a text with something in it."""
    return isinstance(value, str) and value != ""


def is_number(value: object) -> bool:
    """Says whether `value` is a finite int or float."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_whole(value: object) -> bool:
    """Says whether `value` is an int and not a bool in disguise."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_time(name: str, value: int) -> None:
    """Raises Invalid unless `value` is a whole number from 0 to MAX_TIME."""
    if not is_whole(value) or not 0 <= value <= MAX_TIME:
        raise Invalid("TIME_INVALID", f"a time is a whole number from 0 to {MAX_TIME}", fields={name: repr(value)})


def check_window(name: str, window: TimeWindow) -> None:
    """Raises Invalid unless the window starts no later than it ends."""
    check_time(f"{name}.start", window.start)
    check_time(f"{name}.end", window.end)
    if window.start > window.end:
        raise Invalid("WINDOW_REVERSED", "a window starts before it ends", fields={name: "ends before it starts"})


def check_breaks(name: str, breaks: tuple[Break, ...]) -> None:
    """Raises Invalid unless the breaks come in order and the latest start of each leaves room for the next."""
    for number, one in enumerate(breaks):
        check_window(f"{name}[{number}].window", one.window)
        check_time(f"{name}[{number}].duration", one.duration)
        if number and one.window.start < breaks[number - 1].window.start + breaks[number - 1].duration:
            raise Invalid("BREAKS_OVERLAP", "breaks follow each other", fields={f"{name}[{number}]": "too early"})


def checked_matrix(given: Any) -> NDArray[np.int64]:
    """Returns `given` as a read-only int64 copy, no-way entries made UNREACHABLE; raises Invalid if it is no travel matrix."""
    try:
        matrix = np.array(given)
    except ValueError as ragged:
        raise Invalid("MATRIX_SHAPE", "the matrix is not square", fields={"matrix": "ragged"}) from ragged
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.shape[0] == 0:
        raise Invalid("MATRIX_SHAPE", "the matrix is not square", fields={"matrix": f"shape {matrix.shape}"})
    if matrix.dtype.kind not in "iuf" or not np.isfinite(matrix).all() or (matrix != np.floor(matrix)).any():
        raise Invalid("MATRIX_VALUE", "the matrix holds whole numbers", fields={"matrix": "not whole numbers"})
    whole: NDArray[np.int64] = np.minimum(matrix, UNREACHABLE).astype(np.int64)
    if (whole < 0).any() or ((whole > MAX_TIME) & (whole < UNREACHABLE)).any():
        raise Invalid("MATRIX_VALUE", f"travel is from 0 to {MAX_TIME}", fields={"matrix": "out of range"})
    if whole.diagonal().any():
        raise Invalid("MATRIX_DIAGONAL", "staying in place takes no time", fields={"matrix": "diagonal is not zero"})
    whole.flags.writeable = False
    return whole
