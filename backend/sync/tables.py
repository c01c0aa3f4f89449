"""The synced tables, in the order a device may apply them, and the only place that knows their wire columns."""

import re
from dataclasses import dataclass, field, replace
from uuid import UUID

_COLUMN = re.compile(r"\b([tjp])\.\"?(\w+)")


@dataclass(frozen=True, slots=True)
class Root:
    """Where a row's root stands: an SQL expression over the row `{x}`, or over its parent `p` when it has one."""

    sql: str
    parent_table: str = ""
    parent_key: str = ""

    def join(self, x: str) -> str:
        """Returns the join to the parent for a row alias, or nothing."""
        return f" JOIN {self.parent_table} p ON p.id = {x}.{self.parent_key}" if self.parent_table else ""

    def of(self, x: str) -> str:
        """Returns the root expression for a row alias."""
        return self.sql.format(x=x)


@dataclass(frozen=True, slots=True)
class SyncedTable:
    """One entity of the wire: `columns` maps a wire name to an SQL expression over `t` (and `j`, the joined row)."""

    entity: str
    table: str
    root: Root
    columns: dict[str, str]
    join: str = ""
    alive: str = "t.deleted_at IS NULL"
    also_from: dict[str, str] = field(default_factory=dict)
    """Other tables whose change shows in this row: table → SQL giving (org_id, id, root) from its rows `{rows}`."""
    reads: dict[str, str] = field(default_factory=dict)
    """Other tables that say where this row stands or what it shows: table → our column that names the row there."""
    joined: str = ""
    """The table of `j`."""
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What a column shows of tables that are not `t`, `j` or `p`: wire name → "table.column" of each. A field that is
    hidden from a role hides every column that shows it, so a subquery must be told here."""
    history: str = "FALSE"
    """What comes last in a first sync, as SQL over the row's *own* columns, where `{old}` is an instant 30 days ago. Its own
    columns, because a row whose answer changes between two pages must stand in the log itself."""
    carries: frozenset[str] = frozenset()
    """JSON columns that hold values of the fields of another entity, named by `t.entity`."""
    private: dict[str, str] = field(default_factory=dict)
    """Where `t.private` is set, columns that only the person `t.user_id` is told, and the SQL of what others are."""
    only: str = ""
    """The column that names the one person who is told of a row at all; empty: whoever sees its root is told."""

    def shown(self, name: str) -> list[tuple[str, str]]:
        """Returns the (table, column) pairs that stand behind a wire column."""
        tables = {"t": self.table, "j": self.joined, "p": self.root.parent_table}
        found = [(tables[alias], column) for alias, column in _COLUMN.findall(self.columns[name])]
        told = [source.partition(".") for source in self.sources.get(name, ())]
        return [*found, *((table, column) for table, _, column in told)]

    def told(self, user_id: UUID) -> "SyncedTable":
        """Returns the table as a person is told of it: only their own rows of what is for one person alone, and of what is
        private to others only what is for all."""
        if self.only:
            return replace(self, alive=f"({self.alive}) AND t.{self.only} = '{user_id}'::uuid")
        if not self.private:
            return self
        whose = f"t.private AND t.user_id <> '{user_id}'::uuid"
        columns = {
            name: f"CASE WHEN {whose} THEN {self.private[name]} ELSE {sql} END" if name in self.private else sql
            for name, sql in self.columns.items()
        }
        return replace(self, columns=columns)

    def select(self) -> str:
        """Returns `SELECT id, root, row` of living rows, `row` as JSON text; a WHERE with AND may follow."""
        pairs = ", ".join(f"'{name}', {expression}" for name, expression in self.columns.items())
        return (
            f"SELECT t.id AS id, {self.root.of('t')} AS root, json_build_object('id', t.id, {pairs})::text AS row "
            f"FROM {self.table} t{self.root.join('t')}{self.join} WHERE {self.alive}"
        )


def _cols(names: str, **more: str) -> dict[str, str]:
    """Maps snake-case columns of `t` to camel-case wire names, plus any given by hand; money goes as text."""
    columns: dict[str, str] = {}
    for name in names.split():
        column, _, cast = name.partition(":")
        head, *tail = column.split("_")
        columns[head + "".join(part.title() for part in tail)] = f"t.{column}::{cast}" if cast else f"t.{column}"
    return columns | more


ACCOUNT = Root("{x}.account_id")
ORG = Root("{x}.org_id")
USER = Root("{x}.user_id")
DEAL = Root("COALESCE({x}.account_id, {x}.owner_id)")
OF_DEAL = Root("COALESCE(p.account_id, p.owner_id)", "crm_opportunity", "opportunity_id")
OF_ORDER = Root("p.account_id", "orders_order", "order_id")
OF_VISIT = Root("p.account_id", "field_visit", "visit_id")
NOT_DELETABLE = "TRUE"

TABLES: tuple[SyncedTable, ...] = (
    SyncedTable(
        "org", "identity_org", Root("{x}.id"), _cols("slug name timezone currency version"), alive=NOT_DELETABLE
    ),
    SyncedTable(
        "user",
        "identity_user",
        Root("{x}.id"),
        _cols("username full_name role manager_id timezone locale start_lat start_lng is_active version"),
        alive=NOT_DELETABLE,
    ),
    SyncedTable("territory", "territories_territory", Root("{x}.id"), _cols("name parent_id model_id version")),
    SyncedTable("callCycle", "field_callcycle", ORG, _cols("tier interval_days version")),
    SyncedTable("pipeline", "crm_pipeline", ORG, _cols("name version")),
    SyncedTable("stage", "crm_stage", ORG, _cols("pipeline_id name position probability category version")),
    SyncedTable(
        "account",
        "crm_account",
        Root("{x}.id"),
        _cols(
            "number name kind parent_id tier lifecycle segment phone notes consent visit_windows service_minutes "
            "boost tags displays journal created_at version"
        ),
    ),
    SyncedTable(
        "address",
        "crm_address",
        ACCOUNT,
        _cols("account_id is_primary verbatim street city region postcode country lat lng quality version"),
    ),
    SyncedTable(
        "contact",
        "crm_accountcontactrelation",
        ACCOUNT,
        _cols(
            "account_id contact_id role is_primary version",
            fullName="j.full_name",
            givenName="j.given_name",
            familyName="j.family_name",
            email="j.email",
            phone="j.phone",
            consent="j.consent",
        ),
        join=" JOIN crm_contact j ON j.id = t.contact_id",
        joined="crm_contact",
        alive="t.deleted_at IS NULL AND j.deleted_at IS NULL",
        also_from={
            "crm_contact": "SELECT r.org_id, r.id, r.account_id FROM {rows} x "
            "JOIN crm_accountcontactrelation r ON r.contact_id = x.id"
        },
        reads={"crm_contact": "contact_id"},
    ),
    SyncedTable(
        "accountSales",
        "crm_accountsales",
        ACCOUNT,
        _cols("account_id as_of amount_12m:text orders_12m last_order_on median_gap_days version"),
    ),
    SyncedTable(
        "opportunity",
        "crm_opportunity",
        DEAL,
        _cols(
            "account_id owner_id name pipeline_id stage_id amount:text currency opened_on close_date reason notes "
            "created_at version"
        ),
    ),
    SyncedTable(
        "opportunityLine",
        "crm_opportunityline",
        OF_DEAL,
        _cols("opportunity_id product_id quantity:text unit_price:text version"),
    ),
    SyncedTable(
        "stageHistory",
        "crm_stagehistory",
        OF_DEAL,
        _cols("opportunity_id from_stage_id to_stage_id moved_by_id moved_at reason version"),
        history="TRUE",
    ),
    SyncedTable(
        "visit",
        "field_visit",
        ACCOUNT,
        _cols(
            "account_id rep_id state source planned_start planned_end started_at ended_at reason purpose plan_id version"
        ),
        history="COALESCE(t.ended_at < {old}, FALSE)",
    ),
    SyncedTable(
        "checkIn",
        "field_checkin",
        OF_VISIT,
        _cols(
            "visit_id rep_id at claimed_at lat lng accuracy_m distance_m verdict dwell_seconds candidates late version"
        ),
        history="t.at < {old}",
    ),
    SyncedTable(
        "visitReport",
        "field_visitreport",
        OF_VISIT,
        _cols("visit_id author_id outcome summary answers submitted_at late version"),
        history="t.submitted_at < {old}",
    ),
    SyncedTable(
        "attachment",
        "attachments_attachment",
        ACCOUNT,
        _cols(
            "account_id visit_id kind mime_type size sha256 state reason width height has_thumbnail author_id captured_at "
            "created_at version"
        ),
        history="t.created_at < {old}",
    ),
    SyncedTable(
        "activity",
        "crm_activity",
        DEAL,
        _cols("account_id opportunity_id owner_id kind subject body due_at status done_at version"),
        history="COALESCE(t.done_at < {old}, FALSE)",
    ),
    SyncedTable(
        "lead",
        "crm_lead",
        Root("{x}.owner_id"),
        _cols("owner_id company person_name phone email source status reason converted_account_id version"),
    ),
    SyncedTable(
        "order",
        "orders_order",
        ACCOUNT,
        _cols(
            "account_id visit_id author_id number state placed_at received_at note currency total:text settled_by_id "
            "settled_at reason version"
        ),
        history="COALESCE(t.settled_at < {old}, FALSE)",
    ),
    SyncedTable(
        "orderItem",
        "orders_orderitem",
        OF_ORDER,
        _cols(
            "order_id position product_id sku quantity:text unit_price:text offered_price:text price_differs withdrawn "
            "version"
        ),
        history="t.created_at < {old}",
    ),
    SyncedTable(
        "accountMerge",
        "merging_accountmerge",
        Root("{x}.survivor_id"),
        _cols("loser_id merged_by_id merged_at version", accountId="t.survivor_id"),
        alive="t.deleted_at IS NULL AND t.undone_at IS NULL",
    ),
    SyncedTable(
        "workingHours", "field_workinghours", USER, _cols("user_id weekday start breaks version", end='t."end"')
    ),
    SyncedTable("absence", "field_absence", USER, _cols("user_id first_day last_day starts ends reason version")),
    SyncedTable(
        "appointment",
        "field_appointment",
        USER,
        _cols(
            "user_id account_id title notes place lat lng private starts_at ends_at zone rrule until exdates series_id "
            "recurrence_at version"
        ),
        history="t.over_at < {old}",
        private={"accountId": "NULL", "title": "''", "notes": "''", "place": "''", "lat": "NULL", "lng": "NULL"},
    ),
    SyncedTable(
        "syncIssue",
        "sync_syncissue",
        USER,
        _cols(
            "user_id device_id op_id name kind code message entity entity_id root fields mine theirs args state "
            "resolution resolved_by_id resolved_at actions created_at version"
        ),
        carries=frozenset({"mine", "theirs", "fields", "args"}),
    ),
    SyncedTable(
        "notification",
        "notifications_notification",
        Root("{x}.root_id"),
        _cols(
            "user_id rule category severity audience origin subject_entity subject_id title body occurred_at read_at version"
        ),
        alive="t.deleted_at IS NULL AND t.withdrawn_at IS NULL",
        # The words may name what a deal is worth, and nobody can tell which of them do.
        sources={"title": ("crm_opportunity.amount",), "body": ("crm_opportunity.amount",)},
        history="t.occurred_at < {old}",
        only="user_id",
    ),
    SyncedTable(
        "product",
        "crm_product",
        ORG,
        _cols("sku name category vendor unit_price:text currency version"),
        history="TRUE",
    ),
)

RANK: dict[str, int] = {table.entity: rank for rank, table in enumerate(TABLES)}
BY_ENTITY: dict[str, SyncedTable] = {table.entity: table for table in TABLES}
