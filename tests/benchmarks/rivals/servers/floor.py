# mypy: ignore-errors
# ruff: noqa: INP001
# It runs in the rivals' environment, which has what ours has not.
"""The floor: what PostgreSQL says as JSON goes to the caller as bytes. It knows of no GraphQL, no caller and no types.

GET /accounts?n=1000&shape=flat|nested (&user=UUID: only what that person may see), GET /account?id=UUID."""

import asyncio
from urllib.parse import parse_qs

import psycopg

LINES = 8
FLAT = (
    'a.id, a.number, a.name, a.kind, a.tier, a.lifecycle, a.segment, a.phone, a.notes, a.service_minutes AS "serviceMinutes", '
    'a.boost, a.displays, a.journal, a.version, a.updated_at AS "updatedAt"'
)
ONE = (
    "a.id, a.number, a.name, a.kind, a.tier, a.lifecycle, a.segment, a.phone, "
    'a.service_minutes AS "serviceMinutes", a.version'
)
NESTED = (
    "a.id, a.name, a.tier, a.lifecycle, a.phone, (SELECT coalesce(json_agg(row_to_json(c)), '[]') FROM "
    '(SELECT r.id, r.role, p.full_name AS "fullName", p.email, p.phone FROM crm_accountcontactrelation r '
    "JOIN crm_contact p ON p.id = r.contact_id WHERE r.account_id = a.id{seen} AND r.deleted_at IS NULL "
    "ORDER BY r.is_primary DESC, r.id LIMIT 100) c) AS contacts"
)
SEEN = " AND {id} IN (SELECT root FROM visible_roots(%(user)s, now()))"
SEEN_EACH = " AND (EXISTS (SELECT FROM visible_roots(%(user)s, now()) s WHERE s.root = {id}) IS TRUE)"
MANY = (
    "SELECT row_to_json(t)::text FROM (SELECT {columns} FROM crm_account a WHERE a.org_id = %(org)s "
    "AND a.deleted_at IS NULL{seen} ORDER BY a.name, a.id LIMIT %(n)s) t"
)
SINGLE = (
    f"SELECT row_to_json(t)::text FROM (SELECT {ONE} FROM crm_account a WHERE a.id = %(id)s AND a.deleted_at IS NULL"
    "{seen}) t"
)

_lines = None


async def _line():
    global _lines
    if _lines is None:
        _lines = asyncio.LifoQueue()
        for _ in range(LINES):
            _lines.put_nowait(await psycopg.AsyncConnection.connect(autocommit=True))
    return await _lines.get()


async def _read(sql, given):
    line = await _line()
    try:
        cursor = await line.execute(sql, given, prepare=True)
        result = cursor.pgresult
        return [result.get_value(row, 0) for row in range(result.ntuples)]
    finally:
        _lines.put_nowait(line)


async def app(scope, receive, send):
    """Answers GET."""
    if scope["type"] != "http":
        return
    asked = {key: values[0] for key, values in parse_qs(scope["query_string"].decode()).items()}
    user = asked.get("user")
    if scope["path"] == "/account":
        sql = SINGLE.replace("{seen}", SEEN.format(id="a.id") if user else "")
        body = (await _read(sql, {"id": asked["id"], "user": user}))[0]
    else:
        nested = asked["shape"] == "nested"
        columns = NESTED.format(seen=SEEN_EACH.format(id="r.account_id") if user else "") if nested else FLAT
        sql = MANY.format(columns=columns, seen=SEEN.format(id="a.id") if user else "")
        rows = await _read(sql, {"org": asked["org"], "n": int(asked["n"]), "user": user})
        body = b'{"data":[' + b",".join(rows) + b"]}"
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
