"""The triggers that write the change log: statement triggers with transition tables, so that admin, ORM, bulk and
SQL writes are all seen; a row that changes its root is logged under the old root and the new one.

Foreign keys are asked only at the commit, so children may be written before their parent and outlive it for a while:
a parent logs the children it finds. And two transactions that do not see one another may move a parent and write its
child: the child's trigger shares a lock on the parent, so that the later of the two sees what the earlier did."""

from backend.sync.tables import TABLES, SyncedTable

ACCOUNTS = "crm_account"
# Tables that move scope, or end sessions, without being sent themselves: entity, table, and where the poke goes.
SIGNALS: tuple[tuple[str, str, str], ...] = (
    ("~scope", "territories_userterritory", "x.user_id"),
    ("~scope", "territories_accountterritory", "x.account_id"),
    ("~scope", "territories_accountshare", "x.user_id"),
    ("~scope", "territories_territorymodel", "x.org_id"),
    ("~device", "identity_device", "x.id"),
)


def _own(table: SyncedTable, rows: str) -> str:
    return (
        f"SELECT x.{'id' if table.entity == 'org' else 'org_id'}, '{table.entity}', x.id, {table.root.of('x')} "
        f"FROM {rows} x{table.root.join('x')}"
    )


def _children(parent: SyncedTable) -> list[SyncedTable]:
    return [child for child in TABLES if child.root.parent_table == parent.table]


def _children_of(parent: SyncedTable, rows: str) -> list[str]:
    """The rows beneath parents that came after them, or go before them."""
    return [
        f"SELECT c.org_id, '{child.entity}', c.id, {parent.root.of('x')} "
        f"FROM {rows} x JOIN {child.table} c ON c.{child.root.parent_key} = x.id"
        for child in _children(parent)
    ]


def _moved_children(parent: SyncedTable) -> list[str]:
    """The rows beneath a parent whose root changed, under both roots."""
    before, after = parent.root.of("o"), parent.root.of("n")
    return [
        f"SELECT c.org_id, '{child.entity}', c.id, moved.root FROM {child.table} c JOIN ("
        f"SELECT o.id, unnest(ARRAY[{before}, {after}]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id "
        f"WHERE {before} IS DISTINCT FROM {after}) moved ON moved.id = c.{child.root.parent_key}"
        for child in _children(parent)
    ]


def _selects(table_name: str) -> tuple[list[str], list[str], list[str]]:
    """Returns the selects (org, entity, id, root) for insert, update and delete on a table."""
    insert: list[str] = []
    update: list[str] = []
    delete: list[str] = []
    for table in TABLES:
        if table.table == table_name:
            insert += [_own(table, "new_rows"), *_children_of(table, "new_rows")]
            update += [_own(table, "old_rows"), _own(table, "new_rows"), *_moved_children(table)]
            delete += [_own(table, "old_rows"), *_children_of(table, "old_rows")]
        if sql := table.also_from.get(table_name):
            shown = f"SELECT s.org_id, '{table.entity}', s.id, s.root FROM ({{}}) s(org_id, id, root)"
            insert.append(shown.format(sql.format(rows="new_rows")))
            update.append(shown.format(sql.format(rows="new_rows")))
            delete.append(shown.format(sql.format(rows="old_rows")))
    for entity, name, root in SIGNALS:
        if name == table_name:
            own = f"SELECT x.org_id, '{entity}', x.id, {root} FROM {{}} x"
            insert.append(own.format("new_rows"))
            update += [own.format("old_rows"), own.format("new_rows")]
            delete.append(own.format("old_rows"))
    if table_name == ACCOUNTS:
        # Who sees all accounts sees a new one, or one brought back, without any territory.
        insert.append("SELECT x.org_id, '~scope', x.id, x.id FROM new_rows x")
        update.append(
            "SELECT n.org_id, '~scope', n.id, n.id FROM old_rows o JOIN new_rows n ON n.id = o.id "
            "WHERE (o.deleted_at IS NULL) <> (n.deleted_at IS NULL)"
        )
    return insert, update, delete


def _locks(table_name: str, *rows: str) -> str:
    """The statements that share a lock on the rows that say where ours stand."""
    wanted = [
        (other, key)
        for table in TABLES
        if table.table == table_name
        for other, key in {**table.reads, table.root.parent_table: table.root.parent_key}.items()
        if other
    ]
    return "".join(
        f"        PERFORM FROM {other} p WHERE p.id IN ({' UNION '.join(f'SELECT {key} FROM {one}' for one in rows)}) "
        "ORDER BY p.id FOR SHARE;\n"
        for other, key in wanted
    )


def _log(selects: list[str]) -> str:
    union = "\n        UNION\n        ".join(selects)
    return (
        "INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)\n"
        "        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (\n"
        f"        {union}\n        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;"
    )


def captured_tables() -> list[str]:
    """Returns every table that carries the triggers."""
    names = {table.table for table in TABLES} | {name for _, name, _ in SIGNALS}
    return sorted(names | {name for table in TABLES for name in table.also_from})


def function_sql(table_name: str) -> str:
    """Returns the trigger function of a table."""
    insert, update, delete = _selects(table_name)
    return f"""CREATE OR REPLACE FUNCTION sync_capture_{table_name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
{_locks(table_name, "new_rows")}        {_log(insert)}
    ELSIF TG_OP = 'UPDATE' THEN
{_locks(table_name, "old_rows", "new_rows")}        {_log(update)}
    ELSE
{_locks(table_name, "old_rows")}        {_log(delete)}
    END IF;
    RETURN NULL;
END $$;
"""


def install_sql(table_name: str) -> str:
    """Returns the function and its three triggers; running it again replaces them."""
    referencing = {
        "INSERT": "NEW TABLE AS new_rows",
        "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "DELETE": "OLD TABLE AS old_rows",
    }
    triggers = "".join(
        f"DROP TRIGGER IF EXISTS sync_capture_{kind.lower()} ON {table_name};\n"
        f"CREATE TRIGGER sync_capture_{kind.lower()} AFTER {kind} ON {table_name} REFERENCING {tables}\n"
        f"    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_{table_name}();\n"
        for kind, tables in referencing.items()
    )
    return function_sql(table_name) + triggers


def install_all_sql() -> str:
    """Returns the whole of it, as a migration freezes it."""
    return "\n".join(install_sql(name) for name in captured_tables())
