"""Search in the names and notes of what somebody sees: accounts with their places, people, deals.

A word is found whole, the last one by its beginning; Chinese, Japanese and Korean by any piece of one letter or more. What a
role may not read is not searched for it."""

from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models.expressions import RawSQL

from backend.crm.models import Account, Address, Contact, Opportunity
from backend.identity.actor import Actor
from backend.kit import clock
from backend.kit.errors import Invalid
from backend.kit.field_rules import may_read
from backend.territories.seen import Root, Way, condition

LONGEST = 100
RANKED = 500
"""Of each kind, so many that are found are ranked: to rank is to read the whole text again."""

_ACCOUNT = "crm_search_named(x.name, x.number, x.notes)"
_DEAL = "crm_search_named(x.name, '', x.notes)"
_CONTACT = "crm_search_named(x.full_name, x.email, '')"
_PLACE = "crm_search_named(x.street, x.postcode || ' ' || x.city, '')"
_MET = "replace(crm_search_query(%(text)s, '')::text, ' <-> ', ' & ')::tsquery"
_OURS = "x.org_id = %(org)s AND x.deleted_at IS NULL"


class Hit(NamedTuple):
    """Something found: account, contact (by the id of their part in an account) or opportunity; `rank`: higher is nearer."""

    kind: str
    id: UUID
    title: str
    account_id: UUID | None
    rank: float


def _seen(actor: Actor, root: str, kind: Root) -> str:
    return condition(Way.EACH if actor.leads else Way.WHOLE, kind, root)


def _told(rows: str) -> str:
    """Returns so many of the rows as are ranked, of those that the index meets and the actor sees.

    The index knows neither which letter follows which nor weights. It is asked for what it knows; the rest is looked at, once and
    after coverage, in the text that is ranked: to take a text apart takes longer than to ask who sees it."""
    return f"(SELECT met.* FROM ({rows} OFFSET 0) met WHERE met.said @@ met.query LIMIT {RANKED})"  # noqa: S608


def _accounts(actor: Actor) -> str:
    own = _told(f"""SELECT 'account' AS kind, x.id, x.name AS title, x.id AS account_id, {_ACCOUNT} AS said, a.query
        FROM crm_account x, asked a WHERE a.of = 'account' AND {_OURS} AND {_ACCOUNT} @@ a.met
        AND {_seen(actor, "x.id", Root.ACCOUNT)}""")  # noqa: S608
    place = _told(f"""SELECT 'account' AS kind, acc.id, acc.name AS title, acc.id AS account_id, {_PLACE} AS said, a.query
        FROM crm_address x JOIN crm_account acc ON acc.id = x.account_id, asked a
        WHERE a.of = 'address' AND {_OURS} AND {_PLACE} @@ a.met AND {_seen(actor, "x.account_id", Root.ACCOUNT)}""")  # noqa: S608
    return f"{own} UNION ALL {place}"


def _contacts(actor: Actor) -> str:
    return _told(f"""SELECT 'contact' AS kind, rel.id, x.full_name AS title, rel.account_id, {_CONTACT} AS said, a.query
        FROM crm_contact x JOIN crm_accountcontactrelation rel ON rel.contact_id = x.id AND rel.deleted_at IS NULL, asked a
        WHERE a.of = 'contact' AND {_OURS} AND {_CONTACT} @@ a.met AND {_seen(actor, "rel.account_id", Root.ACCOUNT)}""")  # noqa: S608


def _deals(actor: Actor) -> str:
    seen = _seen(actor, "coalesce(x.account_id, x.owner_id)", Root.ANY)
    return _told(f"""SELECT 'opportunity' AS kind, x.id, x.name AS title, x.account_id, {_DEAL} AS said, a.query
        FROM crm_opportunity x, asked a WHERE a.of = 'opportunity' AND {_OURS} AND {_DEAL} @@ a.met AND {seen}""")  # noqa: S608


KINDS = {"account": _accounts, "contact": _contacts, "opportunity": _deals}
_MODELS: dict[str, tuple[type[Any], tuple[str, ...]]] = {
    "account": (Account, ("name", "number", "notes")),
    "address": (Address, ("street", "postcode", "city")),
    "contact": (Contact, ("full_name", "email")),
    "opportunity": (Opportunity, ("name", "notes")),
}


def weights(actor: Actor, of: str) -> str | None:
    """Returns what may be searched of a kind: names (A), numbers (B), not notes (D); empty: all; None: nothing.

    What names weights is looked at again in each text that the index finds, which takes more than all the rest."""
    model, columns = _MODELS[of]
    if not may_read(model, actor.role):
        return None
    hidden = {one for one in columns if not may_read(model, actor.role, one)}
    if hidden - {"notes"}:
        return None
    return "AB" if "notes" in hidden else ""


def checked(text: str) -> str:
    """Refuses what is no search; raises Invalid."""
    if not text.strip() or len(text) > LONGEST:
        raise Invalid("BAD_SEARCH", f"search takes 1 to {LONGEST} letters.", fields={"search": "empty or too long"})
    return text


def found(actor: Actor, text: str, kinds: Collection[str], first: int) -> list[Hit]:
    """Returns up to `first` of what is found of those kinds, the nearest first. One query."""
    asked = {of: kept for of in _MODELS if (kept := weights(actor, of)) is not None}
    branches = " UNION ALL ".join(KINDS[one](actor) for one in KINDS if one in kinds)
    values = ", ".join(f"(%(of_{of})s, crm_search_query(%(text)s, %(weights_{of})s), {_MET})" for of in asked)
    sql = f"""WITH asked(of, query, met) AS (VALUES {values}), hits AS ({branches})
        SELECT kind, id, min(title), (array_agg(account_id))[1], max(ts_rank(said, query, 1)) AS rank FROM hits
        GROUP BY kind, id ORDER BY rank DESC, kind, id LIMIT %(first)s"""  # noqa: S608
    given: dict[str, Any] = {
        "user": actor.user_id,
        "org": actor.org_id,
        "now": clock.now(),
        "text": checked(text),
        "first": first,
    }
    given |= {f"of_{of}": of for of in asked} | {f"weights_{of}": kept for of, kept in asked.items()}
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return [Hit(*row) for row in cursor.fetchall()]


def accounts_found(actor: Actor, text: str) -> RawSQL:
    """Returns the ids of the org's accounts that are found: by themselves, their places or their people; as a subquery."""
    return _ids(actor, checked(text), ("account", "address", "contact"))


def deals_found(actor: Actor, text: str) -> RawSQL:
    """Returns the ids of the org's deals that are found, as a subquery."""
    return _ids(actor, checked(text), ("opportunity",))


_IDS = {
    "account": f"SELECT x.id FROM crm_account x WHERE {_ACCOUNT}",  # noqa: S608
    "address": f"SELECT x.account_id FROM crm_address x WHERE {_PLACE}",  # noqa: S608
    "contact": f"""SELECT rel.account_id FROM crm_contact x
        JOIN crm_accountcontactrelation rel ON rel.contact_id = x.id AND rel.deleted_at IS NULL WHERE {_CONTACT}""",  # noqa: S608
    "opportunity": f"SELECT x.id FROM crm_opportunity x WHERE {_DEAL}",  # noqa: S608
}


def _ids(actor: Actor, text: str, kinds: Collection[str]) -> RawSQL:
    parts: list[str] = []
    params: list[Any] = []
    for of in kinds:
        if (kept := weights(actor, of)) is None:
            continue
        parts.append(f"{_IDS[of]} @@ crm_search_query(%s, %s) AND x.org_id = %s AND x.deleted_at IS NULL")
        params += [text, kept, actor.org_id]
    return RawSQL(f"({' UNION '.join(parts) or 'SELECT NULL::uuid'})", params)  # noqa: S611
