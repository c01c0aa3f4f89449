"""Changing territories: drafts, the look at what they would do, activation and taking it back."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from django.db.models import QuerySet

from backend.crm.models import Opportunity as OpportunityRow
from backend.planning.realign import impact
from backend.planning.realign.pages import AppointmentLine, VisitLine, appointment_lines, visit_lines
from backend.schema.compiled import reads
from backend.schema.context import Info
from backend.schema.operations.alignment_edits import AlignmentEditInput, change_of
from backend.schema.operations.alignment_preview import Seen, numbered, seen, shown
from backend.schema.paging import Slice, Window, counted, ordered_by
from backend.schema.types import rows
from backend.schema.types.alignment import (
    Alignment,
    AlignmentAppointment,
    AlignmentEntry,
    AlignmentMove,
    AlignmentPreview,
    AlignmentVisit,
)
from backend.schema.types.crm import Opportunity
from backend.schema.types.identity import User
from backend.schema.types.pages import Connection, connection_of
from backend.territories.alignment import activating, drafts, undoing
from backend.territories.alignment.queries import alignment_for, alignments_seen, moves_of
from backend.territories.models import Alignment as AlignmentRow
from backend.territories.models import AlignmentEntry as EntryRow
from backend.territories.models import AssignmentSource, LaterVisits

LaterVisitsChoice = strawberry.enum(
    LaterVisits, name="LaterVisits", description="Of visits further ahead than keepDays."
)


@strawberry.input(
    description="Some changes of a draft, all or none. revision: the one you saw; refused when it is another."
)
class EditAlignmentInput:
    alignment_id: UUID
    edits: list[AlignmentEditInput]
    revision: int | None = None


@strawberry.input(
    description="What is not given stays as it is. keepManual: accounts placed by hand stay. tidy: accounts move also where "
    "only the rules that hold already say so. keepDays: planned visits of so many days stay with their rep; laterVisits: "
    "what becomes of those after."
)
class AlignmentOptionsInput:
    alignment_id: UUID
    keep_manual: bool | None = None
    tidy: bool | None = None
    keep_days: int | None = None
    later_visits: LaterVisitsChoice | None = None  # type: ignore[valid-type]


@strawberry.input(description="Where an account is to go; null: nowhere.")
class AlignmentPlacementInput:
    account_id: UUID
    territory_id: UUID | None


@strawberry.input(description="digest: of the preview you saw. note: why. at: when, now without it.")
class ActivateAlignmentInput:
    alignment_id: UUID
    digest: str
    note: str
    at: datetime | None = None
    allow_unclaimed: bool = False


@strawberry.type
class AlignmentPayload:
    alignment: Alignment


@strawberry.type
class AlignmentQuery:
    @strawberry.field(description="Changes of territories, the newest first. Managers see their branch's, admins all.")
    async def alignments(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Alignment]:
        actor = info.context.actor

        return reads.a_page(
            Alignment, lambda: alignments_seen(actor), ordered_by("-created_at"), Window(first, after, last, before)
        )

    @strawberry.field(description="One of them: how far it is, and what came of it.")
    async def alignment(self, info: Info, id: UUID) -> Alignment:
        actor = info.context.actor
        return reads.one(Alignment, lambda: alignments_seen(actor).filter(pk=id), lambda: alignment_for(actor, id))

    @strawberry.field(description="Who did what with it.")
    async def alignment_entries(
        self,
        info: Info,
        alignment_id: UUID,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AlignmentEntry]:
        actor = info.context.actor

        def listed() -> QuerySet[Any]:
            return EntryRow.objects.filter(alignment=alignment_for(actor, alignment_id))

        return reads.a_page(AlignmentEntry, listed, ordered_by("at"), Window(first, after, last, before))

    @strawberry.field(
        description="What it would do if it were activated now; a draft is decided anew at every call. The pages of "
        "alignmentMoves, alignmentDeals, alignmentVisits and alignmentAppointments are of the last look."
    )
    async def alignment_preview(self, info: Info, alignment_id: UUID) -> AlignmentPreview:
        actor = info.context.actor

        def read() -> Seen:
            return seen(actor, alignment_for(actor, alignment_id))

        found = await info.context.run_in_turn(read)
        people = await info.context.load.user.load_many(list(found.people))
        return shown(found, dict(zip(found.people, people, strict=True)))

    @strawberry.field(description="The accounts that move, as the last look had it, or as it was done.")
    async def alignment_moves(
        self,
        info: Info,
        alignment_id: UUID,
        from_territory_id: UUID | None = None,
        to_territory_id: UUID | None = None,
        state: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[AlignmentMove]:
        actor = info.context.actor
        given = {"from_territory_id": from_territory_id, "to_territory_id": to_territory_id, "state": state}
        wanted = {name: value for name, value in given.items() if value is not None}

        def listed() -> QuerySet[Any]:
            return moves_of(alignment_for(actor, alignment_id)).filter(**wanted)

        return reads.a_page(AlignmentMove, listed, ordered_by("account_id"), Window(first, after, last, before))

    @strawberry.field(description="The open deals that change hands.")
    async def alignment_deals(
        self, info: Info, alignment_id: UUID, first: int | None = None, after: str | None = None
    ) -> Connection[Opportunity]:
        actor = info.context.actor
        window = Window(first, after)

        def read() -> Slice[OpportunityRow]:
            alignment = alignment_for(actor, alignment_id)
            ids = impact.deal_ids(alignment, first=window.size + 1, after=numbered(after, UUID) if after else None)
            by_id = OpportunityRow.objects.in_bulk(ids[: window.size])
            found = [by_id[one] for one in ids[: window.size] if one in by_id]
            return Slice(found, [str(one.pk) for one in found], after is not None, len(ids) > window.size)

        return connection_of(Opportunity, await info.context.run(read))

    @strawberry.field(
        description="The appointments about accounts that change hands, and what becomes of each; private ones are not told."
    )
    async def alignment_appointments(
        self, info: Info, alignment_id: UUID, first: int | None = None, after: str | None = None
    ) -> Connection[AlignmentAppointment]:
        actor = info.context.actor
        window = Window(first, after)
        skip = numbered(after, int) if after else 0

        def read() -> list[AppointmentLine]:
            return appointment_lines(alignment_for(actor, alignment_id), first=window.size + 1, skip=skip)

        listed = counted(await info.context.run_in_turn(read), window, skip)
        ids = list({one for line in listed.rows for one in (line.rep_id, line.taker_id)})
        people = dict(zip(ids, await info.context.load.user.load_many(ids), strict=True))
        nodes = [
            AlignmentAppointment(
                appointment_id=line.appointment.pk if line.appointment else None,
                title=line.appointment.title if line.appointment else None,
                starts_at=line.appointment.starts_at if line.appointment else None,
                account_id=line.account_id,
                fate=line.fate,
                done=line.done,
                since=line.since,
                stays=list(line.stays),
                rep=rows.one(User, people[line.rep_id]),
                taker=rows.one(User, people[line.taker_id]),
            )
            for line in listed.rows
        ]
        return connection_of(AlignmentAppointment, listed, nodes)

    @strawberry.field(description="The planned visits that it concerns, and what becomes of each.")
    async def alignment_visits(
        self, info: Info, alignment_id: UUID, first: int | None = None, after: str | None = None
    ) -> Connection[AlignmentVisit]:
        actor = info.context.actor
        window = Window(first, after)
        skip = numbered(after, int) if after else 0

        def read() -> list[VisitLine]:
            return visit_lines(alignment_for(actor, alignment_id), first=window.size + 1, skip=skip)

        listed = counted(await info.context.run_in_turn(read), window, skip)
        ids = list({one for line in listed.rows for one in (line.rep_id, line.taker_id)})
        people = dict(zip(ids, await info.context.load.user.load_many(ids), strict=True))
        nodes = [
            AlignmentVisit(
                visit_id=line.visit_id,
                account_id=line.account_id,
                fate=line.fate,
                done=line.done,
                rep=rows.one(User, people[line.rep_id]),
                taker=rows.one(User, people[line.taker_id]),
            )
            for line in listed.rows
        ]
        return connection_of(AlignmentVisit, listed, nodes)


@strawberry.type
class AlignmentMutation:
    @strawberry.mutation(
        description="Begins a draft that changes nothing yet (empty: one that closes every territory): an admin's of the whole "
        "org, a manager's of the territories they lead."
    )
    async def begin_alignment(self, info: Info, name: str, empty: bool = False) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return drafts.begin_alignment(actor=actor, name=name, empty=empty)

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(description="Says what the draft is to change.")
    async def edit_alignment(self, info: Info, input: EditAlignmentInput) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            alignment = alignment_for(actor, input.alignment_id)
            changes = [change_of(actor, one) for one in input.edits]
            return drafts.edit_alignment(actor=actor, alignment=alignment, changes=changes, seen=input.revision)

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(description="Says how the draft treats accounts placed by hand, and planned visits.")
    async def set_alignment_options(self, info: Info, input: AlignmentOptionsInput) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return drafts.set_options(
                actor=actor,
                alignment=alignment_for(actor, input.alignment_id),
                keep_manual=input.keep_manual,
                tidy=input.tidy,
                keep_days=input.keep_days,
                later_visits=input.later_visits,
            )

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(
        description="Names accounts and where they go (at most 10,000 at once); pin: they are pinned there."
    )
    async def place_in_alignment(
        self, info: Info, alignment_id: UUID, placements: list[AlignmentPlacementInput], pin: bool = False
    ) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return drafts.fill_from(
                actor=actor,
                alignment=alignment_for(actor, alignment_id),
                places={one.account_id: one.territory_id for one in placements},
                source=AssignmentSource.PIN if pin else AssignmentSource.MANUAL,
            )

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(description="Takes back what was said of these accounts.")
    async def unplace_in_alignment(self, info: Info, alignment_id: UUID, account_ids: list[UUID]) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return drafts.unname(actor=actor, alignment=alignment_for(actor, alignment_id), accounts=account_ids)

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(description="Throws a draft away.")
    async def discard_alignment(self, info: Info, alignment_id: UUID) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return drafts.discard_alignment(actor=actor, alignment=alignment_for(actor, alignment_id))

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(
        description="Makes the draft the field, now or at an instant; the worker does it, and alignment tells how far it is. "
        "Refused with PREVIEW_CHANGED when it would do other than you saw."
    )
    async def activate_alignment(self, info: Info, input: ActivateAlignmentInput) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return activating.activate_alignment(
                actor=actor,
                alignment=alignment_for(actor, input.alignment_id),
                note=input.note,
                digest=input.digest,
                at=input.at,
                allow_unclaimed=input.allow_unclaimed,
            )

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run_in_turn(act)))

    @strawberry.mutation(description="Calls a scheduled activation off, before it begins; it is a draft again.")
    async def call_off_alignment(self, info: Info, alignment_id: UUID) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return activating.call_off(actor=actor, alignment=alignment_for(actor, alignment_id))

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run(act)))

    @strawberry.mutation(
        description="Takes back what was activated last, now: everybody has what they had, but for what somebody changed since "
        "(report.left). Returns the alignment that does it. note: why."
    )
    async def roll_back_alignment(self, info: Info, alignment_id: UUID, note: str) -> AlignmentPayload:
        actor = info.context.actor

        def act() -> AlignmentRow:
            return undoing.roll_back(actor=actor, alignment=alignment_for(actor, alignment_id), note=note)

        return AlignmentPayload(alignment=rows.one(Alignment, await info.context.run_in_turn(act)))
