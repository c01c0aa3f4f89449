"""A few threads that a channel keeps, however many messages it is handed."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Pool:
    """At most `parallel` calls at a time; the threads are made when first needed, and kept."""

    def __init__(self, name: str, parallel: int) -> None:
        """`name` is for whoever looks at the threads of a process."""
        self.parallel = parallel
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix=name)

    def each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """Returns what `work` makes of each item, in order; raises what the first one raised, after all have ended."""
        if len(items) == 1:
            return [work(items[0])]
        # The threads help themselves: to hand each of them one item after another costs more than some providers' answer.
        waiting = iter(enumerate(items))
        made: dict[int, R] = {}

        def help_oneself() -> None:
            for number, item in waiting:
                made[number] = work(item)

        helping = [self._threads.submit(help_oneself) for _ in range(min(self.parallel, len(items)))]
        for error in [one.exception() for one in helping]:
            if error is not None:
                raise error
        return [made[number] for number in range(len(items))]

    def close(self) -> None:
        """Ends the threads once they have nothing to do."""
        self._threads.shutdown(wait=False)
