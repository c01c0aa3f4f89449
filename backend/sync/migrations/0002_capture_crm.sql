CREATE OR REPLACE FUNCTION sync_capture_crm_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg((x.deleted_at IS NULL))) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg((x.deleted_at IS NULL))) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 1000) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT DISTINCT x.org_id, '~scope', x.org_id, x.org_id FROM old_rows o JOIN new_rows x ON x.id = o.id WHERE (o.deleted_at IS NULL) <> (x.deleted_at IS NULL)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSIF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.id FROM old_rows o JOIN new_rows x ON x.id = o.id WHERE (o.deleted_at IS NULL) <> (x.deleted_at IS NULL)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            UNION ALL
            SELECT x.org_id, '~scope', x.id, x.id FROM old_rows o JOIN new_rows x ON x.id = o.id WHERE (o.deleted_at IS NULL) <> (x.deleted_at IS NULL)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_account OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM crm_account x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'account', x.id, x.id FROM crm_account x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_account REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_account REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_account
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_account
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_accountcontactrelation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM old_rows UNION SELECT contact_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_accountcontactrelation OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM crm_accountcontactrelation x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'contact', x.id, x.account_id FROM crm_accountcontactrelation x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_accountcontactrelation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_accountcontactrelation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_accountcontactrelation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_accountcontactrelation
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_accountcontactrelation
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_accountsales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_accountsales OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM crm_accountsales x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'accountSales', x.id, x.account_id FROM crm_accountsales x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_accountsales REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_accountsales REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_accountsales REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_accountsales
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_accountsales
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(COALESCE(x.account_id, x.owner_id))) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(COALESCE(x.account_id, x.owner_id))) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_activity OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM crm_activity x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM crm_activity x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_activity REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_activity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_activity REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_activity
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_activity
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_address OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM crm_address x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'address', x.id, x.account_id FROM crm_address x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_address REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_address REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_address REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_address
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_address
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM old_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM old_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_contact OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM crm_contact x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM crm_contact x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_contact REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_contact REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_contact REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_contact
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_contact
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.owner_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.owner_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.owner_id = x.owner_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.owner_id = x.owner_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_lead OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM crm_lead x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'lead', x.id, x.owner_id FROM crm_lead x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_lead REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_lead REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_lead REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_lead
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_lead
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(COALESCE(x.account_id, x.owner_id))) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(COALESCE(x.account_id, x.owner_id))) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, moved.root FROM crm_opportunityline c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, moved.root FROM crm_stagehistory c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, moved.root FROM crm_opportunityline c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, moved.root FROM crm_stagehistory c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND COALESCE(n.account_id, n.owner_id) = COALESCE(x.account_id, x.owner_id))
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_opportunity OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x
            UNION ALL
            SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN crm_opportunityline c ON c.opportunity_id = x.id
            UNION ALL
            SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN crm_stagehistory c ON c.opportunity_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, COALESCE(x.account_id, x.owner_id) FROM crm_opportunity x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('opportunityLine', 'stageHistory')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_opportunity REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_opportunity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_opportunity REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_opportunity
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_opportunity
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunityline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows UNION SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.opportunity_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.opportunity_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_opportunityline OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM crm_opportunityline x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM crm_opportunityline x
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM crm_opportunityline x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM crm_opportunityline x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, x.opportunity_id FROM crm_opportunityline x
            UNION ALL
            SELECT x.org_id, 'opportunityLine', x.id, l.root FROM crm_opportunityline x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_opportunityline REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_opportunityline REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_opportunityline REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_opportunityline
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_opportunityline
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_pipeline OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM crm_pipeline x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'pipeline', x.id, x.org_id FROM crm_pipeline x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_pipeline REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_pipeline REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_pipeline REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_pipeline
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_pipeline
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_product OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM crm_product x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'product', x.id, x.org_id FROM crm_product x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_product REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_product REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_product REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_product
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_product
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_stage OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM crm_stage x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stage', x.id, x.org_id FROM crm_stage x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_stage REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_stage REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_stage REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_stage
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_stage
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_crm_stagehistory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows UNION SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.opportunity_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.opportunity_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.opportunity_id = x.opportunity_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM crm_stagehistory OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM crm_stagehistory x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM crm_stagehistory x
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM crm_stagehistory x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM crm_stagehistory x JOIN crm_opportunity p ON p.id = x.opportunity_id
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, x.opportunity_id FROM crm_stagehistory x
            UNION ALL
            SELECT x.org_id, 'stageHistory', x.id, l.root FROM crm_stagehistory x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'opportunity' AND l.entity_id = x.opportunity_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON crm_stagehistory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON crm_stagehistory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON crm_stagehistory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON crm_stagehistory
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON crm_stagehistory
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
