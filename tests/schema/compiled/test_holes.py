"""What only a resolver says is said by it, in the midst of a text that the database wrote; and edges that are narrowed."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.attachments.models import Attachment, Blob
from backend.crm.models import Account
from backend.field.models import CheckIn, Visit
from backend.identity.models import User
from backend.kit import clock
from backend.schema.compiled.refused import counted
from tests.factories.world import World
from tests.schema.compiled.conftest import answer, same
from tests.schema.compiled.questions import Question

FILES = "attachments { id downloadUrl thumbnailUrl expiresAt }"


@pytest.fixture
def shop(field: World) -> Account:
    """Returns an account of Ana's with two visits, a photo at each, and a neighbour who may have been meant."""
    shop, neighbour, hidden = (
        field.account(name, place)
        for name, place in (("Shop", field.north), ("Next", field.north), ("Far", field.south))
    )
    blob = Blob.objects.create(org=field.org, sha256="0" * 64, mime_type="image/jpeg", stored_at=clock.now())
    for _ in range(2):
        visit = field.visit(shop)
        CheckIn.objects.create(
            org=field.org, visit=visit, rep=field.ana, at=clock.now(), verdict="inside",
            candidates=[str(neighbour.pk), str(hidden.pk)],
        )  # fmt: skip
        Attachment.objects.create(
            org=field.org, account=shop, visit=visit, kind="photo", mime_type="image/jpeg", size=1, sha256="0" * 64,
            author=field.ana, state="stored", blob=blob, has_thumbnail=True,
        )  # fmt: skip
    return shop


def _rise(of: str, ask: Callable[[], object]) -> int:
    def count() -> int:
        return sum(number for (where, _), number in counted().items() if where == of)

    before = count()
    ask()
    return count() - before


def test_a_field_of_pythons_is_a_hole_in_the_text(field: World, shop: Account) -> None:
    """And the rest of the page is still one statement: only what is beneath the hole is asked of resolvers."""
    question = Question(
        f"{{ accounts(first: 3) {{ nodes {{ name visits(first: 5) {{ id checkIns {{ at }} {FILES} }} }} }} }}", {}
    )
    said, errors = same(field.ana, question)
    assert b"/attachments/" in said
    assert not errors
    assert _rise("Account", lambda: answer(field.ana, question, by_resolvers=False)) == 0
    assert _rise("Attachment.downloadUrl", lambda: answer(field.ana, question, by_resolvers=False)) == 1
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer(field.ana, question, by_resolvers=False)
    assert len(asked) == 2, [one["sql"] for one in asked]


def test_rows_under_several_names_have_holes_of_their_own(field: World, shop: Account) -> None:
    body = "node { id attachments(first: 1) { downloadUrl } } other: node { attachments(first: 2) { kept: thumbnailUrl id } }"
    question = Question(f"{{ accounts(first: 2) {{ edges {{ cursor {body} }} nodes {{ {FILES} }} }} }}", {})
    assert same(field.ana, question)[0].count(b"/attachments/") == 1 + 2 + 4


def test_what_hangs_below_a_hole_is_the_resolvers(field: World, shop: Account) -> None:
    below = "candidates { ... on Account { named: name } visits(first: 1) { state } contacts(first: 1) { fullName } }"
    question = Question(
        f'{{ account(id: "{shop.pk}") {{ visits(first: 2) {{ a: checkIns(first: 2) {{ {below} b: verdict }} }} }} }}',
        {},
    )
    assert b'"named":"Next"' in same(field.ana, question)[0]
    assert b"Far" not in same(field.ana, question)[0]


def test_an_error_in_a_hole_is_told_with_its_path_and_what_it_takes_away(field: World, shop: Account) -> None:
    """Of one visit only: the other would have had an answer, but the list that may not hold null goes with it."""
    visit = Visit.objects.order_by("id").last()
    assert visit is not None
    CheckIn.objects.create(
        org=field.org, visit=visit, rep=field.ana, at=clock.now(), verdict="inside", candidates=["no id"]
    )
    question = Question(
        "{ accounts(first: 3) { nodes { name visits(first: 5) { checkIns(first: 2) { candidates { name } } } } } me { user { id } } }",
        {},
    )
    _, [error] = same(field.ana, question)
    assert error["path"][:3] == ["accounts", "nodes", 1]
    assert error["path"][-1] == "candidates"


def test_edges_are_narrowed_by_values_that_are_no_part_of_the_plan(field: World, shop: Account) -> None:
    """One document, asked with other values in turn, of edges within edges and under two names."""
    Visit.objects.filter(pk=Visit.objects.order_by("id").values("pk")[:1]).update(state="cancelled", reason="ill")
    field.deal(shop, name="Old")
    field.deal(shop, name="New")
    document = """query($state: String, $few: Int!, $open: Boolean, $since: DateTime, $owner: UUID) { accounts(first: 2) { nodes {
        a: visits(first: 9, state: $state, since: $since) { state attachments(first: $few, kind: "photo") { kind size } }
        b: visits(first: $few) { state checkIns(first: 1) { verdict } }
        opportunities(first: $few, open: $open, ownerId: $owner) { name lines(first: $few) { quantity } } } } }"""
    usual = {"state": None, "few": 5, "open": None, "since": None, "owner": None}
    others: list[dict[str, object]] = [
        {}, {"state": "cancelled"}, {"state": "planned", "few": 1}, {"open": True}, {"open": False}, {"few": 1},
        {"since": "2100-01-01T00:00:00Z"}, {"owner": str(field.cy.pk)}, {"owner": str(field.ana.pk)}, {"state": "% %s"},
    ]  # fmt: skip
    said = [same(field.ana, Question(document, usual | other))[0] for other in others]
    assert len(set(said)) == 6


@pytest.mark.parametrize("given", ["first: 0", "first: 101", "first: -1"])
def test_an_edge_says_what_is_wrong_with_its_arguments(field: World, shop: Account, given: str) -> None:
    people: list[User] = [field.ana, field.cy]
    errors = [
        same(one, Question(f"{{ accounts {{ nodes {{ id visits({given}) {{ id }} }} }} }}", {}))[1] for one in people
    ]
    assert [one["extensions"]["code"] for one in errors[0]] == ["OUT_OF_RANGE"] * len(errors[0])
    assert errors[0]
