"""The triggers that write the change log: statement triggers with transition tables, so that admin, ORM, bulk and
SQL writes are all seen; a row that changes its root is logged under the old root and the new one.

Foreign keys are asked only at the commit, so children may be written before their parent and outlive it for a while:
a parent logs the children it finds. And two transactions that do not see one another may move a parent and write its
child: the child's trigger shares a lock on the parent, so that the later of the two sees what the earlier did.

One statement may change a parent and take its children away, and then neither trigger finds the other's rows: a child
that goes leaves a mark under its parent's id, which no device holds, and whichever trigger comes second joins the two.

A statement of many rows writes one log row for each kind, with its ids in arrays (`sync_bulkchange`), and the worker
takes it apart later (sync.retention): the writer pays for the log by the statement and not by the row."""

from backend.sync.tables import TABLES, SyncedTable

ACCOUNTS = "crm_account"
MANY = 100
"""More rows than these in one statement are logged in arrays."""
MASS = 1_000
"""More rows than these that move scope are told as one word to the whole org."""

# Tables that move scope, end sessions, or are watched, without being sent themselves: entity, table, where the poke goes.
SIGNALS: tuple[tuple[str, str, str], ...] = (
    ("~scope", "territories_userterritory", "x.user_id"),
    ("~scope", "territories_accountterritory", "x.account_id"),
    ("~scope", "territories_accountshare", "x.user_id"),
    ("~scope", "territories_territorymodel", "x.org_id"),
    ("~device", "identity_device", "x.id"),
    ("~plan_run", "planning_planrun", "x.id"),
    ("~plan", "planning_visitplan", "x.rep_id"),
)


def _own(table: SyncedTable, rows: str) -> str:
    return (
        f"SELECT x.{'id' if table.entity == 'org' else 'org_id'}, '{table.entity}', x.id, {table.root.of('x')} "
        f"FROM {rows} x{table.root.join('x')}"
    )


def _stays(table: SyncedTable) -> str:
    """Says in SQL, after `FROM old_rows x`, that the row stands after the statement where it stood before."""
    key = table.root.parent_key
    same = f"n.{key} = x.{key}" if key else f"{table.root.of('n')} = {table.root.of('x')}"
    return f"EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND {same})"


def _left(table: SyncedTable) -> list[str]:
    """The rows that stood under another root before; whose root is their own id stands where it stood."""
    if table.root.of("x") == "x.id":
        return []
    return [f"{_own(table, 'old_rows')} WHERE NOT {_stays(table)}"]


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


NOW = "l.xid = pg_current_xact_id()"


def _marked(parent: SyncedTable, rows: str, where: str = "") -> list[str]:
    """The children that this transaction took from beneath these parents already: they went from the parent's root too."""
    if not (children := _children(parent)):
        return []
    kinds = ", ".join(f"'{child.entity}'" for child in children)
    return [
        (
            f"SELECT l.org_id, l.entity, l.entity_id, {parent.root.of('x')} FROM {rows} x "
            f"JOIN sync_log l ON {NOW} AND l.root = x.id AND l.entity IN ({kinds}){where}"
        )
    ]


def _marks(table: SyncedTable, rows: str, where: str = "") -> list[str]:
    """What a row leaves that goes from its parent: the mark, and its place under the roots the parent had till now."""
    parent, key = table.root.parent_table, table.root.parent_key
    return [
        one
        for above in TABLES
        if above.table == parent
        for one in (
            f"SELECT x.org_id, '{table.entity}', x.id, x.{key} FROM {rows} x{where}",
            (
                f"SELECT x.org_id, '{table.entity}', x.id, l.root FROM {rows} x "
                f"JOIN sync_log l ON {NOW} AND l.entity = '{above.entity}' AND l.entity_id = x.{key}{where}"
            ),
        )
    ]


def _selects(table_name: str) -> tuple[list[str], list[str], list[str]]:
    """Returns the selects (org, entity, id, root) for insert, update and delete on a table."""
    insert: list[str] = []
    update: list[str] = []
    delete: list[str] = []
    for table in TABLES:
        if table.table == table_name:
            gone = f" WHERE NOT {_stays(table)}"
            insert += [_own(table, "new_rows"), *_children_of(table, "new_rows")]
            update += [
                _own(table, "new_rows"),
                *_left(table),
                *_moved_children(table),
                *_marked(table, "old_rows", gone),
            ]
            update += _marks(table, "old_rows", gone)
            delete += [_own(table, "old_rows"), *_children_of(table, "old_rows"), *_marked(table, "old_rows")]
            delete += _marks(table, "old_rows")
        if sql := table.also_from.get(table_name):
            shown = f"SELECT s.org_id, '{table.entity}', s.id, s.root FROM ({{}}) s(org_id, id, root)"
            insert.append(shown.format(sql.format(rows="new_rows")))
            update.append(shown.format(sql.format(rows="new_rows")))
            delete.append(shown.format(sql.format(rows="old_rows")))
    return insert, update, delete


def _signals(table_name: str) -> tuple[list[str], list[str], list[str]]:
    """Returns the same for what is told to listeners only, and no device is sent."""
    insert: list[str] = []
    update: list[str] = []
    delete: list[str] = []
    for entity, name, root in SIGNALS:
        if name == table_name:
            own = f"SELECT x.org_id, '{entity}', x.id, {root} FROM {{}} x"
            stays = f"EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND {root.replace('x.', 'n.')} = {root})"
            insert.append(own.format("new_rows"))
            update += [own.format("new_rows"), f"{own.format('old_rows')} WHERE NOT {stays}"]
            delete.append(own.format("old_rows"))
    if table_name == ACCOUNTS:
        # Who sees all accounts sees a new one, or one brought back, without any territory.
        insert.append("SELECT x.org_id, '~scope', x.id, x.id FROM new_rows x")
        update.append(
            "SELECT x.org_id, '~scope', x.id, x.id FROM old_rows o JOIN new_rows x ON x.id = o.id "
            "WHERE (o.deleted_at IS NULL) <> (x.deleted_at IS NULL)"
        )
    return insert, update, delete


def _whole_org(select: str) -> str:
    """Turns the signal of each row into one for each org among them."""
    if "'~scope'" not in select:
        return select
    return "SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id" + select[select.index(" FROM ") :]


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


def _rows(selects: list[str]) -> str:
    union = "\n            UNION ALL\n            ".join(selects)
    return f"(\n            {union}\n            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL"


def _singly(selects: list[str]) -> str:
    return (
        "INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)\n"
        f"            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM {_rows(selects)};\n"
    )


def _together(selects: list[str]) -> str:
    return (
        "INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)\n"
        "            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() "
        f"FROM {_rows(selects)}\n            GROUP BY s.org_id, s.entity;\n"
    )


def _log(rows: str, selects: list[str], signals: list[str]) -> str:
    """The statements that write the log, by how many rows were touched."""
    all_of_them, for_the_org = [*selects, *signals], [*selects, *map(_whole_org, signals)]
    if not all_of_them:
        return "        NULL;\n"
    text = ""
    if for_the_org != all_of_them:
        text = f"        IF EXISTS (SELECT FROM {rows} OFFSET {MASS}) THEN\n            {_together(for_the_org)}        ELS"
    text += f"{'' if text else '        '}IF EXISTS (SELECT FROM {rows} OFFSET {MANY}) THEN\n            {_together(all_of_them)}"
    return f"{text}        ELSE\n            {_singly(all_of_them)}        END IF;\n"


def _places(table_name: str) -> list[str]:
    """Returns what says where a row `x` stands, and whether it stands at all where that moves scope."""
    synced = [
        table.root.parent_key or table.root.of("{x}").removeprefix("{x}.")
        for table in TABLES
        if table.table == table_name
    ]
    places = [f"x.{one}" if one.isidentifier() else one.format(x="x") for one in synced]
    places += [root for _, name, root in SIGNALS if name == table_name]
    places += ["(x.deleted_at IS NULL)"] if table_name == ACCOUNTS else []
    return [one for one in dict.fromkeys(places) if one != "x.id"]


def _log_update(table_name: str, selects: list[str], signals: list[str]) -> str:
    """The same for an update: what stood elsewhere before is looked for only when something did.

    Arrays of both are compared, because a join of the two costs a bulk update more than all the rest."""
    plain, plain_signals = ([one for one in some if "old_rows" not in one] for some in (selects, signals))
    if (plain, plain_signals) == (selects, signals):
        return _log("new_rows", selects, signals)
    before = f"SELECT ROW({', '.join(f'array_agg({one})' for one in ('x.id', *_places(table_name)))}) FROM old_rows x"
    return (
        f"        IF ({before}) IS DISTINCT FROM\n            ({before.replace('old_rows', 'new_rows')}) THEN\n"
        f"{_log('new_rows', selects, signals)}        ELSE\n{_log('new_rows', plain, plain_signals)}        END IF;\n"
    )


def captured_tables() -> list[str]:
    """Returns every table that carries the triggers."""
    names = {table.table for table in TABLES} | {name for _, name, _ in SIGNALS}
    return sorted(names | {name for table in TABLES for name in table.also_from})


def function_sql(table_name: str) -> str:
    """Returns the trigger function of a table."""
    selects, signals = _selects(table_name), _signals(table_name)
    insert = _log("new_rows", selects[0], signals[0])
    update = _log_update(table_name, selects[1], signals[1])
    delete = _log("old_rows", selects[2], signals[2])
    return f"""CREATE OR REPLACE FUNCTION sync_capture_{table_name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
{_locks(table_name, "new_rows")}{insert}    ELSIF TG_OP = 'UPDATE' THEN
{_locks(table_name, "old_rows", "new_rows")}{update}    ELSIF TG_OP = 'DELETE' THEN
{_locks(table_name, "old_rows")}{delete}    ELSE
{delete.replace("old_rows", table_name)}    END IF;
    RETURN NULL;
END $$;
"""


ID_STAYS = """CREATE OR REPLACE FUNCTION sync_id_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the id of a row of % does not change: phones know it by that', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""


def install_sql(table_name: str) -> str:
    """Returns the function and its triggers; running it again replaces them."""
    referencing = {
        "INSERT": "NEW TABLE AS new_rows",
        "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
        "DELETE": "OLD TABLE AS old_rows",
    }
    triggers = "".join(
        f"CREATE OR REPLACE TRIGGER sync_capture_{kind.lower()} AFTER {kind} ON {table_name} REFERENCING {tables}\n"
        f"    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_{table_name}();\n"
        for kind, tables in referencing.items()
    )
    return (
        f"{function_sql(table_name)}{triggers}"
        f"CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON {table_name}\n"
        f"    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_{table_name}();\n"
        f"CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON {table_name}\n"
        "    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();\n"
    )


def install_all_sql() -> str:
    """Returns the whole of it, as a migration freezes it."""
    return ID_STAYS + "\n" + "\n".join(install_sql(name) for name in captured_tables())
