"""Fields that lead from one row to others, and fields that show another column than that of their name: declared once, for
the resolver and for compiled reads alike."""

from collections.abc import Mapping
from inspect import Parameter, Signature
from operator import attrgetter
from typing import Any

from django.db.models import F
from django.db.models.expressions import Combinable
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.utils.str_converters import to_camel_case

from backend.schema.context import Info
from backend.schema.sources import Source


class EdgeField(StrawberryField):
    """A field that leads from a row, by its column `here`, to the rows of a source."""

    source: Source[Any]
    here: str
    names: Mapping[str, str]
    """Of its arguments, by what GraphQL calls them."""


class ColumnField(StrawberryField):
    """A field that shows what `shows` is of its row."""

    shows: Combinable


def edge(source: Source[Any], here: str = "id", *, description: str | None = None) -> Any:
    """Declares an edge: to the row, or the rows, of the source whose key is the row's `here`; null where that is null. It
    takes what the source can be narrowed by."""

    async def load(self: Any, info: Info, **arguments: object):  # type: ignore[no-untyped-def]  # the field says what it is
        wanted = source.wanted(arguments)
        key = getattr(self, here)
        return None if key is None else await info.context.load.of(source, wanted).load(key)

    taken = source.takes()
    given = [
        Parameter("self", Parameter.POSITIONAL_ONLY),
        Parameter("info", Parameter.POSITIONAL_ONLY, annotation=Info),
    ]
    given += [
        Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in taken.items()
    ]
    load.__signature__ = Signature(given)  # type: ignore[attr-defined]
    field = EdgeField(base_resolver=StrawberryResolver(load), description=description)
    field.source, field.here = source, here
    field.names = {to_camel_case(name): name for name in taken}
    return field


def column(path: str, *, shows: Combinable | None = None, description: str | None = None) -> Any:
    """Declares a field that shows the attribute `path` ("contact.full_name"); `shows`: the same for the database, where it
    is no column."""
    get = attrgetter(path)

    def show(self: Any):  # type: ignore[no-untyped-def]  # the field says what it is
        return get(self)

    field = ColumnField(base_resolver=StrawberryResolver(show), description=description)
    field.shows = F(path.replace(".", "__")) if shows is None else shows
    return field
