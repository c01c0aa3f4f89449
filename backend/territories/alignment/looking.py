"""Looking at what a draft would do: the moves are decided, kept and summed up; nothing of the field changes.

It reads as everybody reads and waits for nobody. What is kept is the look's: the next look, or the activation, replaces it."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.territories.alignment.deciding import Decided, Deciding, Move
from backend.territories.alignment.structure import Posts, Structure, covered, read
from backend.territories.alignment.warnings import warnings
from backend.territories.models import Alignment, AlignmentState, TerritoryRole
from backend.territories.rules import check_leads

ROWS = 20_000
_INSERT = """
    INSERT INTO territories_alignmentmove
        (alignment_id, account_id, role, from_territory_id, to_territory_id, from_source, to_source, why)
    SELECT %s, m.* FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[]) m
    ON CONFLICT (alignment_id, account_id, role) DO UPDATE
    SET from_territory_id = EXCLUDED.from_territory_id, to_territory_id = EXCLUDED.to_territory_id,
        from_source = EXCLUDED.from_source, to_source = EXCLUDED.to_source, why = EXCLUDED.why, state = 'planned'
"""


@transaction.atomic
def look(*, actor: Actor, alignment: Alignment) -> Alignment:
    """Decides anew what a draft would do at this moment; `digest` names the outcome, the same one for the same moves.

    One that is scheduled, under way or done keeps what was seen, or done, last."""
    check_leads(actor)
    alignment = Alignment.objects.select_for_update(of=("self",)).select_related("model").get(pk=alignment.pk)
    if alignment.state == AlignmentState.DRAFT:
        evaluate(alignment, clock.now())
    return alignment


def evaluate(alignment: Alignment, at: datetime) -> tuple[Structure, Decided]:
    """Decides at an instant, and keeps moves, figures and digest. The caller holds the row."""
    structure = read(alignment, at)
    reach = None if alignment.branch_id is None else covered(alignment.branch_id, at)
    decided = Deciding(alignment, structure, at, reach).run()
    alignment.moves.all().delete()
    store(alignment, decided.moves)
    alignment.looked_at = at
    alignment.total = len(decided.moves)
    alignment.digest = digest(alignment, structure, decided.moves)
    alignment.figures = figures(structure, decided, at)
    alignment.save(update_fields=["looked_at", "total", "digest", "figures"])
    return structure, decided


def store(alignment: Alignment, moves: Sequence[Move]) -> None:
    """Keeps moves to be made; one that was passed over is to be made again."""
    with connection.cursor() as cursor:
        for start in range(0, len(moves), ROWS):
            columns = list(zip(*moves[start : start + ROWS], strict=True))
            cursor.execute(_INSERT, [alignment.pk, *map(list, columns)])


def digest(alignment: Alignment, structure: Structure, moves: Sequence[Move]) -> str:
    """Returns a name for all that the draft would do."""
    made = hashlib.sha256()
    for move in moves:
        made.update("|".join(map(str, move)).encode() + b"\n")
    shown: list[Any] = [alignment.keep_days, alignment.later_visits]
    shown += sorted(
        [
            str(key),
            node.name,
            str(node.parent),
            json.dumps(node.area, sort_keys=True),
            node == structure.before.get(key),
        ]
        for key, node in structure.after.items()
        if node != structure.before.get(key)
    )
    shown += sorted(map(str, structure.closed))
    shown += [[rule.priority, str(rule.territory), rule.criteria] for rule in structure.rules_after]
    shown += [sorted(map(str, posts)) for posts in _posts_changed(structure)]
    made.update(json.dumps(shown, sort_keys=True, default=list).encode())
    return made.hexdigest()


def _posts_changed(structure: Structure) -> tuple[set[tuple[UUID, UUID, str]], ...]:
    before, after = (
        {(one.territory, one.user, one.role) for there in posts.values() for one in there}
        for posts in (structure.people_before, structure.people_after)
    )
    return before - after, after - before


def figures(structure: Structure, decided: Decided, at: datetime) -> dict[str, Any]:
    """Returns what was found, as JSON: counts by pair of territories, both sides' territories and people, warnings.

    `pairs`: [[from, to, count]] of primary moves; `posts`: the people who are given a territory or lose it."""
    pairs = Counter(
        (str(move.before or ""), str(move.after or "")) for move in decided.moves if move.role == TerritoryRole.PRIMARY
    )
    lost, given = _posts_changed(structure)
    return {
        "pairs": [[*pair, count] for pair, count in sorted(pairs.items())],
        "territories": {
            str(key): {
                "name": node.name,
                "parent": str(node.parent) if node.parent else None,
                **_change(key, structure),
            }
            for key, node in {**structure.before, **structure.after}.items()
        },
        "posts": [
            {"territory": str(territory), "user": str(user), "role": role, "given": is_given}
            for some, is_given in ((lost, False), (given, True))
            for territory, user, role in sorted(some)
        ],
        "people_before": _people(structure.people_before),
        "people_after": _people(structure.people_after),
        "unplaced": decided.unplaced,
        "unclaimed": decided.unclaimed,
        "examined": decided.examined,
        "warnings": warnings(structure, decided, at),
    }


def _change(key: UUID, structure: Structure) -> dict[str, str]:
    if key in structure.closed:
        return {"change": "closed"}
    if key not in structure.before:
        return {"change": "added"}
    return {"change": "same" if structure.before[key] == structure.after[key] else "changed"}


def _people(posts: Posts) -> dict[str, list[str]]:
    """Returns who works each territory, the one its accounts are said to be of first."""
    return {
        str(territory): [str(one.user) for one in sorted(there, key=lambda post: post.role != TerritoryRole.PRIMARY)]
        for territory, there in posts.items()
    }
