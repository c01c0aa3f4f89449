"""Three-way merge of plain fields, each by the policy its model declares. What two people changed is never silently lost:
it is joined (counter, set, append), decided by declaration (client_wins, server_wins), or kept for a person.

For each field: unchanged on the server since `base`, mine is applied; unchanged by the phone, theirs stays; otherwise the
policy speaks. A field without a base is taken as unchanged on the server: the phone made no claim about what it overwrote."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from backend.kit.field_rules import Merge
from backend.sync.values import Kind, canonical, equal, parse, serialise


@dataclass(frozen=True, slots=True)
class Field:
    """How one wire field is merged. `moves`: of a state, from each to those it may become. `places`: of a decimal;
    `low`: the least a counter may be."""

    policy: Merge
    kind: Kind
    moves: Mapping[str, frozenset[str]] = field(default_factory=dict)
    places: int | None = None
    low: int | None = None

    def equal(self, a: Any, b: Any) -> bool:
        """Says whether two values of this field mean the same."""
        return equal(self.kind, a, b, places=self.places)

    def wire(self, value: Any) -> Any:
        """Returns a value of the database as the wire has it."""
        return serialise(self.kind, parse(self.kind, value, places=self.places))

    def reads(self, value: Any) -> bool:
        """Says whether the value is one of this field's kind at all."""
        try:
            parse(self.kind, value)
        except ValueError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both sides changed; the server's value stands. `base` is None also when the phone named none."""

    policy: Merge
    base: Any
    mine: Any
    theirs: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """`apply`: field → value to write. `clashes`: for a person. `yielded`: changed on both sides, the server's stands by
    declaration. `same`: nothing to do. `refused`: field → the code of why it may not be sent so. Every field is in one."""

    apply: dict[str, Any]
    clashes: dict[str, Clash]
    yielded: frozenset[str]
    same: frozenset[str]
    refused: dict[str, str]


class _Fate(Enum):
    APPLY = auto()
    SAME = auto()
    YIELD = auto()
    ASK = auto()
    REFUSE = auto()


_Verdict = tuple[_Fate, Any]
_SAME: _Verdict = (_Fate.SAME, None)
_YIELD: _Verdict = (_Fate.YIELD, None)
_ASK: _Verdict = (_Fate.ASK, None)


@dataclass(frozen=True, slots=True)
class _Case:
    rule: Field
    has_base: bool
    base: Any
    mine: Any
    theirs: Any

    @property
    def untouched(self) -> bool:
        """The server's value is what the phone saw, as far as it says."""
        return not self.has_base or self.rule.equal(self.base, self.theirs)


def _one_wins(case: _Case) -> _Verdict:
    if case.untouched or case.rule.policy is Merge.CLIENT_WINS:
        return _Fate.APPLY, case.mine
    return _YIELD if case.rule.policy is Merge.SERVER_WINS else _ASK


def _fsm(case: _Case) -> _Verdict:
    if case.untouched or case.mine in case.rule.moves.get(case.theirs, frozenset()):
        return _Fate.APPLY, case.mine
    return _ASK


def _counter(case: _Case) -> _Verdict:
    if not case.has_base or case.base in (None, "") or not case.rule.reads(case.base):
        return _Fate.REFUSE, "BASE_REQUIRED"
    base, mine, theirs = (parse(Kind.WHOLE, one) or 0 for one in (case.base, case.mine, case.theirs))
    total = theirs + mine - base
    if case.rule.low is not None and total < case.rule.low and not case.untouched:
        return _ASK
    return _Fate.APPLY, total


def _set(case: _Case) -> _Verdict:
    # Without a base that is a list, the phone says what is to be in it, and of nothing that it is to go.
    standing, base = case.theirs or [], case.base if isinstance(case.base, list) else []
    if not isinstance(case.mine, list):
        return _Fate.APPLY, case.mine
    before, stands = {canonical(one) for one in base}, {canonical(one) for one in standing}
    wanted = {canonical(one) for one in case.mine}
    kept = [one for one in standing if canonical(one) in wanted or canonical(one) not in before]
    added = [one for one in case.mine if canonical(one) not in before | stands]
    if {canonical(one) for one in kept + added} == stands:
        return _SAME
    return _Fate.APPLY, kept + added


def _append(case: _Case) -> _Verdict:
    mine, theirs = (str(one or "").replace("\r\n", "\n") for one in (case.mine, case.theirs))
    base = str(case.base or "").replace("\r\n", "\n").rstrip() if case.has_base else ""
    if not case.has_base and mine.startswith(theirs):
        return _Fate.APPLY, mine
    if not mine.startswith(base):
        return _ASK
    tail = mine[len(base) :].strip("\n")
    if not tail.strip():
        return _SAME
    return _Fate.APPLY, f"{theirs}\n{tail}" if theirs else tail


_POLICIES: dict[Merge, Callable[[_Case], _Verdict]] = {
    Merge.SERVER: lambda _: (_Fate.REFUSE, "SERVER_FIELD"),
    Merge.MERGE: _one_wins,
    Merge.TEXT: _one_wins,
    Merge.CLIENT_WINS: _one_wins,
    Merge.SERVER_WINS: _one_wins,
    Merge.COUNTER: _counter,
    Merge.SET: _set,
    Merge.APPEND: _append,
    Merge.FSM: _fsm,
}
_ADDS = frozenset({Merge.COUNTER, Merge.APPEND})
"""Two who did the same have done it twice."""


def _settle(case: _Case) -> _Verdict:
    rule = case.rule
    if case.has_base and rule.equal(case.mine, case.base):
        return _SAME
    if rule.equal(case.mine, case.theirs) and rule.policy not in _ADDS:
        return _SAME
    # What is no such value at all is refused by the rule that names it, not asked about.
    if not rule.reads(case.mine) and rule.policy is not Merge.SERVER:
        return _Fate.APPLY, case.mine
    return _POLICIES[rule.policy](case)


def merge(
    *,
    base: Mapping[str, Any],
    mine: Mapping[str, Any],
    theirs: Mapping[str, Any],
    fields: Mapping[str, Field],
    together: Iterable[frozenset[str]] = (),
) -> Merged:
    """Merges the fields of `mine` (what the phone set) into `theirs` (what stands) over `base` (what the phone had).

    `fields` and `theirs` have every name of `mine`. `together`: names that mean one thing, such as the two numbers of a
    point: where one clashes, none is written."""
    fates: dict[_Fate, dict[str, Any]] = {fate: {} for fate in _Fate}
    for name, value in mine.items():
        rule, stands = fields[name], fields[name].wire(theirs[name])
        fate, what = _settle(_Case(rule, name in base, base.get(name), value, stands))
        fates[fate][name] = Clash(rule.policy, base.get(name), value, stands) if fate is _Fate.ASK else what
    apply, clashes = fates[_Fate.APPLY], fates[_Fate.ASK]
    for names in together:
        if names & clashes.keys():
            for name in names & apply.keys():
                del apply[name]
                clashes[name] = Clash(fields[name].policy, base.get(name), mine[name], fields[name].wire(theirs[name]))
    return Merged(
        apply=apply,
        clashes=clashes,
        yielded=frozenset(fates[_Fate.YIELD]),
        same=frozenset(fates[_Fate.SAME]),
        refused=fates[_Fate.REFUSE],
    )
