"""Somebody who asks a server without end, while something beneath it dies."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

BOUND = 60.0
"""So long a caller may wait for whatever answer on a busy machine; a hang would be for ever."""


@dataclass
class Asking:
    """Somebody who asks one small question all the time (`every` so many seconds after an answer), and notes what was answered."""

    base: str
    token: str
    every: float = 0.02
    answers: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    longest: float = 0.0
    last: str = ""

    def __post_init__(self) -> None:
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._ask, name="asking", daemon=True)
        self._thread.start()

    def _ask(self) -> None:
        headers = {"authorization": f"Bearer {self.token}"}
        with httpx.Client(trust_env=False, timeout=BOUND, headers=headers) as client:
            while not self._enough.wait(self.every):
                begun = time.monotonic()
                answer = client.post(
                    f"{self.base}/graphql", json={"query": "{ accounts(first: 3) { nodes { name } } }"}
                )
                self.longest = max(self.longest, time.monotonic() - begun)
                self.last = self._said(answer)
                self.answers[self.last] += 1

    def _said(self, answer: httpx.Response) -> str:
        try:
            told = answer.json()
        except json.JSONDecodeError:
            self.odd.append(f"{answer.status_code} {answer.text[:200]}")
            return "odd"
        if answer.status_code == 200 and "errors" not in told:
            return "answered"
        extensions = told["errors"][0]["extensions"]
        clear = (answer.status_code, extensions["code"], extensions["retry"]) == (503, "DATABASE_UNAVAILABLE", "RETRY")
        if not clear or int(answer.headers["retry-after"]) < 1:
            self.odd.append(f"{answer.status_code} {answer.text[:200]}")
        return str(extensions["code"])

    def stop(self) -> None:
        """Asks no more."""
        self._enough.set()
        self._thread.join(BOUND)
        assert not self._thread.is_alive(), "an answer did not come"
