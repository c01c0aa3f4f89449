"""Changes of territories on the operator's pages."""

from tests.factories.world import World
from tests.orders.test_admin import signed_in
from tests.territories.drafted import drafted, looked

LIST = "/admin/territories/alignment/"


def test_an_operator_looks_and_changes_nothing(field: World) -> None:
    draft = looked(field, drafted(field, name="Spring"))
    dee = signed_in(field.dee)
    assert b"Spring" in dee.get(LIST).content
    page = dee.get(f"{LIST}{draft.pk}/change/")
    assert b"begun" in page.content
    assert dee.post(f"{LIST}{draft.pk}/change/", {"note": "x"}).status_code == 403
    assert dee.get(f"{LIST}add/").status_code == 403
    for stranger in (field.zoe, field.bea, field.cy):
        assert b"Spring" not in signed_in(stranger).get(LIST).content
