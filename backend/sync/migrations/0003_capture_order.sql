CREATE OR REPLACE FUNCTION sync_capture_crm_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
        UNION
        SELECT x.org_id, '~scope', x.id, x.id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
        UNION
        SELECT x.org_id, 'account', x.id, x.id FROM new_rows x
        UNION
        SELECT n.org_id, '~scope', n.id, n.id FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE (o.deleted_at IS NULL) <> (n.deleted_at IS NULL)
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'account', x.id, x.id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_crm_accountcontactrelation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM old_rows UNION SELECT contact_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
        UNION
        SELECT x.org_id, 'contact', x.id, x.account_id FROM new_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        PERFORM FROM crm_contact p WHERE p.id IN (SELECT contact_id FROM old_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'contact', x.id, x.account_id FROM old_rows x
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunity', x.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x
        UNION
        SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
        UNION
        SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM new_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
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
        UNION
        SELECT c.org_id, 'opportunityLine', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_opportunityline c ON c.opportunity_id = x.id
        UNION
        SELECT c.org_id, 'stageHistory', c.id, COALESCE(x.account_id, x.owner_id) FROM old_rows x JOIN crm_stagehistory c ON c.opportunity_id = x.id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_crm_opportunityline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows UNION SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        UNION
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'opportunityLine', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_crm_stagehistory() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows UNION SELECT opportunity_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        UNION
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM new_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        PERFORM FROM crm_opportunity p WHERE p.id IN (SELECT opportunity_id FROM old_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'stageHistory', x.id, COALESCE(p.account_id, p.owner_id) FROM old_rows x JOIN crm_opportunity p ON p.id = x.opportunity_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_field_checkin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows UNION SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        UNION
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_field_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
        UNION
        SELECT c.org_id, 'checkIn', c.id, x.account_id FROM new_rows x JOIN field_checkin c ON c.visit_id = x.id
        UNION
        SELECT c.org_id, 'visitReport', c.id, x.account_id FROM new_rows x JOIN field_visitreport c ON c.visit_id = x.id
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
        UNION
        SELECT c.org_id, 'checkIn', c.id, x.account_id FROM old_rows x JOIN field_checkin c ON c.visit_id = x.id
        UNION
        SELECT c.org_id, 'visitReport', c.id, x.account_id FROM old_rows x JOIN field_visitreport c ON c.visit_id = x.id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION sync_capture_field_visitreport() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows UNION SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        UNION
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    ELSE
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows) ORDER BY p.id FOR SHARE;
        INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
        SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
        SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
        ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
