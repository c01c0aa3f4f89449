"""Which accounts go from whom to whom by an alignment, as SQL that the other questions are put upon.

An account changes hands when its first person does: because it goes to another territory, or its territory to another person."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from backend.kit import clock
from backend.territories.models import Alignment, AlignmentState

People = dict[UUID, list[UUID]]

# Of a territory whose people change, also what stays in it goes to others.
HANDS = """
    affected AS (
        SELECT m.account_id, m.from_territory_id AS f, m.to_territory_id AS t
        FROM territories_alignmentmove m WHERE m.alignment_id = %(alignment)s AND m.role = 'primary'
        UNION ALL
        SELECT s.account_id, s.territory_id, s.territory_id
        FROM territories_accountterritory s
        JOIN crm_account a ON a.id = s.account_id AND a.deleted_at IS NULL
        WHERE s.territory_id = ANY(%(posts)s) AND s.role = 'primary' AND s.deleted_at IS NULL
          AND s.valid_from <= %(at)s AND (s.valid_to IS NULL OR s.valid_to > %(at)s)
          AND NOT EXISTS (SELECT FROM territories_alignmentmove m WHERE m.alignment_id = %(alignment)s
                          AND m.account_id = s.account_id AND m.role = 'primary')
    ), hands AS (
        SELECT affected.*, b.person AS giver, n.person AS taker FROM affected
        LEFT JOIN unnest(%(first_before_t)s::uuid[], %(first_before_p)s::uuid[]) b(territory, person) ON b.territory = f
        LEFT JOIN unnest(%(first_after_t)s::uuid[], %(first_after_p)s::uuid[]) n(territory, person) ON n.territory = t
    )
"""


def people(alignment: Alignment, when: str) -> People:
    """Returns who works each territory `before` or `after`, the one its accounts are said to be of first."""
    kept = alignment.figures[f"people_{when}"]
    return {UUID(territory): [UUID(one) for one in there] for territory, there in kept.items()}


def instant(alignment: Alignment) -> datetime:
    """Returns when it takes effect, as far as is known: now, for a draft that nobody has asked for."""
    return alignment.effective_at or alignment.due_at or clock.now()


def values(alignment: Alignment, **more: Any) -> dict[str, Any]:
    """Returns what HANDS is asked with: a draft as of now, one that has begun as of when it was decided."""
    posts = {UUID(one["territory"]) for one in alignment.figures["posts"]}
    closed = {UUID(key) for key, one in alignment.figures["territories"].items() if one["change"] == "closed"}
    asked: dict[str, Any] = {
        "alignment": alignment.pk,
        "org": alignment.org_id,
        "posts": list(posts - closed),
        "at": clock.now() if alignment.state in OPEN else alignment.looked_at,
    }
    for when in ("before", "after"):
        there = people(alignment, when)
        asked[f"first_{when}_t"] = list(there)
        asked[f"first_{when}_p"] = [some[0] for some in there.values()]
    return asked | more


def loses(person: str) -> str:
    """Returns the SQL that says of a column that its person worked the account's territory, and works it no more.

    A manager who visits by the way goes on doing so."""
    return f"""
        EXISTS (SELECT FROM unnest(%(before_t)s::uuid[], %(before_p)s::uuid[]) b(territory, person)
                WHERE b.territory = hands.f AND b.person = {person})
        AND NOT EXISTS (SELECT FROM unnest(%(after_t)s::uuid[], %(after_p)s::uuid[]) n(territory, person)
                        WHERE n.territory = hands.t AND n.person = {person})
    """  # noqa: S608 - a column of ours


def losing(alignment: Alignment, **more: Any) -> dict[str, Any]:
    """Returns what HANDS is asked with, and `loses`."""
    asked = values(alignment, **more)
    for when in ("before", "after"):
        flat = [(territory, one) for territory, there in people(alignment, when).items() for one in there]
        asked[f"{when}_t"], asked[f"{when}_p"] = [one for one, _ in flat], [one for _, one in flat]
    return asked


OPEN = (AlignmentState.DRAFT, AlignmentState.SCHEDULED)
"""What is looked at is still to come."""


def ask(sql: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Returns the rows of a question put upon HANDS."""
    with connection.cursor() as cursor:
        cursor.execute(f"WITH {HANDS} {sql}", asked)
        return list(cursor.fetchall())


def losers(alignment: Alignment) -> set[UUID]:
    """Returns everybody who worked an account before and does not afterwards, in whatever role."""
    before, after = people(alignment, "before"), people(alignment, "after")
    pairs = [(UUID(f), UUID(t) if t else None) for f, t, _ in alignment.figures["pairs"] if f]
    pairs += [(UUID(one["territory"]), UUID(one["territory"])) for one in alignment.figures["posts"]]
    return {
        one
        for giving, taking in pairs
        for one in before.get(giving, ())
        if taking is None or one not in after.get(taking, ())
    }
