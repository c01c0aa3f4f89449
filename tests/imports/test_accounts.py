"""Stores come in, are found again, and are touched only where the file says something new."""

import json

import pytest

from backend.crm.models import Account, Address
from backend.sync.models import Change
from backend.territories.models import AccountTerritory
from tests.factories.world import World
from tests.imports.desk import ACCOUNTS, STORES, Desk

AMES = "12,Hilltop,Ames,42.03,-93.62\n"
LOCATED = ACCOUNTS.replace(
    "[fields]", '[locate]\nfile = "zips.csv"\npostcode = "zip"\nlat = "y"\nlng = "x"\n[fields]\npostcode = "zip"'
)


def address(number: str) -> tuple[float | None, float | None, str]:
    """Returns where an account lies, and how that is known."""
    found = Address.objects.get(account__number=number)
    return found.lat, found.lng, found.quality


def test_a_store_comes_in_with_its_address_and_its_point(desk: Desk, field: World) -> None:
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + AMES))
    account = Account.objects.get(number="12")
    assert (told.code, told.counts) == (0, (1, 0, 0, 0))
    assert (account.org, account.name) == (field.org, "Hilltop")
    assert address("12") == (42.03, -93.62, "source")
    assert Address.objects.get().verbatim == "Ames"


def test_the_same_file_again_touches_no_row(desk: Desk) -> None:
    file = desk.file("stores.csv", STORES + AMES)
    desk.bring(ACCOUNTS, file)
    versions = [
        *Account.objects.values_list("version", "updated_at"),
        *Address.objects.values_list("version", "updated_at"),
    ]
    logged = Change.objects.count()
    told = desk.bring(ACCOUNTS, file)
    assert (told.code, told.counts) == (0, (0, 0, 1, 0))
    assert versions == [
        *Account.objects.values_list("version", "updated_at"),
        *Address.objects.values_list("version", "updated_at"),
    ]
    assert Change.objects.count() == logged


def test_only_the_row_that_differs_is_touched(desk: Desk) -> None:
    other = "13,Main St,Ames,42.01,-93.6\n"
    desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + AMES + other))
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + AMES.replace("Hilltop", "Hilltop II") + other))
    assert told.counts == (0, 1, 1, 0)
    assert dict(Account.objects.values_list("name", "version")) == {"Hilltop II": 2, "Main St": 1}
    told = desk.bring(
        ACCOUNTS,
        desk.file("stores.csv", STORES + AMES.replace("Hilltop", "Hilltop II").replace("42.03", "42.04") + other),
    )
    assert told.counts == (0, 1, 1, 0)
    assert (address("12")[0], Account.objects.get(number="12").version) == (42.04, 2)


def test_what_the_mapping_does_not_name_is_left_as_people_made_it(desk: Desk) -> None:
    file = desk.file("stores.csv", STORES + AMES)
    desk.bring(ACCOUNTS, file)
    Account.objects.update(tier="A", phone="+1 515 555 0100")
    assert desk.bring(ACCOUNTS, file).counts == (0, 0, 1, 0)
    assert Account.objects.values_list("tier", "phone").get() == ("A", "+1 515 555 0100")


def test_a_dry_run_says_what_would_happen_and_writes_nothing(desk: Desk) -> None:
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + AMES), dry_run=True)
    assert (told.code, told.counts, Account.objects.count()) == (0, (1, 0, 0, 0), 0)
    assert any("dry run: nothing was written" in line for line in told.lines)


def test_two_sources_may_use_the_same_key(desk: Desk) -> None:
    unnumbered = ACCOUNTS.replace('number = "no"\n', "")
    desk.bring(unnumbered, desk.file("stores.csv", STORES + AMES))
    told = desk.bring(unnumbered.replace('"erp"', '"old"'), desk.file("stores.csv", STORES + AMES))
    assert (told.counts, Account.objects.count()) == ((1, 0, 0, 0), 2)


def test_another_org_keeps_its_own_rows(desk: Desk, field: World) -> None:
    file = desk.file("stores.csv", STORES + AMES)
    desk.bring(ACCOUNTS, file)
    assert desk.bring(ACCOUNTS, file, org=field.other_org.slug).counts == (1, 0, 0, 0)
    assert set(Account.objects.values_list("org__slug", "number")) == {("field", "12"), ("other", "12")}


def test_a_number_that_another_account_has_is_refused(desk: Desk, field: World) -> None:
    Account.objects.create(org=field.org, name="Made by hand", number="12")
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + AMES))
    assert (told.code, told.counts) == (1, (0, 0, 0, 1))
    assert told.problems == ["line 2: number: '12' is another account's number [NUMBER_TAKEN]"]


def test_a_missing_point_is_the_middle_of_the_postcode_and_says_so(desk: Desk) -> None:
    desk.file("zips.csv", "zip,y,x\n50010,42.05,-93.60\n")
    rows = "12,Hilltop,Ames,,,50010\n13,Main St,Ames,,,50010-1234\n14,Far,Nowhere,,,99999\n15,Farther,Nowhere,,,\n"
    told = desk.bring(LOCATED, desk.file("stores.csv", "no,name,city,lat,lng,zip\n" + rows))
    assert (told.code, told.counts) == (0, (4, 0, 0, 0))
    assert address("12") == address("13") == (42.05, -93.60, "postcode")
    assert address("14") == address("15") == (None, None, "none")
    assert [line.strip() for line in told.lines if "place:" in line or "postcode" in line] == [
        "2 without coordinates, located by their postcode",
        "kept without a place: 14 Far (line 4)",
        "kept without a place: 15 Farther (line 5)",
    ]


def test_a_point_that_somebody_found_is_not_given_up_for_the_middle_of_a_postcode(desk: Desk) -> None:
    desk.file("zips.csv", "zip,y,x\n50010,42.05,-93.60\n50014,42.02,-93.68\n")
    header, row = "no,name,city,lat,lng,zip\n", "12,Hilltop,Ames,,,50010\n"
    desk.bring(LOCATED, desk.file("stores.csv", header + row))
    Address.objects.update(lat=42.0301, lng=-93.6201, quality="rooftop")
    assert desk.bring(LOCATED, desk.file("stores.csv", header + row)).counts == (0, 0, 1, 0)
    assert address("12") == (42.0301, -93.6201, "rooftop")
    assert desk.bring(LOCATED, desk.file("stores.csv", header + row.replace("50010", "50014"))).counts == (0, 1, 0, 0)
    assert address("12") == (42.02, -93.68, "postcode")


@pytest.mark.parametrize("row", ["50010,942.05,-93.60", "50010,north,-93.60", "50010,42.05", "5\xff,1,1"])
def test_a_file_of_postcodes_with_anything_wrong_in_it_stops_the_import(desk: Desk, row: str) -> None:
    desk.file("zips.csv", f"zip,y,x\n{row}\n".encode("latin-1"))
    told = desk.bring(LOCATED, desk.file("stores.csv", "no,name,city,lat,lng,zip\n12,Hilltop,Ames,,,50010\n"))
    assert (told.code, Account.objects.count()) == (2, 0)
    assert "zips.csv, line 2" in told.refusal


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ("941.3,-93.62", "line 2: lat: impossible coordinate 941.3 [IMPOSSIBLE_COORDINATE], kept without it"),
        ("42.03,-193.62", "line 2: lng: impossible coordinate -193.62 [IMPOSSIBLE_COORDINATE], kept without it"),
        ("nan,-93.62", "line 2: lat: impossible coordinate nan [IMPOSSIBLE_COORDINATE], kept without it"),
        (
            "0,0",
            "line 2: lat: impossible coordinate 0, 0: nobody's place [IMPOSSIBLE_COORDINATE], kept without it",
        ),
    ],
)
def test_an_impossible_point_costs_the_point_and_not_the_store(desk: Desk, point: str, told: str) -> None:
    file = desk.file("stores.csv", f"{STORES}12,Hilltop,Ames,{point}\n13,Main St,Ames,42.01,-93.6\n")
    answer = desk.bring(ACCOUNTS, file)
    assert (answer.code, answer.counts, answer.problems) == (1, (2, 0, 0, 0), [told])
    assert address("12") == (None, None, "none")
    refused = desk.bring(ACCOUNTS, file, on_error="refuse_file")
    assert (refused.code, refused.problems) == (2, [told])


def test_a_parent_may_stand_below_its_child(desk: Desk) -> None:
    mapping = ACCOUNTS + 'parent = "of"\n'
    rows = "1,Shop,Ames,,,2\n2,Chain,Ames,,,\n3,Lost,Ames,,,99\n"
    file = desk.file("stores.csv", "no,name,city,lat,lng,of\n" + rows)
    told = desk.bring(mapping, file)
    assert told.problems == ["line 4: parent: no account '99' from erp [UNKNOWN_REFERENCE], kept without it"]
    assert dict(Account.objects.values_list("name", "parent__name")) == {"Shop": "Chain", "Chain": None, "Lost": None}
    assert desk.bring(mapping, file).counts == (0, 0, 3, 0)
    moved = desk.bring(mapping, desk.file("stores.csv", "no,name,city,lat,lng,of\n1,Shop,Ames,,,\n2,Chain,Ames,,,\n"))
    assert moved.counts == (0, 1, 1, 0)


def test_a_circle_of_parents_is_refused_where_it_closes(desk: Desk) -> None:
    mapping = ACCOUNTS + 'parent = "of"\n'
    told = desk.bring(
        mapping, desk.file("stores.csv", "no,name,city,lat,lng,of\n1,A,Ames,,,2\n2,B,Ames,,,1\n3,C,Ames,,,3\n")
    )
    codes = [problem.partition("[")[2].partition("]")[0] for problem in told.problems]
    assert codes == ["PARENT_CIRCLE", "PARENT_CIRCLE"]
    assert Account.objects.filter(parent__isnull=False).count() == 1


def test_rows_that_the_mapping_does_not_ask_for_are_passed_over(desk: Desk) -> None:
    where = '[[where]]\ncity = ["Ames"]\nname = ["Hilltop", "Main St"]\n[[where]]\nno = ["14"]\n[fields]'
    rows = AMES + "13,Other,Ames,,\n14,Far,Boone,,\n15,Main St,Boone,,\n"
    told = desk.bring(ACCOUNTS.replace("[fields]", where), desk.file("stores.csv", STORES + rows))
    assert told.counts == (2, 0, 0, 0)
    assert "  4 rows read, 2 passed over by the mapping" in told.lines
    assert set(Account.objects.values_list("number", flat=True)) == {"12", "14"}


def test_values_are_cleaned_replaced_and_mapped_as_declared(desk: Desk) -> None:
    mapping = """
        target = "account"
        source = "erp"
        key = ["region", "no"]
        [fields]
        name = { column = "name", clean = ["collapse", "title"] }
        number = { column = "no", clean = ["digits"], prefix = "C-" }
        tier = { column = "risk", map = { "Risk 1 (High)" = "A", "Risk 3 (Low)" = "C" } }
        segment = { column = "kind", replace = { technolgy = "technology" }, default = "unknown" }
        lifecycle = { constant = "active" }
        kind = { column = "person", map = { y = "person" }, otherwise = "business" }
    """
    rows = "I,n 7,  joe's   DELI ,Risk 1 (High),technolgy,y\nI,8,b,,retail,n\nII,9,c,Risk 2,,\n"
    told = desk.bring(mapping, desk.file("stores.csv", "region,no,name,risk,kind,person\n" + rows))
    assert told.problems == ["line 4: tier: the mapping does not say what 'Risk 2' becomes [NOT_IN_MAP]"]
    columns = ("name", "number", "tier", "segment", "lifecycle", "kind")
    assert list(Account.objects.order_by("number").values_list(*columns)) == [
        ("Joe'S Deli", "C-7", "A", "technology", "active", "person"),
        ("B", "C-8", "", "retail", "active", "business"),
    ]


def test_every_problem_of_a_row_is_told_and_the_row_refused_once(desk: Desk) -> None:
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", f"{STORES}{'9' * 41},,Ames,,\n"))
    assert (told.counts, told.problems) == (
        (0, 0, 0, 1),
        [
            "line 2: number: 41 characters, at most 40 fit [TOO_LONG]",
            "line 2: name: is empty [REQUIRED]",
        ],
    )


def test_all_problems_go_to_a_file_when_asked(desk: Desk) -> None:
    rows = "".join(f"{number},,Ames,,\n" for number in range(150))
    details = desk.folder / "problems.jsonl"
    told = desk.bring(ACCOUNTS, desk.file("stores.csv", STORES + rows), report_file=details)
    assert (len(told.problems), told.lines[-1].strip()) == (100, "and 50 more; in all: REQUIRED 150")
    *problems, totals = [json.loads(line) for line in details.read_text().splitlines()]
    assert [problem["line"] for problem in problems] == list(range(2, 152))
    assert (totals["totals"]["refused"], totals["totals"]["codes"]) == (150, {"REQUIRED": 150})


def test_new_stores_are_placed_in_the_territory_that_holds_them(desk: Desk, field: World) -> None:
    field.north.area = {"type": "Polygon", "coordinates": [[[-94, 42], [-93, 42], [-93, 43], [-94, 43], [-94, 42]]]}
    field.north.save()
    file = desk.file("stores.csv", STORES + AMES + "13,Far,Miami,25.8,-80.2\n")
    told = desk.bring(ACCOUNTS, file)
    assert "  1 placed in a territory, 1 in none" in told.lines
    placed = AccountTerritory.objects.get()
    assert (placed.account.number, placed.territory, placed.source) == ("12", field.north, "geometry")
    desk.bring(ACCOUNTS, file)
    assert AccountTerritory.objects.count() == 1
