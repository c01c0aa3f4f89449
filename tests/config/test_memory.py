"""A process whose threads each made a large answer once does not keep all of them."""

import subprocess
import sys

import pytest

# Each thread makes 30 MB of small pieces and lets them go, all at the same time.
GROWN = """
import sys, threading
from backend.kit.memory import few_arenas
if sys.argv[1] == "few":
    assert few_arenas()
together = threading.Barrier(12)
def work():
    kept = [bytes(60_000) for _ in range(500)]
    together.wait()
    del kept
    together.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
# A heap of threads begins at a multiple of its greatest size.
print(sum(int(line.split("-")[0], 16) % 2**26 == 0 for line in open("/proc/self/maps")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's own")
def test_threads_share_a_few_heaps() -> None:
    def maps(how: str) -> int:
        ended = subprocess.run([sys.executable, "-c", GROWN, how], capture_output=True, text=True, check=True)
        return int(ended.stdout)

    assert maps("few") <= 2 < maps("many")
