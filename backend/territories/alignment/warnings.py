"""What somebody should know before a draft becomes the field."""

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

import shapely
from django.db import connection

from backend.territories.alignment.deciding import Decided
from backend.territories.alignment.structure import Structure
from backend.territories.geometry import area_of
from backend.territories.models import TerritoryRole

MOST = 100
"""So many warnings of one kind are told; the figures count the rest."""
SLIVER = 1e-6
"""Areas that share less than this, in square degrees (about a hectare), only touch."""

Told = dict[str, Any]


def warnings(structure: Structure, decided: Decided, at: datetime) -> list[Told]:
    """Returns [{code, message, territories, count, lat, lng}]; the last two where there is a place to look at."""
    return [
        *_unmanned(structure, decided, at),
        *_nowhere(decided),
        *_overlaps(structure)[:MOST],
        *_vanished(structure),
    ]


def _warning(code: str, message: str, *territories: UUID, count: int = 0, **more: float) -> Told:
    return {"code": code, "message": message, "territories": [str(one) for one in territories], "count": count, **more}


def _unmanned(structure: Structure, decided: Decided, at: datetime) -> list[Told]:
    """Territories that hold accounts afterwards and that nobody works."""
    holds = _lying(structure, at)
    for move in decided.moves:
        if move.role == TerritoryRole.PRIMARY:
            if move.before is not None:
                holds[move.before] -= 1
            if move.after is not None:
                holds[move.after] += 1
    return [
        _warning("NO_PERSON", f"Nobody works {node.name}, with {holds[key]} accounts.", key, count=holds[key])
        for key, node in structure.after.items()
        if holds[key] > 0 and key not in structure.people_after
    ][:MOST]


def _lying(structure: Structure, at: datetime) -> Counter[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT territory_id, count(*) FROM territories_accountterritory WHERE territory_id = ANY(%(these)s) "
            "AND role = 'primary' AND deleted_at IS NULL AND valid_from <= %(at)s "
            "AND (valid_to IS NULL OR valid_to > %(at)s) GROUP BY 1",
            {"these": list(structure.before), "at": at},
        )
        return Counter(dict(cursor.fetchall()))


def _nowhere(decided: Decided) -> list[Told]:
    told = []
    if decided.unclaimed:
        told.append(_warning("UNCLAIMED", f"{decided.unclaimed} accounts would lie nowhere.", count=decided.unclaimed))
    if decided.unplaced:
        told.append(_warning("UNPLACED", f"{decided.unplaced} accounts lie nowhere already.", count=decided.unplaced))
    return told


def _overlaps(structure: Structure) -> list[Told]:
    """Areas that claim the same place, neither lying beneath the other in the tree; only those that the draft draws."""
    drawn = {key: area_of(node.area) for key, node in structure.after.items() if node.area is not None}
    drafted = [key for key in drawn if structure.after[key] != structure.before.get(key)]
    keys = list(drawn)
    tree = shapely.STRtree([drawn[key] for key in keys])
    told: list[Told] = []
    seen: set[frozenset[UUID]] = set()
    for key in drafted:
        for index in tree.query(drawn[key], predicate="intersects"):
            other = keys[int(index)]
            pair = frozenset((key, other))
            if other == key or pair in seen or _above(key, other, structure) or _above(other, key, structure):
                continue
            seen.add(pair)
            shared = drawn[key].intersection(drawn[other])
            if shared.area <= SLIVER:
                continue
            where = shared.representative_point()
            names = sorted(structure.after[one].name for one in pair)
            told.append(
                _warning("OVERLAP", f"{names[0]} and {names[1]} overlap.", *sorted(pair), lat=where.y, lng=where.x)
            )
    return told


def _above(high: UUID, low: UUID, structure: Structure) -> bool:
    at = structure.after[low].parent
    while at is not None:
        if at == high:
            return True
        at = structure.after[at].parent
    return False


def _vanished(structure: Structure) -> list[Told]:
    if not structure.vanished:
        return []
    count = len(structure.vanished)
    return [
        _warning("VANISHED", f"{count} territories that the draft changes are gone.", *structure.vanished, count=count)
    ]
