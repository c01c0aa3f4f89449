"""What was purged from the change log, and to whom it would have mattered."""

from backend.sync.models import Stream


def too_old(stream: Stream, base: str) -> bool:
    """Says whether something was purged that was not visible in the snapshot `base` and concerned a root of the stream."""
    del stream, base
    return False
