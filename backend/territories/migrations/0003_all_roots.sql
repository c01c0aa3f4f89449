-- All that somebody sees, for who wants all of it: the same rows as visible_roots. That one is merged into the question around
-- it, which is right where the question is about few roots. But the planner cannot know how few territories somebody sees: it
-- takes all accounts of the org to be theirs, and reads the whole org at each pull of each phone. Here it is decided when the
-- number of territories is known. OFFSET 0 keeps the lookups of single accounts from becoming a join again.
CREATE FUNCTION all_visible_roots(p_user uuid, p_at timestamptz) RETURNS TABLE(root uuid, kind text)
LANGUAGE plpgsql STABLE ROWS 2000 AS $$
DECLARE
    v_org uuid;
    v_territories uuid[];
BEGIN
    SELECT u.org_id INTO v_org FROM identity_user u WHERE u.id = p_user AND u.is_active AND u.role <> 'admin';
    v_territories := CASE WHEN FOUND THEN ARRAY(SELECT v.id FROM visible_territories(p_user, p_at) v) END;
    IF v_territories IS NULL OR cardinality(v_territories) > 50 THEN
        RETURN QUERY SELECT v.root, v.kind FROM visible_roots(p_user, p_at) v;
        RETURN;
    END IF;
    RETURN QUERY SELECT v_org, 'org' WHERE v_org IS NOT NULL;
    RETURN QUERY SELECT v.id, 'user' FROM visible_users(p_user) v;
    RETURN QUERY SELECT t.id, 'territory' FROM unnest(v_territories) t(id);
    RETURN QUERY
        SELECT a.id, 'account' FROM (
            SELECT att.account_id FROM territories_accountterritory att
            WHERE att.territory_id = ANY(v_territories)
              AND att.deleted_at IS NULL
              AND att.valid_from <= p_at AND (att.valid_to IS NULL OR att.valid_to > p_at)
            UNION
            SELECT s.account_id FROM territories_accountshare s
            WHERE s.user_id = p_user AND s.deleted_at IS NULL
              AND s.valid_from <= p_at AND (s.valid_to IS NULL OR s.valid_to > p_at)
        ) given
        CROSS JOIN LATERAL (
            SELECT o.id FROM crm_account o
            WHERE o.id = given.account_id AND o.org_id = v_org AND o.deleted_at IS NULL OFFSET 0
        ) a;
END $$;
