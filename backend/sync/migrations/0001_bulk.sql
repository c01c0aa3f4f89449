-- Ids do not shrink, and looking whether they would costs a bulk write more than the log itself.
ALTER TABLE sync_bulkchange ALTER entity_ids SET STORAGE EXTERNAL, ALTER roots SET STORAGE EXTERNAL;

-- The log whole, one entry a row.
CREATE VIEW sync_log AS
SELECT c.xid, c.org_id, c.entity, c.entity_id, c.root, c.at FROM sync_change c
UNION ALL
SELECT b.xid, b.org_id, b.entity, u.entity_id, u.root, b.at
FROM sync_bulkchange b, unnest(b.entity_ids, b.roots) u(entity_id, root);
