"""Whether a root is one that somebody sees, as a condition of rows: the same rows four ways, each quick where the others are not.

`ANYHOW` leaves it to the planner, which is right for few rows chosen by something else. `EACH` looks each root up, for a page
in an order that an index has, of who sees much. `WHOLE` reads all that is seen once, for who sees little of a large org. `ONE`
asks a function about each row, for a row that its id has chosen: there is nothing to plan, and little to set up."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum
from typing import Any

from django.db import models

from backend.crm.models import Account


class Way(Enum):
    """How coverage is asked for."""

    ANYHOW = "anyhow"
    EACH = "each"
    WHOLE = "whole"
    ONE = "one"


_way: ContextVar[Way] = ContextVar("way", default=Way.ANYHOW)


@contextmanager
def asked(way: Way) -> Iterator[None]:
    """Has statements that are made inside ask for coverage that way, where they do not say it themselves."""
    before = _way.set(way)
    try:
        yield
    finally:
        _way.reset(before)


class Root(Enum):
    """What a root is known to be: the account that the row is, an account, or anything."""

    OWN = "own"
    ACCOUNT = "account"
    ANY = "any"


def root_of(model: type[models.Model], name: str) -> Root:
    """Returns what the column or annotation of a model is known to hold."""
    if model is Account and name in ("id", "pk"):
        return Root.OWN
    columns = {field.attname: field for field in model._meta.concrete_fields}
    return Root.ACCOUNT if name in columns and columns[name].related_model is Account else Root.ANY


_ME = "FROM identity_user me WHERE me.id = {user} AND me.is_active"
_SINCE = "deleted_at IS NULL AND {of}.valid_from <= {now} AND ({of}.valid_to IS NULL OR {of}.valid_to > {now})"
# OFFSET 0 keeps the planner from reading all of a territory first, which costs as much for one row as for all.
_GIVEN = f"""(SELECT me.role = 'admin' {_ME})
 OR EXISTS (SELECT FROM territories_accountterritory att WHERE att.account_id = {{root}}
  AND att.territory_id = ANY (ARRAY(SELECT v.id FROM visible_territories({{user}}, {{now}}) v))
  AND att.{_SINCE.replace("{of}", "att")} OFFSET 0)
 OR {{root}} IN (SELECT s.account_id FROM territories_accountshare s
  WHERE s.user_id = {{user}} AND s.{_SINCE.replace("{of}", "s")})"""  # noqa: S608
_THERE = f"""EXISTS (SELECT FROM crm_account a WHERE a.id = {{root}} AND a.deleted_at IS NULL
  AND a.org_id = (SELECT me.org_id {_ME}) OFFSET 0)"""
_ELSE = f"""{{root}} IN (SELECT me.org_id {_ME} UNION ALL SELECT v.id FROM visible_users({{user}}) v
  UNION ALL SELECT v.id FROM visible_territories({{user}}, {{now}}) v)"""  # noqa: S608
_EACH = {
    # The row says itself that it is there, and of the org.
    Root.OWN: f"((SELECT TRUE {_ME} AND me.org_id = {{org}}) AND ({_GIVEN})) IS TRUE",
    Root.ACCOUNT: f"({_THERE} AND ({_GIVEN})) IS TRUE",
    Root.ANY: f"(({_THERE} AND ({_GIVEN})) OR {_ELSE}) IS TRUE",
}
_WHOLE = dict.fromkeys(Root, "{root} IN (SELECT seen.root FROM all_visible_roots({user}, {now}) seen)") | {
    # The row says itself that it is there, and of the org.
    Root.OWN: "{root} IN (SELECT given.id FROM all_given_accounts({user}, {org}, {now}) given)",
}
_TEMPLATES = {
    Way.EACH: _EACH,
    Way.WHOLE: _WHOLE,
    Way.ONE: dict.fromkeys(Root, "sees_root({user}, {root}, {now})"),
    Way.ANYHOW: dict.fromkeys(Root, "{root} IN (SELECT seen.root FROM visible_roots({user}, {now}) seen)"),
}


class Seen(models.Func):
    """Says of each row whether somebody sees its root at an instant."""

    output_field = models.BooleanField()

    def __init__(self, *expressions: Any, kind: Root, way: Way | None = None) -> None:
        """Takes the root, the user, their org and the instant."""
        super().__init__(*expressions)
        self.kind, self.way = kind, way

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        """Returns the SQL and its parameters."""
        compiled = map(compiler.compile, self.get_source_expressions())
        parts = dict(zip(("root", "user", "org", "now"), compiled, strict=True))
        template = _TEMPLATES[self.way or _way.get()][self.kind]
        pieces: list[str] = []
        params: list[Any] = []
        for number, piece in enumerate(re.split(r"\{(\w+)\}", template)):
            if number % 2:
                sql, own = parts[piece]
                pieces.append(sql)
                params += own
            else:
                pieces.append(piece)
        return f"({''.join(pieces)})", params


def condition(way: Way, kind: Root, root: str) -> str:
    """Returns the same as SQL of a column `root`, with the parameters %(user)s, %(org)s and %(now)s."""
    named = {"root": root, "user": "%(user)s", "org": "%(org)s", "now": "%(now)s"}
    said = re.sub(r"\{(\w+)\}", lambda found: named[found[1]], _TEMPLATES[way][kind])
    return f"({said})"
