CREATE OR REPLACE FUNCTION sync_capture_attachments_attachment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM attachments_attachment OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM attachments_attachment x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'attachment', x.id, x.account_id FROM attachments_attachment x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON attachments_attachment REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_attachments_attachment();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON attachments_attachment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_attachments_attachment();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON attachments_attachment REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_attachments_attachment();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON attachments_attachment
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_attachments_attachment();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON attachments_attachment
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
