"""A field fails while those beside it have only begun: nothing that was begun is left unawaited."""

import asyncio
import gc
import warnings

import pytest
import strawberry

from backend.schema.compiled.begun import TidyExecutor


async def turns(number: int) -> None:
    """Lets the loop turn so many times."""
    for _ in range(number):
        await asyncio.sleep(0)


@strawberry.type
class Leaf:
    late: int

    @strawberry.field
    async def value(self) -> int:
        await turns(self.late)
        return self.late


@strawberry.type
class Deep:
    late: int

    @strawberry.field
    async def a(self) -> int:
        await turns(self.late)
        return 1

    @strawberry.field
    async def b(self) -> int:
        await turns(self.late)
        return 2

    @strawberry.field
    def leaf(self) -> Leaf:
        return Leaf(late=self.late)

    @strawberry.field
    async def leaves(self) -> list[Leaf]:
        await turns(1)
        return [Leaf(late=self.late), Leaf(late=1)]


@strawberry.type
class Query:
    @strawberry.field
    async def fails(self, after: int) -> int:
        await turns(after)
        raise ValueError("no")

    @strawberry.field
    async def deep(self, after: int) -> Deep:
        await turns(after)
        return Deep(late=after)


class _Silent(strawberry.Schema):
    def process_errors(self, errors: object, execution_context: object = None) -> None:
        """Logs nothing: the failure is meant."""


_schema = _Silent(Query, execution_context_class=TidyExecutor)
_QUESTION = (
    "query ($a: Int!, $b: Int!) { fails(after: $a) deep(after: $b) { a b leaf { value late } leaves { value late } } }"
)


@pytest.mark.parametrize("after", range(6))
@pytest.mark.parametrize("beside", range(6))
def test_whenever_a_field_fails_nothing_is_left_unawaited(after: int, beside: int) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = asyncio.run(_schema.execute(_QUESTION, {"a": after, "b": beside}))
        [error] = result.errors or []
        assert error.path == ["fails"]
        del result, error
        gc.collect()
    assert [str(one.message) for one in told] == []


def test_what_fails_nowhere_is_answered() -> None:
    result = asyncio.run(_schema.execute("{ deep(after: 1) { a b leaf { value } leaves { late } } }"))
    assert result.data == {"deep": {"a": 1, "b": 2, "leaf": {"value": 1}, "leaves": [{"late": 1}, {"late": 1}]}}
