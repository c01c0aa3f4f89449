"""How somebody stands with what they may ask in a minute, in the words of the draft RateLimit header fields for HTTP."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standing:
    """A budget of `limit` points a minute, `left` of them unspent; the minute ends in `seconds`. `kind`: whose it is."""

    kind: str
    limit: int
    left: int
    seconds: int

    @property
    def headers(self) -> dict[str, str]:
        """Returns what an answer over HTTP says of it."""
        return {
            "ratelimit-policy": f'"{self.kind}";q={self.limit};w=60',
            "ratelimit": f'"{self.kind}";r={self.left};t={self.seconds}',
        }
