"""Which rows a stream of such a client holds, so that a root that leaves can be told row by row.

Our own phones drop a root whole. A document store must be told each document, also when its rows can no longer be asked
for. A row that goes is marked with the number of the answer that tells it, and is told in the last page of a pull; the
mark falls when the row is put again, and the row is forgotten when the client shows that it has that answer."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from backend.sync.facades.models import HeldRow, Told
from backend.sync.models import DeviceState, Stream
from backend.sync.protocol import Op


@dataclass(slots=True)
class Held:
    """What one stream holds, while the answer of number `answer` is made."""

    told: Told
    answer: int

    def confirm(self, answer: int) -> None:
        """Forgets what the client has shown to have been told, with the answer of that number at the latest."""
        rows = HeldRow.objects.filter(stream_id=self.told.pk)
        rows.filter(gone__lte=answer).delete()
        rows.filter(again__lte=answer).update(again=None)

    def doubt_everything(self) -> None:
        """Begins anew: what is not put again by the end of the pull is told to go."""
        HeldRow.objects.filter(stream_id=self.told.pk, gone=None).update(gone=self.answer)

    def take(self, ops: Iterable[Op]) -> None:
        """Notes what the operations of one page do to what the client holds."""
        puts: dict[tuple[str, str], str] = {}
        for op in ops:
            if op["op"] == "put":
                puts[op["entity"], op["id"]] = op["root"]
                continue
            self._put(puts)
            puts = {}
            rows = HeldRow.objects.filter(stream_id=self.told.pk, gone=None)
            rows = (
                rows.filter(root=op["root"]) if op["op"] == "evict" else rows.filter(entity=op["entity"], row=op["id"])
            )
            rows.update(gone=self.answer)
        self._put(puts)

    def _put(self, puts: dict[tuple[str, str], str]) -> None:
        if not puts:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO facades_heldrow (stream_id, entity, row, root) "
                "SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::uuid[]) "
                "ON CONFLICT (stream_id, entity, row) DO UPDATE SET root = EXCLUDED.root, gone = NULL",
                [
                    self.told.pk,
                    [entity for entity, _ in puts],
                    [row for _, row in puts],
                    list(puts.values()),
                ],
            )

    def leaving(self) -> list[tuple[str, str]]:
        """Returns (entity, id) of the rows that are to go."""
        return self._named(Q(gone__isnull=False))

    def hold_back(self) -> None:
        """Leaves to the next answer what this one was to take away: having this one shows nothing of it."""
        HeldRow.objects.filter(stream_id=self.told.pk, gone__isnull=False).update(gone=self.answer + 1)

    def again(self) -> list[tuple[str, str]]:
        """Returns (entity, id) of the rows that are to be sent once more though nothing touched them."""
        return self._named(Q(again__isnull=False, gone=None))

    def _named(self, which: Q) -> list[tuple[str, str]]:
        rows = HeldRow.objects.filter(which, stream_id=self.told.pk).order_by("entity", "row")
        return list(rows.values_list("entity", "row"))

    def send_again(self, entity: str, ids: Collection[str]) -> None:
        """Notes that the next answer is to bring these rows as they stand, whatever the client made of them."""
        self._mark(entity, ids, "again")

    def send_all_again(self, entity: str) -> None:
        """Notes that this answer is to bring every row of the entity once more."""
        HeldRow.objects.filter(stream_id=self.told.pk, entity=entity, gone=None).update(again=self.answer)

    def take_away(self, entity: str, ids: Collection[str]) -> None:
        """Notes that the next answer is to take these rows away, whether or not the client was ever given them."""
        self._mark(entity, ids, "gone")

    def _mark(self, entity: str, ids: Collection[str], column: str) -> None:
        rows = [HeldRow(stream_id=self.told.pk, entity=entity, row=row, **{column: self.answer}) for row in ids]
        HeldRow.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["stream", "entity", "row"], update_fields=[column]
        )


@contextmanager
def held(device_id: UUID, stream: str, *, number: int | None = None) -> Iterator[Held]:
    """Locks what a stream holds, for one answer; its number is one more than the last, or `number` if that is more."""
    with transaction.atomic():
        # A stream is never without its device's state: pull counts on that.
        DeviceState.objects.get_or_create(device_id=device_id)
        known, _ = Stream.objects.get_or_create(device_id=device_id, name=stream)
        Told.objects.get_or_create(stream=known)
        told = Told.objects.select_for_update().get(pk=known.pk)
        yield Held(told, max(told.answers + 1, number or 0))
        told.save()
