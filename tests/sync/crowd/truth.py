"""What each person may see at this instant, read straight from the tables and not through a pull."""

import json

from django.db import connection

from backend.identity.models import User
from backend.sync.protocol import CURRENT
from backend.sync.tables import TABLES
from backend.sync.view import view_of
from backend.territories.coverage import visible_root_kinds
from tests.factories.replica import Rows


def everything() -> Rows:
    """Returns every living row of every org."""
    rows: Rows = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(table.select())
            for row_id, root, row in cursor.fetchall():
                rows[(table.entity, str(row_id))] = (str(root), json.loads(row))
    return rows


def roots_of(user: User) -> set[str]:
    """Returns the roots the person sees now."""
    return {str(root) for root in visible_root_kinds(user.pk)}


def seen_by(user: User, rows: Rows) -> Rows:
    """Returns those of the rows that the person may see now."""
    roots = roots_of(user)
    columns = {table.entity: {"id", *table.columns} for table in view_of(user.pk, CURRENT).tables if table is not None}
    return {
        (entity, row_id): (root, {name: value for name, value in row.items() if name in columns[entity]})
        for (entity, row_id), (root, row) in rows.items()
        if root in roots and entity in columns
    }


def difference(mine: Rows, right: Rows) -> str:
    """Tells how a replica differs from what it should be, shortly."""
    missing = sorted(right.keys() - mine.keys())
    ghosts = sorted(mine.keys() - right.keys())
    stale = sorted(key for key in mine.keys() & right.keys() if mine[key] != right[key])
    return f"missing {missing[:5]}, ghosts {ghosts[:5]}, stale {[(key, mine[key], right[key]) for key in stale[:3]]}"
