CREATE OR REPLACE FUNCTION sync_capture_identity_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~device', x.id, x.id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.id = x.id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~device', x.id, x.id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.id = x.id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM identity_device OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM identity_device x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~device', x.id, x.id FROM identity_device x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON identity_device REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON identity_device REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON identity_device REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON identity_device
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON identity_device
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_identity_org() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM identity_org OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM identity_org x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.id, 'org', x.id, x.id FROM identity_org x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON identity_org REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON identity_org REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON identity_org REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON identity_org
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON identity_org
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_identity_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM identity_user OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM identity_user x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'user', x.id, x.id FROM identity_user x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON identity_user REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON identity_user REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON identity_user REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON identity_user
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON identity_user
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
