"""The laws of merging, whatever the values: nothing is lost, nothing is made up, what means the same is the same."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.field_rules import Merge
from backend.sync.conflicts import Field, Merged, merge
from backend.sync.values import Kind, canonical, equal, parse, serialise

WORDS = st.text(alphabet="abcz 01", max_size=6)
STATES = ("open", "shut", "gone")
MOVES = {"open": frozenset({"shut", "gone"}), "shut": frozenset({"open"}), "gone": frozenset[str]()}
TAGS = st.lists(st.sampled_from(["bar", "new", "old", "vip"]), unique=True)

TYPED: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(max_size=20),
    Kind.WHOLE: st.integers(),
    Kind.FLOAT: st.floats(allow_nan=False, allow_infinity=False),
    Kind.DECIMAL: st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**10), max_value=10**10),
    Kind.YES_NO: st.booleans(),
    Kind.DAY: st.dates(),
    Kind.TIME: st.times(),
    Kind.INSTANT: st.datetimes(timezones=st.just(UTC)),
    Kind.ID: st.uuids(),
    Kind.JSON: st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
        max_leaves=6,
    ),
}
ANY = st.one_of([st.tuples(st.just(kind), values) for kind, values in TYPED.items()])

PLAIN = (Merge.MERGE, Merge.TEXT, Merge.CLIENT_WINS, Merge.SERVER_WINS)
RULES: dict[Merge, tuple[Field, st.SearchStrategy[Any]]] = {
    **{policy: (Field(policy, Kind.TEXT), WORDS) for policy in PLAIN},
    Merge.FSM: (Field(Merge.FSM, Kind.TEXT, moves=MOVES), st.sampled_from(STATES)),
    Merge.COUNTER: (Field(Merge.COUNTER, Kind.WHOLE), st.integers(0, 50)),
    Merge.SET: (Field(Merge.SET, Kind.JSON), TAGS),
    Merge.APPEND: (Field(Merge.APPEND, Kind.TEXT), st.lists(st.sampled_from("abc"), max_size=3).map("\n".join)),
}
POLICIES = pytest.mark.parametrize("policy", list(RULES))
TRIPLE = st.data()


def settle(rule: Field, base: Any, mine: Any, theirs: Any) -> Merged:
    return merge(base={"x": base}, mine={"x": mine}, theirs={"x": theirs}, fields={"x": rule})


def outcome(rule: Field, base: Any, mine: Any, theirs: Any) -> Any:
    """Returns what stands afterwards."""
    return settle(rule, base, mine, theirs).apply.get("x", theirs)


def alike(rule: Field, a: Any, b: Any) -> bool:
    return (
        {canonical(one) for one in a} == {canonical(one) for one in b} if rule.policy is Merge.SET else rule.equal(a, b)
    )


@pytest.mark.trap(14)
@given(ANY)
def test_what_was_written_is_read_again(one: tuple[Kind, Any]) -> None:
    """Trap 14: serialise(parse(x)) = x for everything the server sends."""
    kind, typed = one
    wire = serialise(kind, typed)
    assert serialise(kind, parse(kind, wire)) == wire
    assert equal(kind, wire, wire)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (Kind.DECIMAL, "12.50", 12.5),
        (Kind.DECIMAL, "12.50", "12.5"),
        (Kind.DECIMAL, Decimal("1E+3"), "1000"),
        (Kind.DECIMAL, None, ""),
        (Kind.WHOLE, 30, 30.0),
        (Kind.FLOAT, 1, 1.0),
        (Kind.TEXT, "", None),
        (Kind.TEXT, "back door ", "back door"),
        (Kind.TEXT, "a\r\nb", "a\nb"),
        (Kind.TIME, "09:00", "09:00:00"),
        (Kind.DAY, date(2026, 11, 23), "2026-11-23"),
        (Kind.INSTANT, "2026-11-23T10:00:00.123456+00:00", "2026-11-23T10:00:00.123Z"),
        (Kind.INSTANT, "2026-11-23T10:00:00+00:00", "2026-11-23T11:00:00+01:00"),
        (Kind.ID, "019AB3C4-0000-7000-8000-000000000000", UUID("019ab3c4-0000-7000-8000-000000000000")),
        (Kind.JSON, {"a": 1, "b": [1.0]}, {"b": [1], "a": 1.0}),
    ],
)
@pytest.mark.trap(14)
def test_what_a_phone_echoes_in_its_own_way_is_no_change(kind: Kind, a: Any, b: Any) -> None:
    assert equal(kind, a, b, places=2 if kind is Kind.DECIMAL else None)


@pytest.mark.parametrize(
    ("kind", "a", "b"),
    [
        (Kind.TEXT, "0515", "515"),
        (Kind.TEXT, "7.0", "7"),
        (Kind.TEXT, "Hill", "hill"),
        (Kind.DECIMAL, "12.50", "12.51"),
        (Kind.WHOLE, 1, True),
        (Kind.WHOLE, 0, None),
        (Kind.YES_NO, 1, True),
        (Kind.JSON, {"a": True}, {"a": 1}),
        (Kind.JSON, ["a", "b"], ["b", "a"]),
        (Kind.INSTANT, "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.001Z"),
        (Kind.INSTANT, "2026-11-23T10:00:00", "2026-11-23T10:00:00Z"),
        (Kind.DAY, "soon", "2026-11-23"),
        (Kind.DECIMAL, "NaN", "NaN2"),
    ],
)
def test_what_only_looks_alike_is_a_change(kind: Kind, a: Any, b: Any) -> None:
    assert not equal(kind, a, b)


def test_instants_and_times_are_written_as_postgresql_writes_them() -> None:
    assert serialise(Kind.INSTANT, datetime(2026, 1, 1, 9, 0, 0, 120_000, tzinfo=UTC)) == "2026-01-01T09:00:00.12+00:00"
    assert serialise(Kind.INSTANT, datetime(2026, 1, 1, 9, tzinfo=UTC)) == "2026-01-01T09:00:00+00:00"
    assert serialise(Kind.TIME, time(9, 30)) == "09:30:00"


@POLICIES
@given(TRIPLE)
def test_where_nobody_else_wrote_mine_stands(policy: Merge, data: st.DataObject) -> None:
    rule, values = RULES[policy]
    stood, mine = data.draw(values), data.draw(values)
    if policy is Merge.APPEND:
        mine = f"{stood}\n{mine}" if stood else mine
    assert alike(rule, outcome(rule, stood, mine, stood), mine)


@POLICIES
@given(TRIPLE)
def test_where_the_phone_changed_nothing_theirs_stands(policy: Merge, data: st.DataObject) -> None:
    rule, values = RULES[policy]
    saw, theirs = data.draw(values), data.draw(values)
    merged = settle(rule, saw, saw, theirs)
    assert (merged.apply, merged.clashes, merged.yielded, merged.refused) == ({}, {}, frozenset(), {})


@POLICIES
@given(TRIPLE)
def test_every_field_has_one_fate_and_a_clash_keeps_both_whole(policy: Merge, data: st.DataObject) -> None:
    rule, values = RULES[policy]
    base, mine, theirs = data.draw(values), data.draw(values), data.draw(values)
    merged = settle(rule, base, mine, theirs)
    fates = [merged.apply, merged.clashes, merged.yielded, merged.same, merged.refused]
    assert [len(fate) for fate in fates].count(1) == 1
    if merged.clashes:
        clash = merged.clashes["x"]
        assert (clash.base, clash.mine, clash.theirs) == (base, mine, theirs)
    if merged.yielded:
        assert policy is Merge.SERVER_WINS


@pytest.mark.parametrize("policy", [one for one in RULES if one not in (Merge.COUNTER, Merge.APPEND)])
@given(TRIPLE)
def test_merged_again_into_its_own_result_nothing_changes(policy: Merge, data: st.DataObject) -> None:
    """What adds is kept from being added twice by the ledger; all else by the merge itself."""
    rule, values = RULES[policy]
    base, mine, theirs = data.draw(values), data.draw(values), data.draw(values)
    once = outcome(rule, base, mine, theirs)
    assert alike(rule, outcome(rule, base, mine, once), once)


@given(TAGS, TAGS, TAGS)
def test_a_set_keeps_what_either_added_and_drops_what_either_removed(
    base: list[str], mine: list[str], theirs: list[str]
) -> None:
    stands = set(outcome(RULES[Merge.SET][0], base, mine, theirs))
    both_kept = set(base) & set(mine) & set(theirs)
    assert stands == both_kept | (set(mine) - set(base)) | (set(theirs) - set(base))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_a_counter_counts_what_both_did(base: int, mine: int, theirs: int) -> None:
    rule = RULES[Merge.COUNTER][0]
    assert outcome(rule, base, mine, theirs) - base == (mine - base) + (theirs - base)


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("xyz")), st.lists(st.sampled_from("pqr")))
def test_what_either_appended_stands_in_the_order_it_came(base: list[str], mine: list[str], theirs: list[str]) -> None:
    rule = RULES[Merge.APPEND][0]
    stands = outcome(rule, "\n".join(base), "\n".join(base + mine), "\n".join(base + theirs))
    assert [line for line in stands.split("\n") if line] == base + theirs + mine


def test_rewriting_what_is_only_added_to_is_asked_about() -> None:
    merged = settle(RULES[Merge.APPEND][0], "Mon: ok", "Mon: bad", "Mon: ok")
    assert merged.clashes["x"].mine == "Mon: bad"


def test_both_added_the_same_means_it_was_added_twice() -> None:
    assert outcome(RULES[Merge.COUNTER][0], 1, 2, 2) == 3
    assert outcome(RULES[Merge.APPEND][0], "", "called", "called") == "called\ncalled"


def test_a_state_moves_from_where_it_stands_or_is_asked_about() -> None:
    rule = RULES[Merge.FSM][0]
    assert outcome(rule, "open", "gone", "shut") == "shut"
    assert settle(rule, "open", "gone", "shut").clashes["x"].theirs == "shut"
    assert outcome(rule, "shut", "gone", "open") == "gone"


def test_a_counter_without_a_base_and_a_field_of_the_servers_are_refused() -> None:
    counted = merge(base={}, mine={"x": 5}, theirs={"x": 1}, fields={"x": RULES[Merge.COUNTER][0]})
    assert counted.refused == {"x": "BASE_REQUIRED"}
    tier = Field(Merge.SERVER, Kind.TEXT)
    assert settle(tier, "A", "B", "A").refused == {"x": "SERVER_FIELD"}
    assert settle(tier, "A", "A", "B").same == {"x"}


def test_a_counter_that_both_lowered_below_nothing_is_asked_about() -> None:
    rule = Field(Merge.COUNTER, Kind.WHOLE, low=0)
    assert settle(rule, 3, 1, 1).clashes["x"].theirs == 1
    assert settle(rule, 3, -1, 3).apply == {"x": -1}


@pytest.mark.parametrize("base", [None, "", "many", 2.5, True])
def test_a_counter_whose_base_is_no_number_is_not_overwritten(base: Any) -> None:
    assert settle(RULES[Merge.COUNTER][0], base, 3, 9).refused == {"x": "BASE_REQUIRED"}


@pytest.mark.parametrize("base", ["bar", {}, 7])
def test_a_set_whose_base_is_none_takes_nothing_away(base: Any) -> None:
    assert outcome(RULES[Merge.SET][0], base, ["new"], ["old"]) == ["old", "new"]


@pytest.mark.parametrize("text", ["1e301", "-1e301", "1e999999999999"])
def test_a_number_that_would_take_hours_to_write_out_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="whole"):
        parse(Kind.WHOLE, text)
