"""Chicago Food Inspections: real businesses and three years of real visits, under teams that the city named by colours."""

from uuid import UUID

from django.db import connection, transaction

from backend.crm.models import Account
from backend.demo.people import (
    Person,
    give_hours,
    give_territory,
    make_people,
    make_territories,
    name_people,
    set_cycles,
)
from backend.demo.steps import BEGUN, Say, bring_in, mark, once
from backend.identity.models import Org, Role
from backend.kit import clock
from backend.kit.ids import new_id
from backend.territories.models import AccountTerritory, AssignmentSource, Territory, UserTerritory

SLUG = "chicago"
SOURCE = "chicago-inspections"
CYCLES = {"A": 182, "B": 365, "C": 730}
"""The city's rule of thumb: high risk twice a year, medium once, low every second year."""
COLOURS = ("blue", "brown", "green", "orange", "purple", "yellow", "unknown")
CITY_HALL = (41.8837, -87.6319)
TOP = "Chicago"

_BY_TEAM = """
    SELECT account_id, rep_id FROM (
        SELECT v.account_id, v.rep_id, row_number() OVER (
            PARTITION BY v.account_id ORDER BY count(*) DESC, max(v.ended_at) DESC, v.rep_id) AS place
        FROM field_visit v WHERE v.org_id = %s GROUP BY v.account_id, v.rep_id) x
    WHERE place = 1
"""


def load(org: Org | None, say: Say) -> Org:
    """Loads, or goes on loading, the tenant."""
    say("Chicago Food Inspections: people and 12,367 businesses")
    org = org or _begin()
    bring_in("chicago-businesses")
    say("Chicago Food Inspections: 24,518 visits")
    bring_in("chicago-visits")
    once(org, "teams", _place)
    return org


@transaction.atomic
def _begin() -> Org:
    org = Org.objects.create(slug=SLUG, name="Chicago Food Inspections", timezone="America/Chicago", currency="USD")
    teams = {
        colour: Person(
            f"chi_{colour}", "No team named" if colour == "unknown" else f"Team {colour}", Role.REP, CITY_HALL
        )
        for colour in COLOURS
    }
    leaders = [Person("chi_mia", "Mia Kowalski", Role.MANAGER), Person("chi_max", "Max Dubois", Role.ADMIN)]
    people = make_people(org, [*leaders, *teams.values()], manager="chi_mia")
    territories = make_territories(org, "Teams", TOP, {team.full_name: None for team in teams.values()})
    worked = {"chi_mia": TOP} | {team.username: team.full_name for team in teams.values()}
    UserTerritory.objects.bulk_create(give_territory(people[who], territories[where]) for who, where in worked.items())
    name_people(org, SOURCE, {colour: people[team.username] for colour, team in teams.items()})
    give_hours(org)
    set_cycles(org, CYCLES)
    mark(org, BEGUN)
    return org


def _place(org: Org) -> None:
    """Gives each business to the team that came most often; to no team when nobody came."""
    of_rep = dict(UserTerritory.objects.filter(org=org, user__role=Role.REP).values_list("user_id", "territory_id"))
    nobody = Territory.objects.get(org=org, name="No team named").pk
    with connection.cursor() as cursor:
        cursor.execute(_BY_TEAM, [org.pk])
        rep_of: dict[UUID, UUID] = dict(cursor.fetchall())
    rows: list[AccountTerritory] = []
    for account in Account.objects.filter(org=org).order_by("id").values_list("id", flat=True):
        row = AccountTerritory(id=new_id(), org=org, source=AssignmentSource.MANUAL, valid_from=clock.now())
        row.account_id, row.territory_id = account, of_rep[rep_of[account]] if account in rep_of else nobody
        rows.append(row)
    AccountTerritory.objects.bulk_create(rows, batch_size=2000)
