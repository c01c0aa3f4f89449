"""Hardware Pipeline: 8,800 opportunities of a fictional firm, its agents under their managers and offices."""

import csv
from uuid import UUID

from django.db import connection, transaction

from backend.crm.models import ExternalId, Pipeline, Stage, StageCategory
from backend.demo.people import Person, give_hours, give_territory, make_people, make_territories, password_hash
from backend.demo.steps import BEGUN, FOLDER, Say, bring_in, mark, once
from backend.identity.models import Org, Role, User
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.models import AccountShare, AccountTerritory, AssignmentSource, Territory, UserTerritory

SLUG = "hardware"
SOURCE = "crm-maven"
TOP = "All offices"
STAGES = (("Prospecting", 10, "open"), ("Engaging", 40, "open"), ("Won", 100, "won"), ("Lost", 0, "lost"))

_DEALS = """
    SELECT o.account_id, o.owner_id, ut.territory_id, count(*) FROM crm_opportunity o
    JOIN territories_userterritory ut ON ut.user_id = o.owner_id AND ut.valid_to IS NULL
    WHERE o.org_id = %s AND o.account_id IS NOT NULL GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


def load(org: Org | None, say: Say) -> Org:
    """Loads, or goes on loading, the tenant."""
    say("Hardware Pipeline: people, accounts and products")
    org = org or _begin()
    bring_in("hardware-managers")
    bring_in("hardware-agents")
    once(org, "offices", _staff)
    bring_in("hardware-accounts")
    bring_in("hardware-products")
    say("Hardware Pipeline: 8,800 opportunities")
    bring_in("hardware-opportunities")
    once(org, "coverage", _place)
    return org


def _teams() -> list[dict[str, str]]:
    with (FOLDER / "hardware" / "sales_teams.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def _begin() -> Org:
    org = Org.objects.create(slug=SLUG, name="Hardware Pipeline", timezone="America/New_York", currency="USD")
    make_people(org, [Person("hw_max", "Max Iyer", Role.ADMIN)])
    make_territories(org, "Regional offices", TOP, {row["regional_office"]: None for row in _teams()})
    pipeline = Pipeline.objects.create(org=org, name="Sales")
    for position, (name, probability, category) in enumerate(STAGES):
        Stage.objects.create(
            org=org, pipeline=pipeline, name=name, position=position, probability=probability,
            category=StageCategory(category),
        )  # fmt: skip
    mark(org, BEGUN)
    return org


def _staff(org: Org) -> None:
    """Lets the imported people sign in, and work the office that the source gives them."""
    User.objects.filter(org=org).update(password=password_hash())
    offices = {territory.name: territory for territory in Territory.objects.filter(org=org)}
    names = dict(ExternalId.objects.filter(org=org, source=SOURCE, entity="user").values_list("value", "row_id"))
    people = User.objects.in_bulk(list(names.values()))
    UserTerritory.objects.bulk_create(
        give_territory(people[names[row["sales_agent"]]], offices[row["regional_office"]]) for row in _teams()
    )
    give_hours(org)


def _place(org: Org) -> None:
    """Gives each account to the office with most deals on it, and shows it to the other offices' agents with a deal."""
    with connection.cursor() as cursor:
        cursor.execute(_DEALS, [org.pk])
        deals = cursor.fetchall()
    counts: dict[UUID, dict[UUID, int]] = {}
    for account, _, office, count in deals:
        of_account = counts.setdefault(account, {})
        of_account[office] = of_account.get(office, 0) + count
    names = dict(Territory.objects.filter(org=org).values_list("id", "name"))
    home = {account: min(of, key=lambda one: (-of[one], names[one])) for account, of in counts.items()}
    now = clock.now()
    rows: list[AccountTerritory] = []
    for account, office in home.items():
        row = AccountTerritory(id=new_id(), org=org, source=AssignmentSource.MANUAL, valid_from=now)
        row.account_id, row.territory_id = account, office
        rows.append(row)
    AccountTerritory.objects.bulk_create(rows)
    leaders = dict(User.objects.filter(org=org, manager__isnull=False).values_list("id", "manager_id"))
    AccountShare.objects.bulk_create(
        AccountShare(
            id=new_id(), org=org, account_id=account, user_id=agent, shared_by_id=leaders[agent], valid_from=now
        )
        for account, agent, office, _ in deals
        if home[account] != office
    )
