"""A mapping that cannot be meant is refused, each wrong key by name, before the file is looked at."""

import pytest

from backend.imports.mapping import read_mapping
from backend.kit.errors import Invalid
from tests.imports.desk import ACCOUNTS, ORDERS, STORES, Desk


def wrong(desk: Desk, text: str) -> Invalid:
    """Returns the refusal of a mapping."""
    with pytest.raises(Invalid) as refused:
        read_mapping(desk.file("mapping.toml", text))
    assert refused.value.code == "MAPPING_INVALID"
    return refused.value


@pytest.mark.parametrize(
    ("line", "concerned", "told"),
    [
        ("keys = 'no'", "keys", "Extra inputs are not permitted"),
        ("on_error = 'maybe'", "on_error", "Input should be 'keep_good' or 'refuse_file'"),
        ("encoding = 'utf-9'", "mapping", "encoding 'utf-9' is unknown, or does not write line ends as ASCII does"),
        ("encoding = 'utf-16'", "mapping", "encoding 'utf-16' is unknown, or does not write line ends as ASCII does"),
        ("delimiter = ''", "delimiter", "String should have at least 1 character"),
        ("source = ''", "source", "String should have at least 1 character"),
        ("fields = {name = {}}", "fields.name", "needs either a column or a constant"),
        ("fields = {name = {column = 'a', constant = 'b'}}", "fields.name", "needs either a column or a constant"),
        ("fields = {name = {column = 'a', cleen = ['strip']}}", "fields.name.cleen", "Extra inputs are not permitted"),
    ],
)
def test_each_wrong_key_is_named(desk: Desk, line: str, concerned: str, told: str) -> None:
    keys = {"target": "'account'", "source": "'erp'", "key": "'no'", "fields": "{name = 'name'}"}
    keys[line.partition(" ")[0]] = line.partition(" = ")[2]
    refused = wrong(desk, "\n".join(f"{key} = {value}" for key, value in keys.items()))
    assert told in refused.fields[concerned]


def test_what_is_no_toml_says_where(desk: Desk) -> None:
    assert "line 1" in wrong(desk, "target = account").message


def test_a_mapping_that_is_not_there_is_told(desk: Desk) -> None:
    told = desk.bring(desk.folder / "none.toml", desk.file("stores.csv", STORES))
    assert (told.code, told.refusal.endswith("cannot be read: No such file or directory. [MAPPING_INVALID]")) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("'account'", "'acount'", "There is no target 'acount'"),
        ('name = "name"', 'nome = "name"', "account has no field nome"),
        ('name = "name"\n', "", "account needs name."),
        ("key = 'no'", "", "account needs a key"),
        ("key = 'no'", "key = 'no'\nopened_stage = 'New'", "opened_stage is for opportunity, not for account."),
        ("key = 'no'", "key = 'no'\ntiers_from_sales = true", "tiers_from_sales is for order_line, not for account."),
        ("[fields]", "[answers]\nx = 'x'\n[fields]", "answers is for visit, not for account."),
    ],
)
def test_a_mapping_that_does_not_fit_its_target_is_refused(desk: Desk, before: str, after: str, told: str) -> None:
    text = ACCOUNTS.replace('"account"', "'account'").replace('key = "no"', "key = 'no'")
    assert before in text
    answer = desk.bring(text.replace(before, after), desk.file("stores.csv", STORES))
    assert (answer.code, told in answer.refusal, "[MAPPING_INVALID]" in answer.refusal) == (2, True, True)


def test_order_lines_have_a_key_of_their_own(desk: Desk) -> None:
    answer = desk.bring(ORDERS.replace("source =", "key = 'order'\nsource ="), desk.file("o.csv", "order\n"))
    assert answer.code == 2


def test_the_org_must_be_said_and_be_there(desk: Desk) -> None:
    file = desk.file("stores.csv", STORES)
    assert "Say into which org" in desk.bring(ACCOUNTS, file, org=None).refusal
    assert desk.bring(ACCOUNTS, file, org="nowhere").refusal == (
        'There is no org "nowhere" in this database. [ORG_NOT_FOUND]'
    )
    named = desk.bring(f'org = "{desk.org}"{ACCOUNTS}', file, org=None)
    assert (named.code, named.counts) == (0, (0, 0, 0, 0))


def test_on_error_of_the_call_must_be_one_of_the_two(desk: Desk) -> None:
    assert "[ON_ERROR]" in desk.bring(ACCOUNTS, desk.file("stores.csv", STORES), on_error="hope").refusal
