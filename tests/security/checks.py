"""What graphql-cop looks for (https://github.com/dolevf/graphql-cop, its checks as of 1.15), asked in our own words, so that it
needs nothing of others. Each check says what it found, or nothing."""

from collections.abc import Callable, Iterator

import httpx

Ask = Callable[..., httpx.Response]


def findings(base: str, headers: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yields the name of each check and what was found; an empty text: nothing."""
    with httpx.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as client:

        def post(query: object, **more: object) -> httpx.Response:
            return client.post("/graphql", json={"query": query, **more})

        for check in CHECKS:
            yield check.__name__.lstrip("_").replace("_", " "), check(client, post)


def _data(answer: httpx.Response) -> object:
    try:
        return answer.json().get("data")
    except (ValueError, AttributeError):
        return None


def _introspection(client: httpx.Client, post: Ask) -> str:
    found = _data(post("{ __schema { types { name } } }"))
    return "the schema describes itself" if found else ""


def _field_suggestions(client: httpx.Client, post: Ask) -> str:
    asked = ("{ acounts { nodes { id } } serverInf { version } __schem { directive } }", "{ __schema { directive } }")
    found = any("did you mean" in post(one).text.lower() for one in asked)
    return "names near to a wrong one are suggested" if found else ""


def _graphiql(client: httpx.Client, post: Ask) -> str:
    for path in ("/graphql", "/", "/graphiql", "/playground", "/console", "/graphql/console"):
        words = client.get(path, headers={"accept": "text/html"}).text.lower()
        if "graphiql" in words or "playground" in words:
            return f"a console at {path}"
    return ""


def _query_by_get(client: httpx.Client, post: Ask) -> str:
    found = _data(client.get("/graphql", params={"query": "{ __typename }"}))
    return "a query is answered by GET" if found else ""


def _mutation_by_get(client: httpx.Client, post: Ask) -> str:
    answer = client.get("/graphql", params={"query": "mutation { __typename }"})
    return f"a mutation is taken by GET ({answer.status_code})" if answer.status_code == 200 and _data(answer) else ""


def _form_post(client: httpx.Client, post: Ask) -> str:
    answers = [
        client.post("/graphql", data={"query": "{ __typename }"}),
        client.post("/graphql", params={"query": "{ __typename }"}),
        client.post("/graphql", content='{"query": "{ __typename }"}', headers={"content-type": "text/plain"}),
        client.post("/graphql", files={"operations": (None, '{"query": "{ __typename }"}'), "map": (None, "{}")}),
    ]
    return "a form is taken for a question" if any(_data(answer) for answer in answers) else ""


def _alias_overloading(client: httpx.Client, post: Ask) -> str:
    found = _data(post("query { " + " ".join(f"a{n}: __typename" for n in range(101)) + " }"))
    return "101 aliases are answered" if found else ""


def _batch_queries(client: httpx.Client, post: Ask) -> str:
    answer = client.post("/graphql", json=[{"query": "{ __typename }"}] * 11)
    return (
        "11 operations in one request are answered"
        if answer.status_code == 200 and isinstance(answer.json(), list)
        else ""
    )


def _field_duplication(client: httpx.Client, post: Ask) -> str:
    return "one field 500 times is answered" if _data(post("query { " + "__typename " * 500 + "}")) else ""


def _directive_overloading(client: httpx.Client, post: Ask) -> str:
    words = post("query { __typename " + "@aa" * 10 + " }").text
    return "ten unknown directives in one place are looked at one by one" if words.count("@aa") >= 10 else ""


def _known_directive_overloading(client: httpx.Client, post: Ask) -> str:
    for times in (10, 100, 500, 1000, 20_000):
        answer = post("query { __typename " + "@skip(if: true)" * times + " }")
        told = answer.json() if answer.status_code < 500 else {}
        # One refusal of the whole is cheap; a word for each of them was bought by looking at each.
        if len(told.get("errors", ())) != 1 or "data" in told:
            return f"one directive {times} times in one place is looked at ({answer.status_code})"
    return ""


def _circular_introspection(client: httpx.Client, post: Ask) -> str:
    nested = "{ name }"
    for _ in range(6):
        nested = "{ fields { type " + nested + " } }"
    found = _data(post("{ __schema { types " + nested + " } }"))
    return "a description that goes in circles is answered" if found else ""


def _circular_fragment(client: httpx.Client, post: Ask) -> str:
    answer = post("query { __schema { ...A } } fragment A on __Schema { ...B } fragment B on __Schema { ...A }")
    return (
        f"fragments in a circle are an error of the server ({answer.status_code})" if answer.status_code >= 500 else ""
    )


def _doubling_fragments(client: httpx.Client, post: Ask) -> str:
    steps = " ".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(24))
    answer = post(f"query {{ ...F0 }} {steps} fragment F24 on Query {{ __typename }}")
    seconds = answer.elapsed.total_seconds()
    return f"fragments that double keep the server busy for {seconds:.1f} s" if seconds > 5 else ""


def _tracing(client: httpx.Client, post: Ask) -> str:
    words = post("{ __typename }", extensions={"tracing": True}).text
    return "answers carry traces" if '"tracing"' in words else ""


def _unhandled_errors(client: httpx.Client, post: Ask) -> str:
    bodies: tuple[object, ...] = (
        "qwerty { abc }",
        "",
        None,
        1,
        [],
        {},
        "{",
        "query",
        "{ __typename",
        "\x00",
        "query A { __typename } query B { a }",
    )
    for body in bodies:
        answer = post(body)
        if answer.status_code >= 500 or any(
            word in answer.text for word in ("Traceback", "Exception", 'File "', "strawberry")
        ):
            return f"{body!r} is answered with the inside of the server ({answer.status_code})"
    return ""


CHECKS = [
    _introspection, _field_suggestions, _graphiql, _query_by_get, _mutation_by_get, _form_post, _alias_overloading,
    _batch_queries, _field_duplication, _directive_overloading, _known_directive_overloading, _circular_introspection,
    _circular_fragment, _doubling_fragments, _tracing, _unhandled_errors,
]  # fmt: skip
