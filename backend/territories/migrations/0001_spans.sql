-- A range over the ids themselves gives exclusion constraints an equality without an extension to install.
-- Spans of one account are found by a number made of its id: a range of ids has no distance by which an index could be well
-- cut, and each new span among 100,000 was looked for in hundreds of its pages. Numbers may be the same for two accounts, so
-- the id itself is asked too.
CREATE TYPE uuidrange AS RANGE (subtype = uuid);
CREATE TYPE rolerange AS RANGE (subtype = text);
ALTER TABLE territories_accountterritory ADD CONSTRAINT account_territory_no_overlap EXCLUDE USING gist (
    int8range(uuid_hash_extended(account_id, 0), uuid_hash_extended(account_id, 0), '[]') WITH &&,
    uuidrange(account_id, account_id, '[]') WITH &&,
    rolerange(role::text, role::text, '[]') WITH &&,
    tstzrange(valid_from, valid_to, '[)') WITH &&
) WHERE (deleted_at IS NULL);
ALTER TABLE territories_userterritory ADD CONSTRAINT user_territory_no_overlap EXCLUDE USING gist (
    uuidrange(user_id, user_id, '[]') WITH &&,
    uuidrange(territory_id, territory_id, '[]') WITH &&,
    tstzrange(valid_from, valid_to, '[)') WITH &&
) WHERE (deleted_at IS NULL);
