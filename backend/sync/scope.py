"""Which roots a device holds, may hold, gains and loses. A generation is one step of that set.

A root is *certain* at generation g when it was added by then and no later generation took it away; rows of generations
that the device never confirmed make a root uncertain, and an uncertain root is sent again whole or evicted."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q

from backend.sync.models import DeviceScope, DeviceState


@dataclass(frozen=True, slots=True)
class ScopeDiff:
    """What changes between what the device holds at its generation and what its user sees now."""

    leave: list[UUID]
    enter: list[UUID]
    doubtful: list[UUID]

    @property
    def empty(self) -> bool:
        """Says that nothing enters or leaves."""
        return not (self.leave or self.enter)


def forget(device_id: UUID) -> None:
    """Drops all that is known of the device: it starts from nothing."""
    DeviceScope.objects.filter(device_id=device_id).delete()


def confirm(state: DeviceState, gen: int) -> None:
    """Notes that the device holds generation `gen`: what had left by then is surely gone."""
    state.acked_gen = gen
    DeviceScope.objects.filter(device_id=state.pk, removed_gen__lte=gen).delete()


def compare(device_id: UUID, gen: int, visible: Collection[UUID]) -> ScopeDiff:
    """Returns what must leave and enter, seen from a device that surely holds generation `gen`."""
    known = DeviceScope.objects.filter(device_id=device_id).values_list("root", "added_gen", "removed_gen")
    certain: set[UUID] = set()
    uncertain: set[UUID] = set()
    for root, added, removed in known:
        (certain if added <= gen and removed is None else uncertain).add(root)
    enter = [root for root in visible if root not in certain]
    return ScopeDiff(
        leave=sorted((certain | uncertain) - set(visible)),
        enter=sorted(enter),
        doubtful=sorted(root for root in enter if root in uncertain),
    )


def begin(state: DeviceState) -> int:
    """Opens a new generation and returns its number."""
    state.last_gen += 1
    return state.last_gen


def apply(device_id: UUID, diff: ScopeDiff, gen: int) -> None:
    """Writes the diff down under generation `gen`."""
    remove(device_id, diff.leave, gen)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_devicescope (device_id, root, added_gen, removed_gen) "
            "SELECT %s, root, %s, NULL FROM unnest(%s::uuid[]) root "
            "ON CONFLICT (device_id, root) DO UPDATE SET added_gen = EXCLUDED.added_gen, removed_gen = NULL",
            [device_id, gen, diff.enter],
        )


def remove(device_id: UUID, roots: Iterable[UUID], gen: int) -> None:
    """Notes that generation `gen` tells the device to drop these roots."""
    DeviceScope.objects.filter(device_id=device_id, root__in=list(roots)).update(removed_gen=gen)


def held(device_id: UUID, *, until: int | None = None, after: int | None = None) -> set[UUID]:
    """Returns the roots the device holds or is being given: all, those entered by generation `until`, or those `after`."""
    rows = DeviceScope.objects.filter(device_id=device_id, removed_gen=None)
    if until is not None:
        rows = rows.filter(added_gen__lte=until)
    if after is not None:
        rows = rows.filter(added_gen__gt=after)
    return set(rows.values_list("root", flat=True))


def was_given(device_id: UUID, root: UUID) -> bool:
    """Says whether the device holds the root, or held it when it last synced: work done on it there is honoured."""
    confirmed = DeviceState.objects.filter(pk=device_id).values_list("acked_gen", flat=True).first() or 0
    return (
        DeviceScope.objects.filter(device_id=device_id, root=root)
        .filter(Q(removed_gen=None) | Q(removed_gen__gt=confirmed))
        .exists()
    )
