-- The change log, cut by transaction. Its newest part is open at the end, and nothing strays while that stands.
CREATE SEQUENCE sync_change_number;
CREATE TABLE sync_change (
    seq bigint NOT NULL DEFAULT nextval('sync_change_number'),
    xid xid8 NOT NULL,
    org_id uuid NOT NULL,
    entity varchar(30) NOT NULL,
    entity_id uuid NOT NULL,
    root uuid NOT NULL,
    at timestamptz NOT NULL
) PARTITION BY RANGE (xid);
ALTER SEQUENCE sync_change_number OWNED BY sync_change.seq;
CREATE INDEX change_by_xid ON sync_change (xid);
CREATE INDEX change_by_root ON sync_change (root, xid);
CREATE TABLE sync_change_0 PARTITION OF sync_change FOR VALUES FROM (MINVALUE) TO (MAXVALUE);
CREATE TABLE sync_change_stray PARTITION OF sync_change DEFAULT;
