"""Whether given people see given roots, asked from the roots: what it costs follows from who works them, not from the org.

The same truth as `visible_roots`, read upwards: from a root to the territories that it lies in, from these to who works
them, and from there to who leads. tests/territories/test_pairs.py holds both against each other."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

_SPAN = "{0}.deleted_at IS NULL AND {0}.valid_from <= %(at)s AND ({0}.valid_to IS NULL OR {0}.valid_to > %(at)s)"

# `held`: the territories in which a root lies, and those above them. `worked`: by whom, of roots that a manager is asked of.
# `up`: these people, and everybody above them in their org; an org that a chain leaves is not entered again.
_SEEN = f"""
    WITH RECURSIVE asked AS MATERIALIZED (
        SELECT DISTINCT p.id AS person, p.org_id AS org, p.role, n.root
        FROM unnest(%(people)s::uuid[], %(roots)s::uuid[]) AS n(person, root)
        JOIN identity_user p ON p.id = n.person AND p.is_active
    ), root AS MATERIALIZED (
        SELECT DISTINCT asked.root AS id FROM asked
    ), account AS MATERIALIZED (
        SELECT a.id, a.org_id AS org FROM crm_account a JOIN root ON root.id = a.id WHERE a.deleted_at IS NULL
    ), lies AS (
        SELECT account.id AS root, t.id AS territory, t.parent_id AS parent
        FROM account
        JOIN territories_accountterritory s ON s.account_id = account.id AND {_SPAN.format("s")}
        JOIN territories_territory t ON t.id = s.territory_id AND t.deleted_at IS NULL
        UNION
        SELECT root.id, t.id, t.parent_id FROM root
        JOIN territories_territory t ON t.id = root.id AND t.deleted_at IS NULL
        UNION
        SELECT lies.root, t.id, t.parent_id FROM lies
        JOIN territories_territory t ON t.id = lies.parent AND t.deleted_at IS NULL
    ), held AS MATERIALIZED (
        SELECT lies.root, lies.territory, t.org_id AS org, account.org AS owner FROM lies
        JOIN territories_territory t ON t.id = lies.territory
        JOIN territories_territorymodel m ON m.id = t.model_id AND m.state = 'active' AND m.deleted_at IS NULL
        LEFT JOIN account ON account.id = lies.root
    ), of_leader AS MATERIALIZED (
        SELECT DISTINCT asked.root AS id FROM asked WHERE asked.role = 'manager'
    ), worked AS MATERIALIZED (
        SELECT DISTINCT held.root, held.org, s.user_id AS person FROM of_leader JOIN held ON held.root = of_leader.id
        JOIN territories_userterritory s ON s.territory_id = held.territory AND {_SPAN.format("s")}
        WHERE held.owner IS NULL OR held.owner = held.org
    ), up AS (
        SELECT u.id AS person, u.id AS above, u.manager_id AS next, u.org_id AS org FROM identity_user u
        WHERE u.id IN (SELECT worked.person FROM worked UNION SELECT of_leader.id FROM of_leader)
        UNION
        SELECT up.person, u.id, u.manager_id, up.org FROM up
        JOIN identity_user u ON u.id = up.next AND u.org_id = up.org
    )
    SELECT asked.person, asked.root FROM asked WHERE asked.root IN (asked.org, asked.person)
    UNION
    SELECT asked.person, asked.root FROM asked JOIN account ON account.id = asked.root AND account.org = asked.org
    WHERE asked.role = 'admin'
    UNION
    SELECT asked.person, asked.root FROM asked JOIN identity_user u ON u.id = asked.root AND u.org_id = asked.org
    WHERE asked.role = 'admin'
    UNION
    SELECT asked.person, asked.root FROM asked JOIN held ON held.root = asked.root AND held.org = asked.org
    WHERE asked.role = 'admin' AND held.owner IS NULL
    UNION
    SELECT asked.person, asked.root FROM asked JOIN up ON up.person = asked.root AND up.above = asked.person
    WHERE asked.role = 'manager'
    UNION
    SELECT asked.person, asked.root FROM asked
    JOIN territories_userterritory s ON s.user_id = asked.person AND {_SPAN.format("s")}
    JOIN held ON held.root = asked.root AND held.territory = s.territory_id AND held.org = asked.org
    WHERE asked.role NOT IN ('admin', 'partner') AND (held.owner IS NULL OR held.owner = held.org)
    UNION
    SELECT asked.person, asked.root FROM asked
    JOIN up ON up.above = asked.person
    JOIN worked ON worked.root = asked.root AND worked.person = up.person AND worked.org = asked.org
    WHERE asked.role = 'manager'
    UNION
    SELECT asked.person, asked.root FROM asked
    JOIN account ON account.id = asked.root AND account.org = asked.org
    JOIN territories_accountshare s ON s.account_id = account.id AND s.user_id = asked.person AND {_SPAN.format("s")}
    WHERE asked.role <> 'admin'
"""  # noqa: S608 - all of it is ours


def seen(pairs: Collection[tuple[UUID, UUID]], at: datetime) -> set[tuple[UUID, UUID]]:
    """Returns those of the pairs (user, root) in which the user sees the root at that instant; one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, {"people": [user for user, _ in pairs], "roots": [root for _, root in pairs], "at": at})
        return set(cursor.fetchall())
