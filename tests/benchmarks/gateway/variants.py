"""Who answers: each server with its questions."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import UUID

import orjson
import psycopg

from backend.clients.actions import add_build
from backend.identity.models import User
from backend.identity.tokens import access_token_for, open_session
from tests.benchmarks.gateway.line import Line
from tests.benchmarks.gateway.questions import Ask, Floor, Graphile, Library, Ours, Row, digest
from tests.benchmarks.rivals import serving
from tests.benchmarks.running import Running
from tests.factories.world import World

# To PostGraphile a view says by its comment what tables say by their keys.
VIEW = """
CREATE VIEW bench_contact AS
SELECT r.id, r.account_id, r.role, r.is_primary, p.full_name, p.email, p.phone
FROM crm_accountcontactrelation r JOIN crm_contact p ON p.id = r.contact_id WHERE r.deleted_at IS NULL;
COMMENT ON VIEW bench_contact IS E'@primaryKey id\\n@foreignKey (account_id) references public.crm_account (id)'
'|@foreignFieldName people\\n@behavior +attribute:orderBy';
"""


class Words(Protocol):
    """How a server is asked."""

    def many(self, shape: str, n: int) -> Ask:
        """Asks for a page."""

    def one(self, row: UUID, *, stored: bool) -> Ask:
        """Asks for one."""


@dataclass
class Variant:
    """One way to read: a server, how it is asked, and who asks: of many rows a script, of one a phone."""

    name: str
    server: Running
    words: Words
    script: Callable[[], str | None] = lambda: None
    phone: Callable[[], str | None] = lambda: None
    line: Line = field(init=False)

    def __post_init__(self) -> None:
        self.line = Line(self.server.port)

    def rows(self, ask: Ask, token: str | None) -> list[Row]:
        """Returns the accounts that are answered."""
        return ask.rows(answer(self.line.ask(ask, token)))


def answer(body: bytes) -> object:
    """Returns what a body holds; raises SystemExit for errors."""
    found = orjson.loads(body)
    if not isinstance(found, dict) or found.get("errors"):
        raise SystemExit(f"refused: {body[:800]!r}")
    return found.get("data", found)


def _tokens(user: User, world: World) -> tuple[Callable[[], str], Callable[[], str]]:
    """Returns what makes tokens: those of a script, which may read large pages, and of a phone."""
    device = world.phone(user)
    return lambda: access_token_for(user.username), lambda: open_session(device).access_token


@contextmanager
def variants(world: World, database: str, folder: Path) -> Iterator[dict[str, Variant]]:
    """Starts every server; the first variant is what the others are held against."""
    with psycopg.connect(database, autocommit=True) as line:
        line.execute(VIEW)
    documents = {digest(text): text for text in (Ours.ONE, Ours.FLAT, Ours.NESTED)}
    add_build(app="bench", build="1", documents=documents)
    org = world.org.pk
    with ExitStack() as ends:

        def keep(server: Running) -> Running:
            ends.callback(server.stop)
            return server

        floor = keep(serving.asgi("bench-floor", "floor:app", database, folder))
        ours = keep(serving.fieldbeat(database, folder))
        library = keep(serving.asgi("bench-library", "django_servers:app", database, folder))
        graphile = keep(serving.node("bench-postgraphile", "postgraphile.mjs", database, folder, Graphile.ONE))
        found = [
            Variant("f", floor, Floor(org)),
            Variant("f + coverage", floor, Floor(org, world.ben.pk)),
            Variant("Fieldbeat", ours, Ours(), *_tokens(world.ben, world)),
            Variant("Fieldbeat, admin", ours, Ours(), *_tokens(world.dee, world)),
            Variant("PostGraphile", graphile, Graphile(org)),
            Variant("strawberry-django", library, Library(org)),
        ]
        yield {one.name: one for one in found}
