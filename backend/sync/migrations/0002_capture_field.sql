CREATE OR REPLACE FUNCTION sync_capture_field_absence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_absence OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM field_absence x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'absence', x.id, x.user_id FROM field_absence x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_absence REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_absence REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_absence REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_absence
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_absence();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_absence
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_appointment OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM field_appointment x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'appointment', x.id, x.user_id FROM field_appointment x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_appointment REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_appointment();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_appointment REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_appointment();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_appointment REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_appointment();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_appointment
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_appointment();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_appointment
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_callcycle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.org_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.org_id = x.org_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_callcycle OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM field_callcycle x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'callCycle', x.id, x.org_id FROM field_callcycle x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_callcycle REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_callcycle REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_callcycle REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_callcycle
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_callcycle();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_callcycle
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_checkin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows UNION SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.visit_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.visit_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_checkin OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM field_checkin x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM field_checkin x
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM field_checkin x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'checkIn', x.id, p.account_id FROM field_checkin x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, x.visit_id FROM field_checkin x
            UNION ALL
            SELECT x.org_id, 'checkIn', x.id, l.root FROM field_checkin x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_checkin REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_checkin REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_checkin REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_checkin
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_checkin();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_checkin
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_visit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM new_rows x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM new_rows x JOIN field_visitreport c ON c.visit_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM new_rows x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM new_rows x JOIN field_visitreport c ON c.visit_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, moved.root FROM field_checkin c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, moved.root FROM field_visitreport c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, moved.root FROM field_checkin c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, moved.root FROM field_visitreport c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.visit_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM old_rows x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM old_rows x JOIN field_visitreport c ON c.visit_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM old_rows x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM old_rows x JOIN field_visitreport c ON c.visit_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_visit OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM field_visit x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM field_visit x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM field_visit x JOIN field_visitreport c ON c.visit_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM field_visit x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visit', x.id, x.account_id FROM field_visit x
            UNION ALL
            SELECT c.org_id, 'checkIn', c.id, x.account_id FROM field_visit x JOIN field_checkin c ON c.visit_id = x.id
            UNION ALL
            SELECT c.org_id, 'visitReport', c.id, x.account_id FROM field_visit x JOIN field_visitreport c ON c.visit_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM field_visit x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('checkIn', 'visitReport')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_visit REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_visit REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_visit REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_visit
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visit();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_visit
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_visitreport() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows UNION SELECT visit_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.visit_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.visit_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.visit_id = x.visit_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM new_rows x JOIN field_visit p ON p.id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM field_visit p WHERE p.id IN (SELECT visit_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM old_rows x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_visitreport OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM field_visitreport x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM field_visitreport x
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM field_visitreport x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'visitReport', x.id, p.account_id FROM field_visitreport x JOIN field_visit p ON p.id = x.visit_id
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, x.visit_id FROM field_visitreport x
            UNION ALL
            SELECT x.org_id, 'visitReport', x.id, l.root FROM field_visitreport x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'visit' AND l.entity_id = x.visit_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_visitreport REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_visitreport REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_visitreport REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_visitreport
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_visitreport();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_visitreport
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_field_workinghours() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.user_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.user_id = x.user_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM old_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM field_workinghours OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM field_workinghours x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'workingHours', x.id, x.user_id FROM field_workinghours x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON field_workinghours REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON field_workinghours REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON field_workinghours REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON field_workinghours
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_field_workinghours();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON field_workinghours
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
