CREATE OR REPLACE FUNCTION sync_capture_orders_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM new_rows x JOIN orders_orderitem c ON c.order_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM new_rows x JOIN orders_orderitem c ON c.order_id = x.id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        IF (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.account_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'order', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, moved.root FROM orders_orderitem c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.order_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            UNION ALL
            SELECT x.org_id, 'order', x.id, x.account_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, moved.root FROM orders_orderitem c JOIN (SELECT o.id, unnest(ARRAY[o.account_id, n.account_id]) AS root FROM old_rows o JOIN new_rows n ON n.id = o.id WHERE o.account_id IS DISTINCT FROM n.account_id) moved ON moved.id = c.order_id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem') WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.account_id = x.account_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM new_rows x
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM old_rows x JOIN orders_orderitem c ON c.order_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM old_rows x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM old_rows x JOIN orders_orderitem c ON c.order_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM orders_order OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM orders_order x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM orders_order x JOIN orders_orderitem c ON c.order_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM orders_order x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'order', x.id, x.account_id FROM orders_order x
            UNION ALL
            SELECT c.org_id, 'orderItem', c.id, x.account_id FROM orders_order x JOIN orders_orderitem c ON c.order_id = x.id
            UNION ALL
            SELECT l.org_id, l.entity, l.entity_id, x.account_id FROM orders_order x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.root = x.id AND l.entity IN ('orderItem')
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON orders_order REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_order();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON orders_order REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_order();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON orders_order REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_order();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON orders_order
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_order();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON orders_order
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();

CREATE OR REPLACE FUNCTION sync_capture_orders_orderitem() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM FROM orders_order p WHERE p.id IN (SELECT order_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM FROM orders_order p WHERE p.id IN (SELECT order_id FROM old_rows UNION SELECT order_id FROM new_rows) ORDER BY p.id FOR SHARE;
        IF (SELECT ROW(array_agg(x.id), array_agg(x.order_id)) FROM old_rows x) IS DISTINCT FROM
            (SELECT ROW(array_agg(x.id), array_agg(x.order_id)) FROM new_rows x) THEN
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM old_rows x JOIN orders_order p ON p.id = x.order_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM old_rows x JOIN orders_order p ON p.id = x.order_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM old_rows x WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id WHERE NOT EXISTS (SELECT FROM new_rows n WHERE n.id = x.id AND n.order_id = x.order_id)
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        ELSE
        IF EXISTS (SELECT FROM new_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM new_rows x JOIN orders_order p ON p.id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM FROM orders_order p WHERE p.id IN (SELECT order_id FROM old_rows) ORDER BY p.id FOR SHARE;
        IF EXISTS (SELECT FROM old_rows OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM old_rows x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM old_rows x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM old_rows x
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM old_rows x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    ELSE
        IF EXISTS (SELECT FROM orders_orderitem OFFSET 100) THEN
            INSERT INTO sync_bulkchange (xid, org_id, entity, entity_ids, roots, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, array_agg(s.id), array_agg(s.root), clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM orders_orderitem x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM orders_orderitem x
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM orders_orderitem x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL
            GROUP BY s.org_id, s.entity;
        ELSE
            INSERT INTO sync_change (xid, org_id, entity, entity_id, root, at)
            SELECT pg_current_xact_id(), s.org_id, s.entity, s.id, s.root, clock_timestamp() FROM (
            SELECT x.org_id, 'orderItem', x.id, p.account_id FROM orders_orderitem x JOIN orders_order p ON p.id = x.order_id
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, x.order_id FROM orders_orderitem x
            UNION ALL
            SELECT x.org_id, 'orderItem', x.id, l.root FROM orders_orderitem x JOIN sync_log l ON l.xid = pg_current_xact_id() AND l.entity = 'order' AND l.entity_id = x.order_id
            ) s(org_id, entity, id, root) WHERE s.root IS NOT NULL AND s.org_id IS NOT NULL;
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER sync_capture_insert AFTER INSERT ON orders_orderitem REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_orderitem();
CREATE OR REPLACE TRIGGER sync_capture_update AFTER UPDATE ON orders_orderitem REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_orderitem();
CREATE OR REPLACE TRIGGER sync_capture_delete AFTER DELETE ON orders_orderitem REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_orderitem();
CREATE OR REPLACE TRIGGER sync_capture_truncate BEFORE TRUNCATE ON orders_orderitem
    FOR EACH STATEMENT EXECUTE FUNCTION sync_capture_orders_orderitem();
CREATE OR REPLACE TRIGGER sync_id_stays BEFORE UPDATE OF id ON orders_orderitem
    FOR EACH ROW WHEN (OLD.id IS DISTINCT FROM NEW.id) EXECUTE FUNCTION sync_id_stays();
