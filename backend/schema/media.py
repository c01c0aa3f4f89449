"""In what words GraphQL is answered over HTTP: the media types of the request and of the answer."""

from email.message import Message
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENTS = "text/event-stream"
"""A stream of events chooses its own words; what is refused before it begins is JSON."""

_ANY = {"application/*": JSON, "*/*": JSON, JSON: JSON, GRAPHQL: GRAPHQL, EVENTS: JSON}


@lru_cache(maxsize=256)
def answered_in(accept: str | None) -> str | None:
    """Returns the media type that an Accept header asks for: the dearest, and of those as dear the first. JSON when there is
    no header; None when it asks for nothing that is spoken here."""
    if not accept or not accept.strip():
        return JSON
    wished = sorted((_wish(one) for one in accept.split(",")), key=lambda wish: -wish[0])
    return next((_ANY[kind] for worth, kind in wished if worth > 0 and kind in _ANY), None)


def _wish(text: str) -> tuple[float, str]:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    worth = 1.0
    for one in parameters:
        name, _, value = one.partition("=")
        if name.strip() == "q":
            try:
                worth = float(value)
            except ValueError:
                worth = 0.0
    return worth, kind


@lru_cache(maxsize=256)
def is_json(content_type: str | None) -> bool:
    """Says whether a body is JSON in UTF-8, by what its header says: nothing that a web page could send unasked."""
    if not content_type:
        return False
    header = Message()
    header["content-type"] = content_type
    charset = header.get_param("charset", "utf-8")
    return header.get_content_type() == JSON and str(charset).strip('"').lower() in ("utf-8", "utf8")
