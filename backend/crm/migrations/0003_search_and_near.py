"""Full text of accounts, places, people and deals, and the nearest accounts: indexes over expressions.

No table is rewritten and no column is added, so that what is synced stays as it is; the indexes are made while others go on
writing. A million accounts take some minutes, in which nobody waits. Where it was broken off, it begins anew.

PostgreSQL's own dictionaries know no Chinese, Japanese or Korean: what is written without spaces is indexed by pairs of
letters, and by its last letter. Accents are folded; ä, ö and ü of names are found as ae, oe and ue, too."""

from django.db import migrations

CJK = r"\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
LETTERS = r"0-9a-z\u00aa\u00b5\u00ba\u00c0-\u1fff\u2c00-\u2dff\u2e80-\u2fef\u3040-\ud7ff\uf900-\ufdff\ufe70-\ufefc\U00010000-\U0003ffff"

# Bodies are bound when they are made (RETURN): an index is made with a search path of its own.
FUNCTIONS = rf"""
CREATE OR REPLACE FUNCTION crm_search_folded(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(regexp_replace(
    translate(replace(replace(replace(
        normalize(regexp_replace(normalize(lower(given), NFKD), '[\u0300-\u036f]', '', 'g'), NFKC),
    'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'øłđ', 'old'),
    '([{CJK}]+)', ' \1 ', 'g'), '[^{LETTERS}]+', ' ', 'g');

CREATE OR REPLACE FUNCTION crm_search_words(given text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(array_agg(CASE WHEN w.run ~ '^[{CJK}]' THEN substr(w.run, n, 2) ELSE left(w.run, 60) END
            ORDER BY w.place, n), '{{}}')
        FROM regexp_split_to_table(crm_search_folded(left(given, 8000)), ' ') WITH ORDINALITY w(run, place),
            generate_series(1, CASE WHEN w.run ~ '^[{CJK}]' THEN length(w.run) ELSE 1 END) n
        WHERE w.run <> '');

CREATE OR REPLACE FUNCTION crm_search_vector(given text, weight "char") RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT setweight(coalesce(string_agg('''' || word || ''':' || least(place, 16383), ' '), '')::tsvector, weight)
        FROM unnest(crm_search_words(given)) WITH ORDINALITY w(word, place));

CREATE OR REPLACE FUNCTION crm_search_name(given text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN crm_search_vector(CASE WHEN given ~ '[äöüÄÖÜ]'
    THEN given || ' ' || replace(replace(replace(lower(given), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue')
    ELSE given END, 'A');

CREATE OR REPLACE FUNCTION crm_search_named(name text, number text, notes text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN crm_search_name(name) || crm_search_vector(coalesce(number, ''), 'B') || crm_search_vector(notes, 'D');

CREATE OR REPLACE FUNCTION crm_search_query(given text, weights text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (SELECT coalesce(string_agg(CASE
            WHEN w.run !~ '^[{CJK}]' THEN '''' || left(w.run, 60) || ''':' || CASE WHEN w.place = w.most THEN '*' ELSE '' END || weights
            WHEN length(w.run) = 1 THEN '''' || w.run || ''':*' || weights
            ELSE '(' || (SELECT string_agg('''' || substr(w.run, n, 2) || ''':' || weights, ' <-> ' ORDER BY n)
                         FROM generate_series(1, length(w.run) - 1) n) || ')'
        END, ' & ' ORDER BY w.place), '')::tsquery
        FROM (SELECT run, place, max(place) OVER () AS most
              FROM regexp_split_to_table(crm_search_folded(left(given, 100)), ' ') WITH ORDINALITY r(run, place)
              WHERE run <> '') w);
"""  # noqa: S608
DROPPED = """
DROP FUNCTION crm_search_query(text, text);
DROP FUNCTION crm_search_named(text, text, text);
DROP FUNCTION crm_search_name(text);
DROP FUNCTION crm_search_vector(text, "char");
DROP FUNCTION crm_search_words(text);
DROP FUNCTION crm_search_folded(text);
"""
INDEXES = {
    "account_search": "crm_account USING gin (crm_search_named(name, number, notes))",
    "opportunity_search": "crm_opportunity USING gin (crm_search_named(name, '', notes))",
    "contact_search": "crm_contact USING gin (crm_search_named(full_name, email, ''))",
    "address_search": "crm_address USING gin (crm_search_named(street, postcode || ' ' || city, ''))",
    "address_near": "crm_address USING gist (point(lng, lat)) WHERE is_primary AND deleted_at IS NULL AND lat IS NOT NULL",
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("crm", "0002_lead_assignments")]

    operations = [
        migrations.RunSQL(FUNCTIONS, DROPPED),
        *(
            migrations.RunSQL(
                [f"DROP INDEX CONCURRENTLY IF EXISTS {name}", f"CREATE INDEX CONCURRENTLY {name} ON {on}"],
                [f"DROP INDEX CONCURRENTLY IF EXISTS {name}"],
            )
            for name, on in INDEXES.items()
        ),
    ]
