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
        waiting = [self._threads.submit(work, item) for item in items]
        ended = [one.exception() for one in waiting]
        for error in ended:
            if error is not None:
                raise error
        return [one.result() for one in waiting]

    def close(self) -> None:
        """Ends the threads once they have nothing to do."""
        self._threads.shutdown(wait=False)
