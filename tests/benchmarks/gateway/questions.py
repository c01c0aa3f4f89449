"""The same questions in each server's own words, and where in its answer the rows are."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

FIFTEEN = "id number name kind tier lifecycle segment phone notes serviceMinutes boost displays journal version updatedAt".split()
TEN = "id number name kind tier lifecycle segment phone serviceMinutes version".split()
FIVE = "id name tier lifecycle phone".split()
PERSON = "id role fullName email phone".split()

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as bytes without its Host: `rows` finds the rows in what is answered."""

    method: str
    path: str
    body: bytes | None
    rows: Callable[[Any], list[Row]]
    token: bool = False


def posted(
    document: str, variables: Row, rows: Callable[[Any], list[Row]], *, stored: bool = False, token: bool = False
) -> Ask:
    """Returns a GraphQL request; `stored`: by the hash of its document alone."""
    asked: Row = {"variables": variables}
    if stored:
        asked["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": digest(document)}}
    else:
        asked["query"] = document
    return Ask("POST", "/graphql", orjson.dumps(asked), rows, token)


def digest(document: str) -> str:
    """Returns the name of a stored document."""
    return hashlib.sha256(document.encode()).hexdigest()


class Ours:
    """Fieldbeat: whose accounts they are, the token says."""

    ONE = f"query OneAccount($id: UUID!) {{ account(id: $id) {{ {' '.join(TEN)} }} }}"
    FLAT = f"query ManyAccounts($n: Int!) {{ accounts(first: $n) {{ nodes {{ {' '.join(FIFTEEN)} }} }} }}"
    NESTED = (
        f"query ManyAccountsWithPeople($n: Int!) {{ accounts(first: $n) {{ nodes {{ {' '.join(FIVE)} "
        f"contacts {{ {' '.join(PERSON)} }} }} }} }}"
    )

    def many(self, shape: str, n: int) -> Ask:
        """Asks for a page, by a stored document."""
        document = self.NESTED if shape == "nested" else self.FLAT
        return posted(document, {"n": n}, lambda answer: list(answer["accounts"]["nodes"]), stored=True, token=True)

    def one(self, row: UUID, *, stored: bool) -> Ask:
        """Asks for one."""
        return posted(self.ONE, {"id": str(row)}, lambda answer: [answer["account"]], stored=stored, token=True)


class Library:
    """strawberry-django, with its own filters, orders and pages."""

    def __init__(self, org: UUID) -> None:
        self._org = str(org)

    def many(self, shape: str, n: int) -> Ask:
        """Asks for a page."""
        fields = f"{' '.join(FIVE)} contacts {{ {' '.join(PERSON)} }}" if shape == "nested" else " ".join(FIFTEEN)
        document = (
            "query Many($org: UUID!, $n: Int!) { accounts(filters: {orgId: $org}, ordering: [{name: ASC}, {id: ASC}], "
            f"pagination: {{limit: $n}}) {{ {fields} }} }}"
        )
        return posted(document, {"org": self._org, "n": n}, lambda answer: list(answer["accounts"]))

    def one(self, row: UUID, *, stored: bool) -> Ask:
        """Asks for one; it has no stored documents."""
        document = f"query One($id: UUID!) {{ account(id: $id) {{ {' '.join(TEN)} }} }}"
        return posted(document, {"id": str(row)}, lambda answer: [answer["account"]])


def _graphile(names: list[str]) -> str:
    return " ".join("id: rowId" if name == "id" else name for name in names)


class Graphile:
    """PostGraphile, with the names that it gives."""

    ONE = f"query One($id: UUID!) {{ crmAccountByRowId(rowId: $id) {{ {_graphile(TEN)} }} }}"

    def __init__(self, org: UUID) -> None:
        self._org = str(org)

    def many(self, shape: str, n: int) -> Ask:
        """Asks for a page."""
        people = f"people(first: 100, orderBy: [IS_PRIMARY_DESC, ROW_ID_ASC]) {{ nodes {{ {_graphile(PERSON)} }} }}"
        fields = f"{_graphile(FIVE)} {people}" if shape == "nested" else _graphile(FIFTEEN)
        document = (
            "query Many($org: UUID!, $n: Int!) { allCrmAccounts(first: $n, condition: {orgId: $org}, "
            f"orderBy: [NAME_ASC, ROW_ID_ASC]) {{ nodes {{ {fields} }} }} }}"
        )
        return posted(document, {"org": self._org, "n": n}, _graphile_rows)

    def one(self, row: UUID, *, stored: bool) -> Ask:
        """Asks for one."""
        return posted(self.ONE, {"id": str(row)}, lambda answer: [answer["crmAccountByRowId"]], stored=stored)


def _graphile_rows(answer: Any) -> list[Row]:
    rows: list[Row] = answer["allCrmAccounts"]["nodes"]
    return [{"contacts": row.pop("people")["nodes"], **row} if "people" in row else row for row in rows]


class Floor:
    """Bytes of PostgreSQL; `user`: only what that person may see."""

    def __init__(self, org: UUID, user: UUID | None = None) -> None:
        self._org = org
        self._seen = f"&user={user}" if user else ""

    def many(self, shape: str, n: int) -> Ask:
        """Asks for a page."""
        path = f"/accounts?org={self._org}&n={n}&shape={shape}{self._seen}"
        return Ask("GET", path, None, list)

    def one(self, row: UUID, *, stored: bool) -> Ask:
        """Asks for one."""
        return Ask("GET", f"/account?id={row}{self._seen}", None, lambda answer: [answer])


def checksum(rows: list[Row]) -> str:
    """Returns the same for rows of the same values, however each server names, orders and writes them."""
    return hashlib.sha256(orjson.dumps([_plain(row) for row in rows], option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _plain(row: Row) -> Row:
    found = {name.replace("_", "").lower(): value for name, value in row.items()}
    found["version"] = str(found.get("version"))  # PostGraphile writes 64 bits as a text
    if "updatedat" in found:
        found["updatedat"] = datetime.fromisoformat(found["updatedat"]).timestamp()
    if "contacts" in found:
        found["contacts"] = [_plain(one) for one in found["contacts"]]
    return found
