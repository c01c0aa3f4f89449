"""Whoever names a row that is not theirs to see is refused, and nothing changes: at every place of every mutation that takes an
id, and without a token everywhere."""

import hashlib
from typing import Any

import pytest
from django.db import connection, transaction
from graphql import GraphQLError

from backend.kit.errors import NotFound, NotPermitted, Unauthenticated
from backend.schema.errors import CodedErrors
from tests.schema.leaks.asking import Question, attempts, least, whole
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.oracle import UUIDS, org_of
from tests.schema.leaks.test_reads import ask, root

ALLOWED = {
    "moveStage.baseStageId": "is compared with the deal's stage and with nothing else",
    "unplaceInAlignment.accountIds": "takes out of a draft what is in it; what is not, is not",
    "submitOrder.input.items.productId": "refuses the order by its lines",
    "editAlignment.input.edits.add.parentId": "says of what the draft has that it has no such parent",
    "editAlignment.input.edits.alter.parentId": "likewise",
    "addPlanStop.accountId": "is refused before, for a plan that has no beginning",
}
"""Places of ids that need another answer, and why it gives nothing away."""

WITHIN_THE_ORG = {
    "shareAccount.userId": "an account is shared with anybody of the org",
    "unshareAccount.userId": "likewise",
    "editAlignment.input.edits.assign.userId": "a manager may draft that anybody of the org works a territory of theirs",
    "editAlignment.input.edits.release.userId": "likewise",
    "revokeDevice.deviceId": "an admin may revoke anybody's of the org",
}
"""Those that need another answer where the row is of the viewer's org, and why."""

OPEN = frozenset("serverInfo signIn refreshSession webPushKey heartbeat".split())
"""What anybody may ask."""


def tables() -> dict[str, list[Any]]:
    """Returns a digest of each table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_stat_user_tables ORDER BY 1")
        of_table = "SELECT '{0}', count(*), sum(hashtextextended(t::text, 0)) FROM {0} t"
        cursor.execute(" UNION ALL ".join(of_table.format(name) for (name,) in cursor.fetchall()))
        return {name: found for name, *found in cursor.fetchall()}


def contents() -> str:
    """Returns a digest of all tables."""
    return hashlib.sha256(repr(sorted(tables().items())).encode()).hexdigest()


def written() -> int:
    """Returns how many rows this transaction has written so far, also those it took back."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return int(cursor.fetchone()[0] or 0)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Exception | None]:
    """Returns what errors were before they became GraphQL."""
    found: list[Exception | None] = []
    as_it_is = CodedErrors.anonymise_error

    def noted(self: CodedErrors, error: GraphQLError) -> GraphQLError:
        original = error.original_error
        while isinstance(original, GraphQLError):
            original = original.original_error
        found.append(original)
        return as_it_is(self, error)

    monkeypatch.setattr(CodedErrors, "anonymise_error", noted)
    return found


@pytest.mark.parametrize("who", ["Ana, a rep", "Ben, who leads Ana", "Dee, the admin"])
def test_a_row_of_others_cannot_be_named(grown: Grown, told: list[Exception | None], who: str) -> None:
    oracle, wrong, before, digest = grown.oracles[who], list[str](), written(), contents()
    for place, attempt in attempts(root("mutation"), grown, oracle):
        phone = None if "deviceId" in place else grown.phones[oracle.viewer.pk]
        told.clear()
        with transaction.atomic():
            _, errors = ask(oracle.viewer, phone, _document(attempt, "mutation"), attempt.arguments)
            refused = bool(told) and isinstance(told[0], NotFound | NotPermitted | Unauthenticated)
            if place not in ALLOWED and not refused and not (place in WITHIN_THE_ORG and _of_one_org(grown, attempt)):
                wrong.append(f"{place} was answered {[error['extensions'] for error in errors]}")
            if refused and written() != before and contents() != digest:
                wrong.append(f"{place} was refused, and wrote")
            transaction.set_rollback(True)
        before = written()
    assert wrong == []


def _of_one_org(grown: Grown, attempt: Question) -> bool:
    rows = grown.by_id()
    return len({org_of(rows[one]) for one in UUIDS.findall(str(attempt.arguments)) if one in rows}) == 1


def _document(question: Question, kind: str) -> str:
    return question.document("{ __typename }" if whole(question.field, 0) else "", kind)


def test_without_a_token_nothing_is_answered_but_what_is_open(grown: Grown, told: list[Exception | None]) -> None:
    for kind in ("query", "mutation"):
        for question in least(root(kind), grown):
            if question.name in OPEN:
                continue
            told.clear()
            data, errors = ask(None, None, _document(question, kind), question.arguments)
            assert data is None or data[question.name] is None, question
            assert len(errors) == 1
            assert isinstance(told[0], Unauthenticated), (question, told)
