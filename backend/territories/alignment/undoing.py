"""Taking an alignment back: another one, which gives everybody what they had, but for what somebody has changed by hand since."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from backend.identity.actor import Actor
from backend.kit import clock
from backend.territories.alignment import rules
from backend.territories.alignment.activating import schedule
from backend.territories.alignment.drafts import locked, note_entry
from backend.territories.alignment.looking import evaluate
from backend.territories.alignment.plan import CHANGEABLE, Plan, Post
from backend.territories.alignment.structure import Structure, read
from backend.territories.models import Alignment, AlignmentState, TerritoryModel, UserTerritory
from backend.territories.rules import check_leads

MOST = 100
"""So many of the accounts that are left as they are stand in the report by their ids."""

# Untouched is what still lies in the very span that the alignment gave it, or, given none, lies nowhere.
_UNTOUCHED = """
    FROM territories_alignmentmove m
    JOIN crm_account a ON a.id = m.account_id AND a.deleted_at IS NULL
    LEFT JOIN territories_accountterritory c ON c.account_id = m.account_id AND c.role = m.role AND c.deleted_at IS NULL
        AND c.valid_from <= %(now)s AND (c.valid_to IS NULL OR c.valid_to > %(now)s)
        AND (m.role = 'primary' OR c.territory_id = m.from_territory_id)
    WHERE m.alignment_id = %(done)s AND m.state = 'done' AND (c.id IS NOT DISTINCT FROM m.span_id) IS {so}
"""
_NAME = f"""
    INSERT INTO territories_alignmentplacement (alignment_id, account_id, role, territory_id, source)
    SELECT %(undo)s, m.account_id, m.role, m.from_territory_id, COALESCE(NULLIF(m.from_source, ''), 'manual')
    {_UNTOUCHED.format(so="TRUE")}
"""
_LEFT = f"SELECT m.account_id::text {_UNTOUCHED.format(so='FALSE')} ORDER BY m.account_id"


@transaction.atomic
def roll_back(*, actor: Actor, alignment: Alignment, note: str) -> Alignment:
    """Asks for an alignment to be taken back now, the newest first; returns the one that does it.

    Its `report` says under `left` what is left as it is, because somebody changed it since. History is kept: what was is
    ended, and what was before begins again, from the same instant on."""
    check_leads(actor)
    note = rules.check_note(note)
    alignment = locked(alignment, AlignmentState.DONE)
    _check_newest(alignment)
    now = clock.now()
    undo = Alignment(
        org_id=alignment.org_id,
        model=TerritoryModel.objects.create(org_id=alignment.org_id, name=_name(alignment)),
        branch_id=alignment.branch_id,
        undoes=alignment,
        keep_days=alignment.keep_days,
        later_visits=alignment.later_visits,
        created_by_id=actor.user_id,
        created_at=now,
    )
    plan, left = _reversed(alignment, read(undo, now, Plan()))
    undo.plan = plan.as_json()
    try:
        with transaction.atomic():
            undo.save(force_insert=True)
    except IntegrityError as error:
        raise rules.undone_already() from error
    values: dict[str, Any] = {"undo": undo.pk, "done": alignment.pk, "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_NAME, values)
        cursor.execute(_LEFT, values)
        touched = [one for (one,) in cursor.fetchall()]
    undo.report = {"left": {**left, "accounts": len(touched), "accountIds": touched[:MOST]}}
    undo.save(update_fields=["report"])
    note_entry(undo, actor, "begun", f"takes back {alignment.model.name}")
    evaluate(undo, now)
    return schedule(actor=actor, alignment=undo, note=note, due=now)


def _name(alignment: Alignment) -> str:
    return f"{alignment.model.name[:60]}, taken back {clock.now():%Y-%m-%d %H:%M:%S.%f}"


def _check_newest(alignment: Alignment) -> None:
    """Whatever was done after it has been taken back already."""
    newest_first = Alignment.objects.filter(org_id=alignment.org_id, state=AlignmentState.DONE).order_by(
        "-effective_at"
    )
    undone: set[UUID] = set()
    for key, undoes in newest_first.values_list("pk", "undoes_id"):
        if key == alignment.pk:
            break
        if key in undone:
            continue
        if undoes is None:
            raise rules.newer_done()
        undone.add(undoes)
    if alignment.pk in undone:
        raise rules.undone_already()


def _reversed(done: Alignment, structure: Structure) -> tuple[Plan, dict[str, Any]]:
    """Returns what takes back the structure and the people, and what of it is left as somebody changed it since."""
    plan, report = Plan(), done.report
    left: dict[str, Any] = {"territories": [], "people": [], "rules": False}
    for one in report["changed"]:
        _take_back(one, plan, structure, left)
    for key in report["added"]:
        if UUID(key) in structure.before:
            plan.closed[UUID(key)] = None
    for key, values in report["closed"].items():
        plan.added[UUID(key)] = values | {"parent": UUID(values["parent"]) if values["parent"] else None}
    if report["rules_changed"]:
        now = [
            {"territory": str(rule.territory), "priority": rule.priority, "criteria": dict(rule.criteria)}
            for rule in structure.rules_before
        ]
        if now == report["rules_after"]:
            plan.rules = [one | {"territory": UUID(one["territory"])} for one in report["rules_before"]]
        else:
            left["rules"] = True
    for given in report.get("posts", ()):
        if _stands(given):
            plan.post(Post(UUID(given["territory"]), UUID(given["user"]), given["role"], not given["given"]))
        else:
            left["people"].append({key: given[key] for key in ("territory", "user", "role")})
    return plan, left


def _take_back(one: dict[str, Any], plan: Plan, structure: Structure, left: dict[str, Any]) -> None:
    key = UUID(one["id"])
    node = structure.before.get(key)
    if node is None:
        left["territories"].append(one["id"])
        return
    now = {"name": node.name, "parent": str(node.parent) if node.parent else None, "area": node.area}
    for name in CHANGEABLE:
        before, after = one["before"][name], one["after"][name]
        if before == after:
            continue
        if now[name] != after:
            left["territories"].append(one["id"])
        else:
            plan.set(key, **{name: UUID(before) if name == "parent" and before else before})


def _stands(given: dict[str, Any]) -> bool:
    """Says whether a person's span is as the alignment left it, and nothing else was said of the two since."""
    spans = UserTerritory.objects.filter(user_id=given["user"], territory_id=given["territory"], deleted_at=None)
    span = spans.filter(pk=given["span"]).first()
    if given["given"]:
        return span is not None and span.valid_to is None
    now = clock.now()
    return span is None or not spans.filter(valid_from__gte=span.valid_to or now).exists()
