"""What is not read by one statement, and how often: nothing is guessed, the resolvers answer."""

from collections import Counter
from threading import Lock

from backend.kit.logs import logger
from backend.telemetry import metrics

_log = logger("graphql")
_lock = Lock()
_counted: Counter[tuple[str, str]] = Counter()
_noted: set[tuple[str, str]] = set()


class Refused(Exception):
    """A selection is left to the resolvers; says where ("Type.field") and why."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


class Unsayable(Exception):
    """A row holds a value that the database would write otherwise than the resolvers."""


def note(refused: Refused) -> None:
    """Logs what plans leave to a resolver: the first of each kind."""
    with _lock:
        first = (refused.where, refused.why) not in _noted
        _noted.add((refused.where, refused.why))
    if first:
        _log.info("left_to_its_resolver", where=refused.where, why=refused.why)


def count(where: str, why: str) -> None:
    """Counts one read that resolvers answered: the whole ("Type"), or one field of its rows ("Type.field"). The first of each
    kind is logged."""
    with _lock:
        _counted[where, why] += 1
        first = _counted[where, why] == 1
    metrics.READ_BY_RESOLVERS.add()
    if first:
        _log.info("read_by_resolvers", where=where, why=why)


def counted() -> dict[tuple[str, str], int]:
    """Returns how often the resolvers answered in this process, by (where, why)."""
    with _lock:
        return dict(_counted)
