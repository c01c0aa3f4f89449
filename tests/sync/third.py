"""A version 3 of the protocol that only tests know, and the migration it came with: a required field, a new value of an
enumeration, and a column with another name."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from backend.crm.rules import LIFECYCLE_MOVES
from backend.sync import pictures, versions, view
from backend.sync.mutators import accounts, decode, registry
from backend.sync.mutators.merging import Patch
from backend.sync.mutators.registry import Caller, Outcome
from backend.sync.protocol import Mutation
from backend.sync.tables import RANK, TABLES
from backend.sync.versions import Version, with_default, with_new_name
from backend.sync.view import view_for

THIRD = Version(
    3,
    date(2027, 3, 1),
    "Where to park; accounts that sleep; notes are called remarks.",
    columns={"account": {"notes": "t.notes"}},
    values={"account": {"lifecycle": {"dormant": "lapsed"}}},
    upcasters={
        "account.create": with_default("parking", "street"),
        "account.patch": with_new_name("notes", "remarks"),
    },
)
LIFECYCLES = "'prospect', 'active', 'lapsed', 'closed'"


def migrate(lifecycles: str) -> None:
    """Lets an account be in one of these states of life."""
    with connection.cursor() as sql:
        sql.execute("ALTER TABLE crm_account DROP CONSTRAINT account_lifecycle_known")
        sql.execute(
            f"ALTER TABLE crm_account ADD CONSTRAINT account_lifecycle_known CHECK (lifecycle IN ({lifecycles}))"
        )


@contextmanager
def released(patch: pytest.MonkeyPatch, folder: Path) -> Iterator[None]:
    """Migrates the database, and serves version 3 beside 2 and 1."""
    shutil.copytree(versions.PICTURES, folder, dirs_exist_ok=True)
    (folder / "2.json").write_text(pictures.text())
    with connection.cursor() as sql:
        sql.execute("ALTER TABLE crm_account ADD COLUMN parking text NOT NULL DEFAULT 'street'")
    migrate(f"{LIFECYCLES}, 'dormant'")
    patch.setattr(versions, "PICTURES", folder)
    patch.setattr(versions, "HISTORY", (*versions.HISTORY, THIRD))
    patch.setattr(view, "TABLES", _tables())
    patch.setitem(LIFECYCLE_MOVES, "dormant", frozenset({"active"}))
    columns = {"remarks" if name == "notes" else name: where for name, where in accounts.ACCOUNT.columns.items()}
    patch.setattr(accounts, "ACCOUNT", Patch("account", columns, accounts.ACCOUNT.moves))
    patch.setitem(registry._REGISTRY, "account.create", _create(registry.find("account.create")))
    _forget()
    try:
        yield
    finally:
        patch.undo()
        _forget()
        with connection.cursor() as sql:
            sql.execute("UPDATE crm_account SET lifecycle = 'lapsed' WHERE lifecycle = 'dormant'")
            sql.execute("ALTER TABLE crm_account DROP COLUMN parking")
        migrate(LIFECYCLES)


def _forget() -> None:
    view_for.cache_clear()
    versions.picture.cache_clear()


def _tables() -> tuple[object, ...]:
    account = TABLES[RANK["account"]]
    columns = {"remarks" if name == "notes" else name: sql for name, sql in account.columns.items()}
    changed = replace(account, columns={**columns, "parking": "t.parking"})
    return tuple(changed if one is account else one for one in TABLES)


def _create(before: registry.Mutator) -> registry.Mutator:
    def create(caller: Caller, mutation: Mutation) -> Outcome:
        """As before, and where to park must be said."""
        args = dict(mutation.args)
        parking = args.pop("parking", None)
        if parking is None:
            decode.uuid({}, "parking")  # raises REQUIRED
        outcome = before(caller, replace(mutation, args=args))
        with connection.cursor() as sql:
            sql.execute("UPDATE crm_account SET parking = %s WHERE id = %s", [parking, mutation.entity_id])
        return outcome

    return create
