"""What is compiled answers with the bytes of the resolvers: random questions, and the odd values one by one."""

import os
from datetime import date, time, timedelta
from random import Random

import pytest
from django.db import connection

from backend.crm.models import Account, AccountSales, Contact
from backend.field.models import Absence
from backend.kit import clock
from backend.schema.compiled.refused import counted
from backend.territories.models import AccountShare
from tests.factories.world import World
from tests.schema.compiled.conftest import WRONG, answer, same
from tests.schema.compiled.questions import Asker, Question

CASES = int(os.environ.get("COMPILED_CASES", "80"))
SEED = int(os.environ.get("COMPILED_SEED", "1"))


def test_random_questions_have_one_answer(field: World, asker: Asker) -> None:
    """Ana, Ben, Cy, Pat (from whom fields are hidden) and Zoe (of another org) ask; COMPILED_CASES for more. Some questions
    are asked again with other values: what is kept of a document must not hold them."""
    before, told, large = dict(counted()), 0, 0
    people = [field.dee, field.ana, field.dee, field.pat, field.ben, field.cy, field.dee, field.pat, field.zoe]
    for number in range(CASES):
        asker.dice = Random(f"{SEED}.{number}")
        question = asker.question()
        if number % 5 == 0:  # so that a statement answers that is kept of others
            for user in (people[number % 7], people[number % 4]):
                answer(user, question, by_resolvers=False)
        for one in (question, question.again())[: 1 + (number % 3 == 0)]:
            said, errors = same(people[number % len(people)], one)
            codes = {error["extensions"]["code"] for error in errors}
            assert codes.isdisjoint(WRONG), (one, errors)
            told += len(said) > 100
            large += "QUERY_TOO_LARGE" in codes
    assert told > CASES / 3
    assert large < CASES / 6
    whole = {
        where: times - before.get((where, why), 0) for (where, why), times in counted().items() if "." not in where
    }
    assert sum(whole.values()) < CASES / 5, whole


def test_every_root_has_one_answer(field: World, asker: Asker) -> None:
    """Those too that are no rows: the executor passes them on as they are."""
    answered = set()
    for root in asker.roots():
        for user in (field.dee, field.ana):
            asker.dice = Random(f"{SEED}.{root}.{user.username}")
            said, errors = same(user, asker.question(root))
            assert {error["extensions"]["code"] for error in errors}.isdisjoint(WRONG), (root, errors)
            answered |= {root} if not errors and len(said) > 20 else set()
    assert len(answered) > len(asker.roots()) * 2 / 3, sorted(set(asker.roots()) - answered)


@pytest.mark.parametrize("number", range(3))
def test_what_one_was_answered_is_not_what_the_next_is(field: World, asker: Asker, number: int) -> None:
    """One question, asked by all in turn: its plan is made once for each role, and bound to each of them."""
    asker.dice = Random(f"next.{number}")
    body = "id name parent { id name } contacts { fullName } opportunities { id amount lines { quantity } } boost"
    question = Question(f"{{ accounts(first: 7) {{ nodes {{ {body} }} }} }}", {})
    said = [same(user, question)[0] for user in (field.ana, field.cy, field.ben, field.bea, field.pat, field.zoe)]
    assert len(set(said)) > 3
    random = asker.question()
    for user in (field.ana, field.cy, field.pat):
        same(user, random)


def test_a_plan_that_is_kept_asks_for_coverage_as_it_is_now(field: World) -> None:
    head, branch = field.account("Head office", field.south), field.account("Branch", field.south)
    Account.objects.filter(pk=branch.pk).update(parent=head)
    now = clock.now()
    for account, days in ((head, 2), (branch, 9)):
        AccountShare.objects.create(
            org=field.org, account=account, user=field.pat, shared_by=field.ben,
            valid_from=now - timedelta(1), valid_to=now + timedelta(days),
        )  # fmt: skip
    question = Question(f'{{ account(id: "{branch.pk}") {{ parent {{ name }} }} }}', {})
    assert b"Head office" in same(field.pat, question)[0]
    with clock.moved_to(now + timedelta(5)):
        assert same(field.pat, question)[0] == b'{"account":{"parent":null}}'


ODD = {
    "a number that is none": ("UPDATE crm_accountsales SET median_gap_days = 'NaN'", "sales { medianGapDays asOf }"),
    "a number without end": ("UPDATE crm_accountsales SET median_gap_days = '-Infinity'", "sales { medianGapDays }"),
    "a day before Christ": ("UPDATE crm_accountsales SET as_of = '0044-03-15 BC'", "sales { asOf }"),
    "a day without end": ("UPDATE crm_accountsales SET last_order_on = 'infinity'", "sales { lastOrderOn }"),
    "a far instant": ("UPDATE field_visit SET started_at = '10001-01-01 00:00+00'", "visits { startedAt }"),
    "an instant without end": ("UPDATE field_visit SET ended_at = 'infinity'", "visits { id endedAt }"),
    "tags that are no texts": ("UPDATE crm_account SET tags = '[1]'", "tags name"),
    "tags that are no list": ("UPDATE crm_account SET tags = '{\"a\": 1}'", "tags name"),
    "a tag that is none": ("UPDATE crm_account SET tags = '[null]'", "tags name"),
    "null where a document must be": ("UPDATE crm_account SET consent = 'null'", "consent name"),
    "a large number in a document": ("UPDATE crm_account SET consent = '{\"a\": 99999999999999999999}'", "consent"),
    "numbers in a document": ("UPDATE crm_account SET consent = '[1.50, 1e2, 1E-9, -0, -0.0, 1.0]'", "consent"),
}


@pytest.mark.parametrize("name", ODD)
def test_what_no_resolver_says_is_not_said(field: World, name: str) -> None:
    """Rows that only another hand could have written: the same answer, the same errors."""
    account = field.account("Hy-Vee", field.north)
    field.visit(account)
    AccountSales.objects.create(org=field.org, account=account, as_of="2026-01-01", amount_12m=1, orders_12m=1)
    written, selection = ODD[name]
    with connection.cursor() as cursor:
        cursor.execute(written)
    question = Question(f"{{ accounts {{ nodes {{ name {selection} }} pageInfo {{ endCursor }} }} }}", {})
    _, errors = same(field.ana, question)
    assert all("path" in error for error in errors), errors  # a question that is invalid would be told alike, too


def test_times_of_a_day_are_told_alike(field: World) -> None:
    """With six digits of a second, or none."""
    for start in (time(9), time(9, 0, 30), time(9, 0, 0, 250000), time(23, 59, 59, 999999)):
        day = date(2026, 3, 2) + timedelta(start.microsecond % 7)
        Absence.objects.create(org=field.org, user=field.ana, first_day=day, last_day=day, starts=start, reason="x")
    said, errors = same(field.ana, Question("{ absences { starts ends firstDay } }", {}))
    assert not errors
    assert b'"09:00:00.250000"' in said


def test_a_version_beyond_what_graphql_counts_is_refused_by_both(field: World) -> None:
    account = field.account("Hy-Vee", field.north)
    Contact.objects.filter(account_relations=field.contact(account)).update(full_name="Maria")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE crm_account SET version = 3000000000")
        cursor.execute("UPDATE crm_contact SET version = 2147483647")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    for selection in ("version", "contacts { version }"):
        said, [error] = same(field.ana, Question(f"{{ accounts {{ nodes {{ name {selection} }} }} }}", {}))
        assert said == b"null"
        assert "32" in error["message"] or error["extensions"]["code"] == "UNEXPECTED"
