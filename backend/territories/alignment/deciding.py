"""Where each account goes by a draft. An account moves only for something that the draft says: it is named, its territory
closes, or the draft's areas and rules claim it where those of the active model do not."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from django.db import connection

from backend.territories.alignment.plan import Plan
from backend.territories.alignment.structure import Structure
from backend.territories.assignment import Batch, Decision, Decisions
from backend.territories.models import Alignment, AssignmentSource, TerritoryRole

CHUNK = 20_000

Row = tuple[Any, ...]

# The parts that a rule may ask for come as one row, and only where the draft may decide by them.
_LYING = """
    SELECT a.id, s.territory_id, s.source, a.tier, a.segment, a.lifecycle, a.kind,
           ad.postcode, ad.city, ad.region, ad.country, ad.lat, ad.lng
    FROM crm_account a
    {join} JOIN territories_accountterritory s ON s.account_id = a.id AND s.role = 'primary' AND s.deleted_at IS NULL
        AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
    LEFT JOIN crm_address ad ON ad.account_id = a.id AND ad.is_primary AND ad.deleted_at IS NULL
    WHERE a.org_id = %(org)s AND a.deleted_at IS NULL AND {where}
"""
_OVERLAYS = """
    SELECT s.account_id, s.territory_id, s.source FROM territories_accountterritory s
    JOIN crm_account a ON a.id = s.account_id AND a.deleted_at IS NULL
    WHERE s.org_id = %(org)s AND s.territory_id = ANY(%(closed)s) AND s.role = 'overlay' AND s.deleted_at IS NULL
      AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
"""
_UNPLACED = """
    SELECT count(*) FROM crm_account a WHERE a.org_id = %(org)s AND a.deleted_at IS NULL AND a.id NOT IN (
        SELECT s.account_id FROM territories_accountterritory s
        WHERE s.org_id = %(org)s AND s.role = 'primary' AND s.deleted_at IS NULL
          AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s))
"""
_FACTS = ("tier", "segment", "lifecycle", "kind", "postcode", "city", "region", "country")


class Move(NamedTuple):
    """An account that changes its territory, or why it lies there; None: nowhere."""

    account: UUID
    role: str
    before: UUID | None
    after: UUID | None
    source_before: str
    source_after: str
    why: str


@dataclass(slots=True)
class Decided:
    """`unplaced`: accounts that lie nowhere and go on doing so; `examined`: how many accounts were asked about."""

    moves: list[Move]
    unplaced: int
    examined: int

    @property
    def unclaimed(self) -> int:
        """How many accounts lie somewhere and would lie nowhere."""
        return sum(move.role == TerritoryRole.PRIMARY and move.after is None for move in self.moves)


class Deciding:
    """One look at a draft, at an instant. `reach`: the territories that the draft keeps to, None for all."""

    def __init__(
        self,
        alignment: Alignment,
        structure: Structure,
        at: datetime,
        reach: Collection[UUID] | None,
        *,
        only_closed: bool = False,
    ) -> None:
        self._alignment = alignment
        self._structure = structure
        self._at = at
        self._reach = None if reach is None else {*reach, *Plan.of(alignment.plan).added}
        self._only_closed = only_closed
        # A rollback names whom it brings back; the areas that it restores move nobody else.
        decides = not only_closed and alignment.undoes_id is None
        self._redraws = decides and (alignment.tidy or Plan.of(alignment.plan).redraws)
        self._named = {
            account: (territory, source)
            for account, territory, source in alignment.placements.filter(role=TerritoryRole.PRIMARY).values_list(
                "account_id", "territory_id", "source"
            )
        }

    def run(self) -> Decided:
        """Returns the moves, in the order of the accounts' ids."""
        moves: list[Move] = []
        examined = 0
        for rows in self._chunks():
            examined += len(rows)
            claims = Claims(rows, self._structure, self._reach)
            moves += [move for number, row in enumerate(rows) if (move := self._one(number, row, claims)) is not None]
        unplaced = self._unplaced() - sum(move.before is None for move in moves)
        moves += self._overlays()
        moves.sort(key=lambda move: (move.account, move.role))
        return Decided(moves, unplaced, examined)

    def _chunks(self) -> Iterator[list[Row]]:
        closed, named = list(self._structure.closed), list(self._named)
        join, where = "LEFT", "TRUE"
        if self._only_closed:
            join, where = "", "s.territory_id = ANY(%(closed)s)"
        elif not self._redraws:
            where = "(s.territory_id = ANY(%(closed)s) OR a.id = ANY(%(named)s))"
        if self._reach is not None:
            # What lies nowhere is no branch's.
            join, where = "", f"{where} AND s.territory_id = ANY(%(reach)s)"
        values: dict[str, Any] = {
            "at": self._at,
            "org": self._alignment.org_id,
            "closed": closed,
            "named": named,
            "reach": list(self._reach or ()),
        }
        with connection.cursor() as cursor:
            cursor.execute(_LYING.format(join=join, where=where), values)
            while rows := cursor.fetchmany(CHUNK):
                yield rows

    def _unplaced(self) -> int:
        if self._reach is not None or self._only_closed:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(_UNPLACED, {"org": self._alignment.org_id, "at": self._at})
            return int(cursor.fetchone()[0])

    def _one(self, number: int, row: Row, claims: "Claims") -> Move | None:
        account, before, source = row[:3]
        source = source or ""
        if account in self._named and not self._only_closed:
            after, given = self._named[account]
            if after is None or after in self._structure.after:
                # What is placed where it lies is left alone; what is pinned there is pinned, but nowhere nothing is.
                pins = given == AssignmentSource.PIN != source and after is not None
                if after == before and not pins:
                    return None
                why = "pinned" if given == AssignmentSource.PIN else "listed"
                return Move(account, TerritoryRole.PRIMARY, before, after, source, given if after else "", why)
        if before is not None and before not in self._structure.after:
            return self._homeless(account, before, source, claims.after(number))
        if not self._redraws:
            return None
        if source == AssignmentSource.PIN or (source == AssignmentSource.MANUAL and self._alignment.keep_manual):
            return None
        found = claims.after(number)
        if found is None or found.territory == before:
            return None
        if not self._alignment.tidy and claims.before(number) == found:
            return None
        return Move(account, TerritoryRole.PRIMARY, before, found.territory, source, found.source, found.source)

    def _homeless(self, account: UUID, before: UUID, source: str, found: Decision | None) -> Move:
        heir = self._structure.closed.get(before)
        placed = source in (AssignmentSource.PIN, AssignmentSource.MANUAL)
        if heir is not None and placed:
            return Move(account, TerritoryRole.PRIMARY, before, heir, source, source, "heir")
        if found is not None:
            return Move(account, TerritoryRole.PRIMARY, before, found.territory, source, found.source, found.source)
        if heir is not None:
            return Move(account, TerritoryRole.PRIMARY, before, heir, source, AssignmentSource.MANUAL, "heir")
        return Move(account, TerritoryRole.PRIMARY, before, None, source, "", "nothing")

    def _overlays(self) -> Iterator[Move]:
        """What lay in a closing territory besides: nobody inherits that. And what a rollback brings back."""
        with connection.cursor() as cursor:
            cursor.execute(
                _OVERLAYS,
                {"org": self._alignment.org_id, "closed": list(self._structure.closed), "at": self._at},
            )
            for account, before, source in cursor.fetchall():
                yield Move(account, TerritoryRole.OVERLAY, before, None, source, "", "nothing")
        if self._only_closed:
            return
        again = self._alignment.placements.filter(role=TerritoryRole.OVERLAY)
        for account, after, source in again.values_list("account_id", "territory_id", "source"):
            if after in self._structure.after:
                yield Move(account, TerritoryRole.OVERLAY, None, after, "", source, "listed")


class Claims:
    """What the rules and areas say of some accounts, as they are and as the draft wants them; asked for all at once, and only
    when somebody wants to know."""

    def __init__(self, rows: list[Row], structure: Structure, reach: Collection[UUID] | None) -> None:
        self._rows = rows
        self._structure = structure
        self._reach = reach

    def after(self, number: int) -> Decision | None:
        """Returns what the draft says of an account; None also for what is not of its branch."""
        found = self._after.at(number)
        return found if found is None or self._reach is None or found.territory in self._reach else None

    def before(self, number: int) -> Decision | None:
        """Returns what the active model says of an account."""
        return self._before.at(number)

    @cached_property
    def _after(self) -> Decisions:
        return self._structure.engine_after.decide_all(self._batch)

    @cached_property
    def _before(self) -> Decisions:
        return self._structure.engine_before.decide_all(self._batch)

    @cached_property
    def _batch(self) -> Batch:
        columns = list(zip(*self._rows, strict=True))
        values = {name: [value or "" for value in column] for name, column in zip(_FACTS, columns[3:11], strict=True)}
        # None becomes NaN: no point.
        lat, lng = (np.array(column, np.float64) for column in columns[11:13])
        return Batch(values, lat, lng)
