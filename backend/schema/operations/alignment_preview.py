"""A look at a draft, put together: territories' part, planning's part, and the phones'."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from backend.identity.actor import Actor
from backend.identity.models import User as UserRow
from backend.kit.errors import Invalid
from backend.planning.realign import impact
from backend.planning.realign.hands import losers
from backend.planning.realign.impact import Impact
from backend.planning.realign.pages import FateCount, appointment_fates, fates
from backend.schema.types import rows
from backend.schema.types.alignment import (
    Alignment,
    AlignmentPreview,
    AlignmentWarning,
    AppointmentsMoved,
    DealsMoved,
    DeviceAtRisk,
    DraftedTerritory,
    PersonGain,
    PersonPair,
    PostChange,
    TerritoryPair,
    TerritoryWork,
    VisitsMoved,
)
from backend.schema.types.identity import User
from backend.sync.impact import DeviceAtRisk as AtRisk
from backend.sync.impact import devices_at_risk
from backend.territories.alignment.looking import look
from backend.territories.models import Alignment as AlignmentRow

T = TypeVar("T")


@dataclass(slots=True)
class Seen:
    """What was found, as rows and ids; `people`: everybody in it."""

    alignment: AlignmentRow
    impact: Impact
    gains: dict[UUID, tuple[int, int]]
    fates: list[FateCount]
    appointments: dict[str, int]
    devices: list[AtRisk]
    people: list[UUID]


def seen(actor: Actor, alignment: AlignmentRow) -> Seen:
    """Looks at a draft anew, or at what was seen of one that has begun; a dozen queries, however much moves."""
    alignment = look(actor=actor, alignment=alignment)
    found = impact.impact(alignment)
    gains = impact.gains(found.pairs)
    devices = devices_at_risk(alignment.org_id, losers(alignment))
    people = {
        *gains,
        *(one for deal in found.deals for one in (deal.giver, deal.taker) if one is not None),
        *(device.user_id for device in devices),
        *(UUID(one["user"]) for one in alignment.figures["posts"]),
    }
    promised = appointment_fates(alignment)
    return Seen(alignment, found, gains, fates(alignment), promised, devices, sorted(people))


def shown(found: Seen, people: Mapping[UUID, UserRow | None]) -> AlignmentPreview:
    """Returns it as GraphQL has it."""
    figures: dict[str, Any] = found.alignment.figures
    drafted = {
        key: DraftedTerritory(
            id=UUID(key),
            name=one["name"],
            parent_id=UUID(one["parent"]) if one["parent"] else None,
            change=one["change"],
        )
        for key, one in figures["territories"].items()
    }

    def user(one: UUID) -> User:
        return rows.one(User, people[one])

    def maybe(one: UUID | None) -> User | None:
        return None if one is None else user(one)

    return AlignmentPreview(
        alignment=rows.one(Alignment, found.alignment),
        digest=found.alignment.digest,
        territories=list(drafted.values()),
        pairs=[
            TerritoryPair(from_territory=drafted.get(before), to_territory=drafted.get(after), accounts=count)
            for before, after, count in figures["pairs"]
        ],
        posts=[
            PostChange(
                territory=drafted[one["territory"]], user=user(UUID(one["user"])), role=one["role"], given=one["given"]
            )
            for one in figures["posts"]
        ],
        people=[PersonGain(user=user(one), gains=gained, loses=lost) for one, (gained, lost) in found.gains.items()],
        handovers=[
            PersonPair(giver=maybe(one.giver), taker=maybe(one.taker), accounts=one.accounts)
            for one in found.impact.pairs
        ],
        deals=[
            DealsMoved(
                giver=maybe(one.giver),
                taker=maybe(one.taker),
                currency=one.currency,
                count=one.count,
                amount=one.amount,
            )
            for one in found.impact.deals
        ],
        visits=[VisitsMoved(fate=one.fate, count=one.count, appointments=one.appointments) for one in found.fates],
        appointments=[AppointmentsMoved(fate=fate, count=count) for fate, count in found.appointments.items()],
        workload=_work(found.impact, drafted),
        deviation_before=impact.deviation(found.impact.work, 0),
        deviation_after=impact.deviation(found.impact.work, 1),
        devices=[
            DeviceAtRisk(
                id=one.id,
                name=one.name,
                platform=one.platform,
                last_contact=one.last_contact,
                pending=one.pending,
                risk=one.risk,
                user=user(one.user_id),
            )
            for one in found.devices
        ],
        warnings=[_warning(one, drafted) for one in figures["warnings"]],
        unclaimed=figures["unclaimed"],
        unplaced=figures["unplaced"],
    )


def _work(found: Impact, drafted: Mapping[str, DraftedTerritory]) -> list[TerritoryWork]:
    return [
        TerritoryWork(
            territory=drafted[str(one.territory)],
            accounts_before=one.accounts[0],
            accounts_after=one.accounts[1],
            visits_before=one.visits[0],
            visits_after=one.visits[1],
            minutes_before=one.minutes[0],
            minutes_after=one.minutes[1],
        )
        for one in found.work
        if str(one.territory) in drafted
    ]


def _warning(one: dict[str, Any], drafted: Mapping[str, DraftedTerritory]) -> AlignmentWarning:
    return AlignmentWarning(
        code=one["code"],
        message=one["message"],
        territories=[drafted[key] for key in one["territories"] if key in drafted],
        count=one["count"],
        lat=one.get("lat"),
        lng=one.get("lng"),
    )


def numbered(cursor: str, kind: Callable[[str], T]) -> T:
    """Returns the place that a cursor of these lists names; raises Invalid for one that names none."""
    try:
        return kind(cursor)
    except ValueError as error:
        raise Invalid("BAD_CURSOR", "after is not a cursor of this list.", fields={"after": "not a cursor"}) from error
