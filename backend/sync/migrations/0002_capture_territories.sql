CREATE OR REPLACE FUNCTION sync_capture_territories_accountshare() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM territories_accountshare OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM territories_accountshare x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM territories_accountshare OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM territories_accountshare x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM territories_accountshare x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON territories_accountshare REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON territories_accountshare REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON territories_accountshare REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON territories_accountshare
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON territories_accountshare
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_territories_accountterritory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM territories_accountterritory OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM territories_accountterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM territories_accountterritory OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM territories_accountterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.account_id FROM territories_accountterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON territories_accountterritory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON territories_accountterritory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON territories_accountterritory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON territories_accountterritory
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON territories_accountterritory
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_territories_territory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM territories_territory OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM territories_territory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'territory', x.id, x.id FROM territories_territory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON territories_territory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON territories_territory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON territories_territory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON territories_territory
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON territories_territory
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_territories_territorymodel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM territories_territorymodel OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM territories_territorymodel x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM territories_territorymodel OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM territories_territorymodel x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.org_id FROM territories_territorymodel x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON territories_territorymodel REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON territories_territorymodel REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON territories_territorymodel REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON territories_territorymodel
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON territories_territorymodel
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_territories_userterritory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM territories_userterritory OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM territories_userterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM territories_userterritory OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM territories_userterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, '~scope', x.id, x.user_id FROM territories_userterritory x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON territories_userterritory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON territories_userterritory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON territories_userterritory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON territories_userterritory
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON territories_userterritory
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
