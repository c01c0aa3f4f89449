"""The demo as it stands after loading: real figures, and people who can begin their day."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.db.models import Count, F, Sum

from backend.crm.models import Account, AccountSales, Address, Opportunity, OrderLine, StageHistory
from backend.demo.iowa import EAST, WEST
from backend.demo.load import sign_ins, wants_loading
from backend.demo.steps import FILES, bring_in
from backend.field.models import Visit, VisitReport
from backend.field.queries import due_accounts
from backend.identity.models import Org, User
from backend.kit import clock
from backend.sync.models import Change
from backend.territories.coverage import visible_root_kinds
from backend.territories.models import AccountTerritory

pytestmark = [pytest.mark.usefixtures("demo"), pytest.mark.xdist_group("demo")]

INITYS = {"Scottech", "dambase"}


def names_seen(username: str) -> set[str]:
    """Returns the names of the orgs whose accounts a person sees."""
    roots = visible_root_kinds(User.objects.get(username=username).pk)
    accounts = [root for root, kind in roots.items() if kind == "account"]
    return set(Account.objects.filter(pk__in=accounts).values_list("org__slug", flat=True))


def accounts_seen(username: str) -> int:
    """Returns how many accounts a person sees."""
    return Counter(visible_root_kinds(User.objects.get(username=username).pk).values())["account"]


@pytest.mark.parametrize("mapping", FILES)
def test_each_file_a_second_time_changes_nothing(mapping: str) -> None:
    logged = Change.objects.count()
    [counts] = [line for line in bring_in(mapping) if " created, " in line]
    assert counts.strip().startswith("0 created, 0 changed, ")
    assert counts.strip().endswith(" unchanged, 0 refused")
    assert Change.objects.count() == logged


def test_every_person_named_can_sign_in_and_sees_one_tenant() -> None:
    people = sign_ins()
    assert {tenant for tenant, *_ in people} == set(Org.objects.values_list("name", flat=True))
    assert {role for _, _, role, _ in people} == {"rep", "manager", "admin", "partner"}
    for tenant, username, role, password in people:
        user = authenticate(username=username, password=password)
        assert isinstance(user, User)
        assert (user.role, user.org.name if user.org else None) == (role, tenant)
        assert names_seen(username) == {user.org.slug if user.org else None}


def test_nothing_hangs_between_two_tenants() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (SELECT count(*) FROM crm_address c JOIN crm_account a ON a.id = c.account_id AND a.org_id <> c.org_id),
                   (SELECT count(*) FROM crm_orderline c JOIN crm_account a ON a.id = c.account_id AND a.org_id <> c.org_id),
                   (SELECT count(*) FROM crm_opportunity c JOIN identity_user u ON u.id = c.owner_id AND u.org_id <> c.org_id),
                   (SELECT count(*) FROM field_visit c JOIN identity_user u ON u.id = c.rep_id AND u.org_id <> c.org_id),
                   (SELECT count(*) FROM field_visit c JOIN crm_account a ON a.id = c.account_id AND a.org_id <> c.org_id),
                   (SELECT count(*) FROM territories_accountterritory c JOIN crm_account a
                    ON a.id = c.account_id AND a.org_id <> c.org_id)
            """
        )
        assert cursor.fetchone() == (0, 0, 0, 0, 0, 0)


def test_iowa_has_its_stores_and_none_without_a_place() -> None:
    stores = Account.objects.filter(org__slug="iowa")
    assert stores.count() == 444
    assert Counter(stores.values_list("lifecycle", flat=True)) == {"active": 385, "closed": 59}
    quality = Address.objects.filter(org__slug="iowa").values_list("quality", flat=True)
    assert Counter(quality) == {"source": 403, "postcode": 41}
    places = AccountTerritory.objects.filter(org__slug="iowa").values_list("territory__name", "source")
    assert Counter(places) == {
        (WEST, "geometry"): 156,
        (EAST, "geometry"): 136,
        ("Dallas and Warren", "geometry"): 92,
        ("Ames", "geometry"): 60,
    }
    assert stores.filter(number="5920", addresses__quality="postcode", territories__territory__name="Ames").exists()


def test_iowa_tiers_are_those_of_its_sales() -> None:
    sales = AccountSales.objects.filter(org__slug="iowa", account__lifecycle="active")
    by_tier = dict(sales.values_list("account__tier").annotate(total=Sum("amount_12m")))
    whole = sum(by_tier.values())
    assert Decimal("0.80") <= by_tier["A"] / whole < Decimal("0.82")
    assert by_tier["C"] / whole <= Decimal("0.05")
    assert not Account.objects.filter(org__slug="iowa", lifecycle="closed").exclude(tier="").exists()


def test_ana_has_a_day_to_plan_and_about_a_quarter_of_the_stores_are_overdue() -> None:
    rep = {name: User.objects.get(username=name) for name in ("ana", "cy", "fay", "gus")}
    today = clock.now().date()
    due = {name: due_accounts(user, today) for name, user in rep.items()}
    assert len(due["ana"]) >= 15
    assert all(account.point is not None for account in due["ana"])
    open_stores = Account.objects.filter(org__slug="iowa", lifecycle="active").count()
    overdue = sum(account.days_overdue > 0 for accounts in due.values() for account in accounts)
    assert 0.2 < overdue / open_stores < 0.36


def test_made_up_visits_say_so_and_fit_into_working_days() -> None:
    visits = Visit.objects.filter(org__slug="iowa")
    assert set(visits.values_list("state", "source", "purpose")) == {("completed", "import", "demo history")}
    assert not visits.filter(ended_at__gt=clock.now()).exists()
    assert not visits.filter(started_at__iso_week_day__gt=5).exists()
    spans = list(visits.order_by("rep", "planned_start").values_list("rep", "planned_start", "planned_end"))
    assert all(a[0] != b[0] or a[2] <= b[1] for a, b in pairwise(spans))
    assert VisitReport.objects.filter(org__slug="iowa").count() == 0


def test_a_win_back_is_what_a_store_bought_and_then_no_more() -> None:
    deals = Opportunity.objects.filter(org__slug="iowa").annotate(count=Count("lines"))
    assert deals.exists()
    assert set(deals.values_list("stage__name", "pipeline__name")) == {("Spotted", "Win-back")}
    assert deals.filter(account__isnull=True).count() == 0
    assert deals.values("account").distinct().count() == deals.count()
    newest = AccountSales.objects.filter(org__slug="iowa").values_list("as_of", flat=True).first()
    assert newest is not None
    for deal in deals.order_by("-amount")[:5]:
        products = deal.lines.values_list("product", flat=True)
        bought = OrderLine.objects.filter(account=deal.account, product__in=products)
        assert not bought.filter(ordered_on__gt=newest - timedelta(days=180)).exists()
        year = bought.filter(ordered_on__gt=newest - timedelta(days=549))
        months = {
            (line.product_id, line.ordered_on.year, line.ordered_on.month) for line in year.filter(quantity__gt=0)
        }
        assert min(Counter(product for product, *_ in months).values()) >= 4
        assert year.aggregate(total=Sum("amount"))["total"] == deal.amount
        at = AccountTerritory.objects.get(account=deal.account)
        assert deal.owner.territories.get().territory == at.territory
        assert list(StageHistory.objects.filter(opportunity=deal).values_list("moved_by")) == [(deal.owner_id,)]


def test_pat_sees_three_stores_and_each_rep_their_own() -> None:
    assert {name: accounts_seen(name) for name in ("ana", "cy", "fay", "gus", "ben", "dee", "pat")} == {
        "ana": 60, "cy": 156, "fay": 136, "gus": 92, "ben": 444, "dee": 444, "pat": 3,
    }  # fmt: skip


def test_chicago_has_every_business_and_every_visit() -> None:
    businesses = Account.objects.filter(org__slug="chicago")
    assert Counter(businesses.values_list("tier", flat=True)) == {"A": 8441, "B": 2910, "C": 1016}
    quality = Counter(Address.objects.filter(org__slug="chicago").values_list("quality", flat=True))
    assert quality == {"source": 12329, "postcode": 36, "none": 2}
    reports = VisitReport.objects.filter(org__slug="chicago")
    assert Counter(reports.values_list("outcome", flat=True)) == {
        "Pass": 16449,
        "Pass w/ Conditions": 3246,
        "Fail": 4823,
    }
    assert Counter(reports.values_list("visit__rep__username", flat=True)) == {
        "chi_green": 5251, "chi_orange": 4608, "chi_unknown": 4011, "chi_blue": 3596, "chi_yellow": 3149,
        "chi_brown": 2545, "chi_purple": 1358,
    }  # fmt: skip
    first = reports.get(visit__account__number="82474", submitted_at__date="2011-09-02")
    assert first.answers == {"critical": 0, "serious": 0, "minor": 2, "risk": "Risk 1 (High)"}
    assert AccountTerritory.objects.filter(org__slug="chicago").count() == 12367
    assert accounts_seen("chi_mia") == 12367


def test_hardware_keeps_its_check_values() -> None:
    deals = Opportunity.objects.filter(org__slug="hardware")
    stages = dict(deals.values_list("stage__name").annotate(count=Count("id")))
    assert stages == {"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500}
    assert deals.filter(stage__name="Won").aggregate(total=Sum("amount"))["total"] == Decimal(10_005_534)
    assert round(100 * stages["Won"] / (stages["Won"] + stages["Lost"]), 2) == 63.15
    assert deals.filter(account=None).count() == 1425
    assert deals.filter(lines__product__name="GTX Pro").count() == 1480
    assert set(deals.exclude(stage__category="open").values_list("reason", flat=True)) == {"not recorded in the source"}
    history = StageHistory.objects.filter(org__slug="hardware")
    assert history.count() == 2 * (4238 + 2473) + 1589
    assert not history.exclude(moved_by=F("opportunity__owner")).exists()


def test_hardware_accounts_have_no_place_and_are_kept() -> None:
    accounts = Account.objects.filter(org__slug="hardware")
    assert Counter(accounts.values_list("addresses__quality", flat=True)) == {"none": 85}
    assert accounts.filter(parent__isnull=False).count() == 15
    assert set(accounts.filter(parent__name="Inity").values_list("name", flat=True)) == INITYS
    told = bring_in("hardware-accounts")
    assert sum("kept without a place: " in line for line in told) == 85
    assert "technolgy" not in set(accounts.values_list("segment", flat=True))


def test_every_agent_sees_the_accounts_of_their_deals() -> None:
    for agent in User.objects.filter(org__slug="hardware", role="rep"):
        seen = visible_root_kinds(agent.pk)
        assert set(agent.opportunities.exclude(account=None).values_list("account", flat=True)) <= seen.keys()


def test_the_demo_is_whole_and_not_wanted_again() -> None:
    assert not wants_loading()
