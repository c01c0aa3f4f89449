"""Visits that were made and deals that were won come in with what the source knows of them, and nothing made up."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from backend.crm.models import ExternalId, Opportunity, OpportunityLine, StageHistory
from backend.field.models import Visit, VisitReport
from tests.factories.world import World
from tests.imports.desk import Desk

VISITS = """
target = "visit"
source = "erp"
key = "id"
[fields]
account = "store"
rep = { column = "who", default = "ana" }
day = { column = "day", date = "%d.%m.%Y" }
minutes = { constant = "20" }
purpose = { constant = "Canvass" }
outcome = "result"
[answers]
faults = { column = "faults", kind = "integer" }
remark = "remark"
"""
DEALS = """
target = "opportunity"
source = "erp"
key = "id"
opened_stage = "new"
[fields]
account = "store"
owner = "who"
name = "name"
pipeline = { constant = "Sales" }
stage = "stage"
amount = "usd"
opened_on = "opened"
close_date = "closed"
reason = { column = "stage", map = { won = "price", lost = "price" }, otherwise = "" }
product = "item"
quantity = "bottles"
"""
VISIT_COLUMNS = "id,store,who,day,result,faults,remark\n"
DEAL_COLUMNS = "id,store,who,name,stage,usd,opened,closed,item,bottles\n"


@pytest.fixture
def desk(desk: Desk, field: World) -> Desk:
    """A desk whose source knows two stores, Ana, Cy and one product."""
    desk.stores("10", "11")
    for entity, name, row in (("user", "ana", field.ana), ("user", "cy", field.cy), ("product", "P1", field.product)):
        ExternalId.objects.create(org=field.org, source="erp", entity=entity, value=name, row_id=row.pk)
    return desk


def test_a_visit_comes_in_completed_with_its_report(desk: Desk, field: World) -> None:
    file = desk.file("visits.csv", VISIT_COLUMNS + "V1,10,,05.07.2025,Pass,2,\n")
    assert desk.bring(VISITS, file).counts == (1, 0, 0, 0)
    visit = Visit.objects.get()
    noon = datetime(2025, 7, 5, 17, tzinfo=UTC)
    assert (visit.rep, visit.state, visit.source, visit.purpose) == (field.ana, "completed", "import", "Canvass")
    assert (visit.planned_start, visit.started_at, visit.ended_at) == (noon, noon, noon.replace(minute=20))
    report = VisitReport.objects.get()
    assert (report.outcome, report.answers, report.author) == ("Pass", {"faults": 2, "remark": ""}, field.ana)
    assert desk.bring(VISITS, file).counts == (0, 0, 1, 0)


def test_a_report_that_stands_is_not_rewritten_by_a_file(desk: Desk) -> None:
    desk.bring(VISITS, desk.file("visits.csv", VISIT_COLUMNS + "V1,10,ana,05.07.2025,Pass,2,\n"))
    told = desk.bring(VISITS, desk.file("visits.csv", VISIT_COLUMNS + "V1,10,ana,05.07.2025,Fail,2,\n"))
    assert told.problems == ["line 2: outcome: the report stands and is immutable [REPORT_IMMUTABLE], kept without it"]
    assert VisitReport.objects.get().outcome == "Pass"


def test_a_visit_to_nobody_or_by_nobody_is_refused(desk: Desk) -> None:
    rows = "V1,99,ana,05.07.2025,Pass,2,\nV2,10,dan,05.07.2025,Pass,2,\nV3,10,ana,05.07.2025,,2,\nV4,10,ana,2025-07-05,,x,\n"
    told = desk.bring(VISITS, desk.file("visits.csv", VISIT_COLUMNS + rows))
    assert (told.code, told.counts) == (1, (1, 0, 0, 3))
    assert sorted(told.problems) == [
        "line 2: account: no account '99' from erp [UNKNOWN_REFERENCE]",
        "line 3: rep: no user 'dan' from erp [UNKNOWN_REFERENCE]",
        "line 5: day: '2025-07-05' is not a day like %d.%m.%Y [NOT_A_DATE]",
        "line 5: faults: 'x' is not a whole number [NOT_AN_INTEGER]",
    ]
    assert VisitReport.objects.count() == 0


def moves(name: str) -> list[tuple[str | None, str, date]]:
    """Returns the history of a deal: from, to, day."""
    rows = StageHistory.objects.filter(opportunity__name=name).order_by("moved_at")
    return [(row.from_stage.name if row.from_stage else None, row.to_stage.name, row.moved_at.date()) for row in rows]


def test_deals_have_the_moves_whose_dates_are_known(desk: Desk, field: World) -> None:
    rows = (
        "D1,10,ana,Won one,won,120.00,2025-01-02,2025-03-04,P1,6\n"
        "D2,,cy,Open one,offer,,2025-02-02,,P1,\n"
        "D3,11,cy,Early one,new,,,,,\n"
    )
    file = desk.file("deals.csv", DEAL_COLUMNS + rows)
    assert desk.bring(DEALS, file).counts == (3, 0, 0, 0)
    won, opened, early = (Opportunity.objects.get(name=name) for name in ("Won one", "Open one", "Early one"))
    assert (won.stage.name, won.amount, won.reason, won.owner) == ("won", Decimal("120.00"), "price", field.ana)
    assert (opened.account, opened.owner, opened.reason) == (None, field.cy, "")
    assert moves("Won one") == [(None, "new", date(2025, 1, 2)), ("new", "won", date(2025, 3, 4))]
    assert moves("Open one") == [(None, "new", date(2025, 2, 2))]
    assert (moves("Early one"), early.lines.count()) == ([], 0)
    lines = OpportunityLine.objects.values_list("opportunity__name", "quantity", "unit_price")
    assert set(lines) == {("Won one", Decimal(6), Decimal("20.00")), ("Open one", Decimal(1), Decimal("12.50"))}
    assert desk.bring(DEALS, file).counts == (0, 0, 3, 0)


def test_a_deal_that_the_source_moved_gets_the_move_added(desk: Desk) -> None:
    desk.bring(DEALS, desk.file("deals.csv", DEAL_COLUMNS + "D1,10,ana,Deal,new,,2025-01-02,,P1,1\n"))
    won = desk.file("deals.csv", DEAL_COLUMNS + "D1,10,ana,Deal,won,30,2025-01-02,2025-03-04,P1,1\n")
    assert desk.bring(DEALS, won).counts == (0, 1, 0, 0)
    assert moves("Deal") == [(None, "new", date(2025, 1, 2)), ("new", "won", date(2025, 3, 4))]
    assert OpportunityLine.objects.get().unit_price == Decimal("30.00")
    assert desk.bring(DEALS, won).counts == (0, 0, 1, 0)


def test_a_stage_that_is_not_there_and_a_close_without_a_reason_are_refused(desk: Desk) -> None:
    rows = "D1,10,ana,A,closed,,,,,\nD2,10,ana,B,won,5,,2025-03-04,,\nD3,10,ana,C,won,-5,,,,\n"
    mapping = DEALS.replace('won = "price", ', "")
    told = desk.bring(mapping, desk.file("deals.csv", DEAL_COLUMNS + rows))
    assert sorted(told.problems) == [
        "line 2: stage: the pipeline 'Sales' has no stage 'closed' [UNKNOWN_STAGE]",
        "line 3: reason: won needs a reason [REASON_REQUIRED]",
        "line 4: amount: '-5' is too large or too small [OUT_OF_RANGE]",
    ]
    assert Opportunity.objects.count() == 0


def test_an_opening_stage_that_is_nowhere_is_a_wrong_mapping(desk: Desk) -> None:
    told = desk.bring(DEALS.replace('"new"', '"gnu"'), desk.file("deals.csv", DEAL_COLUMNS))
    assert told.refusal == "No pipeline here has a stage 'gnu'. [MAPPING_INVALID]"
