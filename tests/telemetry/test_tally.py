"""What is counted in a hurry is what the Prometheus library is told in the end."""

import threading

from prometheus_client import CollectorRegistry

from backend.telemetry.tally import Count, Spread


def test_counts_of_all_threads_are_told_once() -> None:
    registry = CollectorRegistry()
    count = Count("doors", "Doors.", ("door",), registry)

    def walk() -> None:
        for _ in range(1_000):
            count.add("front")
            count.tell()

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    count.add("back", n=2.5)
    count.tell()
    assert registry.get_sample_value("doors_total", {"door": "front"}) == 4_000
    assert registry.get_sample_value("doors_total", {"door": "back"}) == 2.5


def test_what_took_exactly_a_bound_falls_within_it_and_what_took_longer_than_all_beyond() -> None:
    registry = CollectorRegistry()
    spread = Spread("waits", "Waits.", ("door",), registry, (0.1, 1))
    for seconds in (0.05, 0.1, 0.5, 1.0, 7.0):
        spread.add(seconds, "front")
    spread.tell()
    spread.tell()

    def within(bound: str) -> float | None:
        return registry.get_sample_value("waits_bucket", {"door": "front", "le": bound})

    assert [within("0.1"), within("1.0"), within("+Inf")] == [2, 4, 5]
    assert registry.get_sample_value("waits_sum", {"door": "front"}) == 8.65


def test_a_block_is_timed_even_when_it_breaks() -> None:
    registry = CollectorRegistry()
    spread = Spread("blocks", "Blocks.", (), registry, (3600,))
    try:
        with spread.timed():
            raise KeyError("broken")
    except KeyError:
        spread.tell()
    assert registry.get_sample_value("blocks_count") == 1
