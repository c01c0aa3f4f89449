CREATE OR REPLACE FUNCTION sync_capture_crm_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
        UNION
        SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_account;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_account REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_account;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_account REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_account;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_account REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_account();

CREATE OR REPLACE FUNCTION sync_capture_crm_accountcontactrelation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_accountcontactrelation;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_accountcontactrelation REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_accountcontactrelation;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_accountcontactrelation REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_accountcontactrelation;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_accountcontactrelation REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountcontactrelation();

CREATE OR REPLACE FUNCTION sync_capture_crm_accountsales() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, 'accountSales', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'accountSales', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_accountsales;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_accountsales REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_accountsales;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_accountsales REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_accountsales;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_accountsales REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_accountsales();

CREATE OR REPLACE FUNCTION sync_capture_crm_activity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
        UNION
        SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'activity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_activity;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_activity REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_activity;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_activity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_activity;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_activity REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_activity();

CREATE OR REPLACE FUNCTION sync_capture_crm_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, 'address', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'address', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_address;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_address REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_address;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_address REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_address;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_address REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_address();

CREATE OR REPLACE FUNCTION sync_capture_crm_contact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM new_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT s.org_id, 'contact', s.id, s.root FROM (SELECT r.org_id, r.id, r.account_id FROM old_rows x JOIN crm_accountcontactrelation r ON r.contact_id = x.id) s(org_id, id, root)
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_contact;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_contact REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_contact;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_contact REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_contact;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_contact REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_contact();

CREATE OR REPLACE FUNCTION sync_capture_crm_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x
        UNION
        SELECT x.org_id, 'lead', x.id, x.owner_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'lead', x.id, x.owner_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_lead;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_lead REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_lead;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_lead REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_lead;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_lead REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_lead();

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
        UNION
        SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
        UNION
        SELECT c.org_id, 'opportunityLine', c.id, moved.root FROM crm_opportunityline c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
        UNION
        SELECT c.org_id, 'stageHistory', c.id, moved.root FROM crm_stagehistory c JOIN (SELECT o.id, unnest(ARRAY[COALESCE(o.account_id, o.owner_id), COALESCE(n.account_id, n.owner_id)]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE COALESCE(o.account_id, o.owner_id) IS DISTINCT FROM COALESCE(n.account_id, n.owner_id)) moved ON moved.id = c.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_opportunity;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_opportunity REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_opportunity;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_opportunity REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_opportunity;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_opportunity REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunity();

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunityline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        UNION
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_opportunityline;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_opportunityline REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_opportunityline;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_opportunityline REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_opportunityline;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_opportunityline REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_opportunityline();

CREATE OR REPLACE FUNCTION sync_capture_crm_pipeline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x
        UNION
        SELECT x.org_id, 'pipeline', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'pipeline', x.id, x.org_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_pipeline;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_pipeline REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_pipeline;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_pipeline REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_pipeline;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_pipeline REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_pipeline();

CREATE OR REPLACE FUNCTION sync_capture_crm_product() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x
        UNION
        SELECT x.org_id, 'product', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'product', x.id, x.org_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_product;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_product REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_product;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_product REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_product;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_product REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_product();

CREATE OR REPLACE FUNCTION sync_capture_crm_stage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x
        UNION
        SELECT x.org_id, 'stage', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stage', x.id, x.org_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_stage;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_stage REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_stage;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_stage REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_stage;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_stage REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stage();

CREATE OR REPLACE FUNCTION sync_capture_crm_stagehistory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        UNION
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON crm_stagehistory;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON crm_stagehistory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
DROP TRIGGER IF EXISTS sync_capture_update ON crm_stagehistory;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON crm_stagehistory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();
DROP TRIGGER IF EXISTS sync_capture_delete ON crm_stagehistory;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON crm_stagehistory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_crm_stagehistory();

CREATE OR REPLACE FUNCTION sync_capture_field_absence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x
        UNION
        SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_absence;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_absence REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
DROP TRIGGER IF EXISTS sync_capture_update ON field_absence;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_absence REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_absence;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_absence REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();

CREATE OR REPLACE FUNCTION sync_capture_field_callcycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x
        UNION
        SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_callcycle;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_callcycle REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
DROP TRIGGER IF EXISTS sync_capture_update ON field_callcycle;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_callcycle REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_callcycle;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_callcycle REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();

CREATE OR REPLACE FUNCTION sync_capture_field_checkin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        UNION
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_checkin;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_checkin REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
DROP TRIGGER IF EXISTS sync_capture_update ON field_checkin;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_checkin REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_checkin;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_checkin REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();

CREATE OR REPLACE FUNCTION sync_capture_field_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
        UNION
        SELECT c.org_id, 'checkIn', c.id, moved.root FROM field_checkin c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
        UNION
        SELECT c.org_id, 'visitReport', c.id, moved.root FROM field_visitreport c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_visit;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_visit REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
DROP TRIGGER IF EXISTS sync_capture_update ON field_visit;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_visit REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_visit;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_visit REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();

CREATE OR REPLACE FUNCTION sync_capture_field_visitreport() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        UNION
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_visitreport;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_visitreport REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
DROP TRIGGER IF EXISTS sync_capture_update ON field_visitreport;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_visitreport REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_visitreport;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_visitreport REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();

CREATE OR REPLACE FUNCTION sync_capture_field_workinghours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x
        UNION
        SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON field_workinghours;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON field_workinghours REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
DROP TRIGGER IF EXISTS sync_capture_update ON field_workinghours;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON field_workinghours REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
DROP TRIGGER IF EXISTS sync_capture_delete ON field_workinghours;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON field_workinghours REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();

CREATE OR REPLACE FUNCTION sync_capture_identity_device() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~device', x.id, x.id FROM old_rows x
        UNION
        SELECT x.org_id, '~device', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~device', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON identity_device;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON identity_device REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
DROP TRIGGER IF EXISTS sync_capture_update ON identity_device;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON identity_device REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();
DROP TRIGGER IF EXISTS sync_capture_delete ON identity_device;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON identity_device REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_device();

CREATE OR REPLACE FUNCTION sync_capture_identity_org() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.id, 'org', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.id, 'org', x.id, x.id FROM old_rows x
        UNION
        SELECT x.id, 'org', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.id, 'org', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON identity_org;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON identity_org REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
DROP TRIGGER IF EXISTS sync_capture_update ON identity_org;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON identity_org REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();
DROP TRIGGER IF EXISTS sync_capture_delete ON identity_org;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON identity_org REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_org();

CREATE OR REPLACE FUNCTION sync_capture_identity_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'user', x.id, x.id FROM old_rows x
        UNION
        SELECT x.org_id, 'user', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'user', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON identity_user;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON identity_user REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
DROP TRIGGER IF EXISTS sync_capture_update ON identity_user;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON identity_user REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();
DROP TRIGGER IF EXISTS sync_capture_delete ON identity_user;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON identity_user REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_identity_user();

CREATE OR REPLACE FUNCTION sync_capture_sync_syncissue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'syncIssue', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'syncIssue', x.id, x.user_id FROM old_rows x
        UNION
        SELECT x.org_id, 'syncIssue', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'syncIssue', x.id, x.user_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON sync_syncissue;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON sync_syncissue REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_sync_syncissue();
DROP TRIGGER IF EXISTS sync_capture_update ON sync_syncissue;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON sync_syncissue REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_sync_syncissue();
DROP TRIGGER IF EXISTS sync_capture_delete ON sync_syncissue;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON sync_syncissue REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_sync_syncissue();

CREATE OR REPLACE FUNCTION sync_capture_territories_accountshare() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
        UNION
        SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON territories_accountshare;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON territories_accountshare REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
DROP TRIGGER IF EXISTS sync_capture_update ON territories_accountshare;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON territories_accountshare REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();
DROP TRIGGER IF EXISTS sync_capture_delete ON territories_accountshare;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON territories_accountshare REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountshare();

CREATE OR REPLACE FUNCTION sync_capture_territories_accountterritory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, '~scope', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON territories_accountterritory;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON territories_accountterritory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
DROP TRIGGER IF EXISTS sync_capture_update ON territories_accountterritory;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON territories_accountterritory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();
DROP TRIGGER IF EXISTS sync_capture_delete ON territories_accountterritory;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON territories_accountterritory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_accountterritory();

CREATE OR REPLACE FUNCTION sync_capture_territories_territory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'territory', x.id, x.id FROM old_rows x
        UNION
        SELECT x.org_id, 'territory', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'territory', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON territories_territory;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON territories_territory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
DROP TRIGGER IF EXISTS sync_capture_update ON territories_territory;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON territories_territory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();
DROP TRIGGER IF EXISTS sync_capture_delete ON territories_territory;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON territories_territory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territory();

CREATE OR REPLACE FUNCTION sync_capture_territories_territorymodel() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x
        UNION
        SELECT x.org_id, '~scope', x.id, x.org_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.org_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON territories_territorymodel;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON territories_territorymodel REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
DROP TRIGGER IF EXISTS sync_capture_update ON territories_territorymodel;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON territories_territorymodel REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();
DROP TRIGGER IF EXISTS sync_capture_delete ON territories_territorymodel;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON territories_territorymodel REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_territorymodel();

CREATE OR REPLACE FUNCTION sync_capture_territories_userterritory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
        UNION
        SELECT x.org_id, '~scope', x.id, x.user_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, '~scope', x.id, x.user_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS sync_capture_insert ON territories_userterritory;
CREATE TRIGGER sync_capture_insert AFTER INSERT ON territories_userterritory REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
DROP TRIGGER IF EXISTS sync_capture_update ON territories_userterritory;
CREATE TRIGGER sync_capture_update AFTER UPDATE ON territories_userterritory REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
DROP TRIGGER IF EXISTS sync_capture_delete ON territories_userterritory;
CREATE TRIGGER sync_capture_delete AFTER DELETE ON territories_userterritory REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_territories_userterritory();
