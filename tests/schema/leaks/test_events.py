"""Nobody is told of a row that is not theirs to see: by no subscription, by no field of an event, whoever listens."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.models import Model
from pytest_django import Settings

from backend.crm.models import Opportunity
from backend.field.models import Visit
from backend.kit import clock
from backend.notifications.models import Notification
from backend.planning.models import VisitPlan
from backend.schema.feeds import reading
from backend.territories.models import AccountShare, AccountTerritory
from tests.schema.leaks.asking import Question, edges_shown, least, questions
from tests.schema.leaks.garden import Grown
from tests.schema.leaks.hearing import FEEDS, Happening, Hearing, logged, rows_told
from tests.schema.leaks.oracle import Oracle
from tests.schema.leaks.test_reads import NEVER, root, unmasked
from tests.schema.leaks.test_writes import OPEN
from tests.schema.leaks.watching import Watch

__all__ = ["unmasked"]

TOLD: dict[str, type[Model]] = {
    "opportunityChanged": Opportunity,
    "visitChanged": Visit,
    "planChanged": VisitPlan,
    "notificationReceived": Notification,
}


@pytest.fixture
def happening(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Happening:
    """Tells what happened to all who listen."""
    settings.SYNC_POKE_SPREAD = 0
    return Happening(monkeypatch)


def _all_ways(grown: Grown, who: str, asked: Iterator[Question]) -> list[Hearing]:
    """Returns somebody at each question, told by text; and at those without arguments by resolvers too."""
    user = grown.people()[who]
    every = [Hearing(user, grown.phones[user.pk], one) for one in asked]
    return every + [
        Hearing(user, one.device, one.question, by_resolvers=True)
        for one in every
        if one.question.name in FEEDS and not one.question.arguments
    ]


def _watched(grown: Grown, oracle: Oracle, heard: list[Hearing]) -> Watch:
    watch = Watch(grown, oracle)
    for one in heard:
        for answer in one.answers:
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            assert not codes & NEVER, (one.question, answer)
            watch.read(json.dumps(answer), one.question.name, one.question.arguments)
    return watch


def _theirs(grown: Grown, oracle: Oracle) -> dict[str, set[str]]:
    found = {
        name: {str(row.pk) for row in grown.rows if type(row) is model and oracle.may_see(row)}
        for name, model in TOLD.items()
    }
    return {name: ids for name, ids in found.items() if ids}


def test_nobody_is_told_what_is_not_theirs(grown: Grown, happening: Happening) -> None:
    kind = root("subscription")
    heard = {who: _all_ways(grown, who, questions(kind, grown, one)) for who, one in grown.oracles.items()}
    happening.hear([one for some in heard.values() for one in some], logged())
    leaks, shown = dict[str, str](), set[str]()
    for who, oracle in grown.oracles.items():
        leaks |= _watched(grown, oracle, heard[who]).leaks
        for one in heard[who]:
            for answer in one.answers:
                shown |= set(edges_shown({"__typename": "Subscription", **(answer["data"] or {})}))
        # Each is told of all that is theirs, by text and by resolvers.
        for way in (True, False):
            bare = [one for one in heard[who] if not one.question.arguments and one.by_resolvers is way]
            assert rows_told(bare) == _theirs(grown, oracle), (who, way)
    assert leaks == {}
    assert {f"Subscription.{name}" for name in kind.fields} <= shown


def _without_coverage(grown: Grown) -> None:
    """Takes from Ana all accounts, of which nobody is told."""
    for model in (AccountTerritory, AccountShare):
        model.objects.filter(org=grown.here.org).update(valid_to=clock.now())


def _told_to_ana(grown: Grown, happening: Happening) -> Watch:
    """Takes Ana's accounts in the moment before events of them are told."""
    who = "Ana, a rep"
    changes = [one for one in logged() if one.entity in ("opportunity", "visit")]
    heard = _all_ways(grown, who, least(root("subscription"), grown))
    happening.hear(heard, changes, lambda: _without_coverage(grown))
    shown = [one for one in heard if rows_told([one])]
    return _watched(grown, Oracle(grown.people()[who], grown.rows), shown)


def test_an_event_is_judged_when_it_is_told(grown: Grown, happening: Happening) -> None:
    assert _told_to_ana(grown, happening).leaks == {}


def test_an_event_that_is_not_judged_is_noticed(
    grown: Grown, happening: Happening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "seen_among", lambda pairs: pairs)
    assert "Ana was shown Opportunity.name" in _told_to_ana(grown, happening).leaks


def test_a_field_of_an_event_that_is_not_masked_is_noticed(grown: Grown, happening: Happening, unmasked: None) -> None:
    who = "Pat, a partner"
    heard = _all_ways(grown, who, least(root("subscription"), grown))
    happening.hear(heard, logged())
    assert "Pat was shown 24681357.91" in _watched(grown, grown.oracles[who], heard).leaks


def test_without_a_token_nothing_is_told_but_what_is_open(grown: Grown, happening: Happening) -> None:
    heard = [Hearing(None, None, one) for one in least(root("subscription"), grown) if one.name not in OPEN]
    happening.hear(heard, [])
    told: list[Any] = [
        [error["extensions"]["code"] for one in some.answers for error in one["errors"]] for some in heard
    ]
    assert told == [["NOT_SIGNED_IN"]] * len(heard)
