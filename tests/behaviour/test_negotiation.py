from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.behaviour.negotiation import NegotiatedResponse, Negotiator
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.response_choice import choose
from mockserver.errors import BadRequestError, NotAcceptableError, NotImplementedByMockError
from mockserver.generation import ValueGenerator
from mockserver.openapi.operation import Operation
from mockserver.openapi.operation_index import OperationKey
from mockserver.openapi.operation_reader import read_operation
from mockserver.openapi.schema.validators import SchemaCompiler

Json = dict[str, Any]
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
THING: Json = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}


def document(responses: Json) -> Json:
    """A document with one operation."""
    return {"openapi": "3.0.3", "paths": {"/x": {"get": {"responses": responses}}}}


def operation(root: Json) -> Operation:
    """The only operation."""
    return read_operation("api", root, "getX", OperationKey("/x", "get"), {"getX"})


def negotiator(root: Json) -> Negotiator:
    """A negotiator of its own."""
    compiler = SchemaCompiler(root)
    return Negotiator(root, ValueGenerator(root, compiler, seed=1, now=NOW), compiler)


def answer(responses: Json, accept: str | None = None, **preferences: Any) -> NegotiatedResponse:
    """The answer of an operation with these responses."""
    root = document(responses)
    return negotiator(root).answer(operation(root), Preferences(**preferences), accept)


def content(*media_types: str, **entry: Any) -> Json:
    """A response with the same in each of some media types."""
    return {"description": "", "content": dict.fromkeys(media_types, entry)}


EMPTY: Json = {"description": ""}


@pytest.mark.parametrize(
    ("documented", "code", "expected"),
    [
        (["404", "201", "200"], None, (200, "200")),
        (["201", "2XX"], None, (201, "201")),
        (["200", "2XX"], None, (200, "200")),
        (["404", "default"], None, (200, "default")),
        (["404", "500"], None, (404, "404")),
        (["5XX"], None, (500, "5XX")),
        (["200", "404"], 404, (404, "404")),
        (["200", "4XX"], 418, (418, "4XX")),
        (["200", "default"], 503, (503, "default")),
        (["200", "4xx", "404"], 404, (404, "404")),
    ],
)
def test_the_status_is_chosen_from_what_is_documented(
    documented: list[str], code: int | None, expected: tuple[int, str]
) -> None:
    """Exact before range before default; the lowest success when nobody asks."""
    chosen = choose(operation(document(dict.fromkeys(documented, EMPTY))), Preferences(code=code))

    assert (chosen.status, chosen.response.status) == expected


def test_a_code_that_is_not_documented_is_refused_with_those_that_are() -> None:
    """The violation points to the header."""
    with pytest.raises(
        BadRequestError, match=r"documents no 404; a fault can answer it\. Documented: 200, 5XX"
    ) as caught:
        answer({"200": EMPTY, "5XX": EMPTY}, code=404)

    assert caught.value.violations[0].pointer == "Prefer"


def test_an_operation_without_responses_is_not_answered() -> None:
    """There is no documented way to."""
    with pytest.raises(NotImplementedByMockError):
        answer({})


@pytest.mark.parametrize(
    ("documented", "accept", "expected"),
    [
        (["text/plain", "application/json"], None, "application/json"),
        (["text/plain", "application/json"], "*/*", "application/json"),
        (["text/plain", "application/json"], "text/*", "text/plain"),
        (["text/plain", "application/json"], "text/plain, application/json;q=0.5", "text/plain"),
        (["text/plain", "application/json"], "application/json;q=0, */*", "text/plain"),
        (
            ["text/plain", "application/json"],
            "application/json;q=0.1, text/plain;q=0.2, */*;q=0.9",
            "text/plain",
        ),
        (["application/json; charset=utf-8"], "application/json", "application/json; charset=utf-8"),
        (["application/json"], "application/json; charset=utf-8", "application/json"),
        (
            ["application/json; v=1", "application/json; v=2"],
            "application/json; v=2",
            "application/json; v=2",
        ),
        (["application/hal+json", "text/plain"], "*/*", "application/hal+json"),
        (["*/*"], None, "application/json"),
        (["*/*"], "text/html", "text/html"),
        (["image/*"], "image/webp", "image/webp"),
        (["image/*"], "*/*", "image/png"),
        (["application/json"], "nonsense", "application/json"),
        (["Application/JSON"], "APPLICATION/json", "Application/JSON"),
        (["application/json"], "*", "application/json"),
        (["application/json"], "application/json;q=nonsense", "application/json"),
    ],
)
def test_the_media_type_is_the_one_wanted_most(
    documented: list[str], accept: str | None, expected: str
) -> None:
    """By the most specific range; JSON before others, then the first."""
    chosen = choose(operation(document({"200": content(*documented)})), accept=accept)

    assert chosen.content_type == expected


@pytest.mark.parametrize("accept", ["text/html", "application/json;q=0", "image/*, text/*"])
def test_what_is_not_documented_is_not_acceptable(accept: str) -> None:
    """The error names what there is."""
    with pytest.raises(NotAcceptableError, match="application/json"):
        answer({"200": content("application/json")}, accept)


@pytest.mark.parametrize("status", ["204", "304"])
def test_a_status_without_body_is_answered_without(status: str) -> None:
    """Whatever the document and `Accept` say (RFC 9110 section 15)."""
    found = answer({status: content("application/json", schema=THING)}, "text/html")

    assert (found.body, found.content_type) == (None, None)


EXAMPLES: Json = {"bad": {"value": {"id": "x"}}, "one": {"value": {"id": 1}}, "two": {"value": {"id": 2}}}


def test_the_first_example_that_fits_is_the_body() -> None:
    """Examples that break their schema are passed over."""
    assert answer({"200": content("application/json", schema=THING, examples=EXAMPLES)}).body == {"id": 1}


def test_a_named_example_is_the_body() -> None:
    """Even where others stand before it."""
    found = answer({"200": content("application/json", schema=THING, examples=EXAMPLES)}, example="two")

    assert found.body == {"id": 2}


@pytest.mark.parametrize(
    ("name", "reason"), [("three", "documented: bad, one, two"), ("bad", "does not match its own schema")]
)
def test_an_example_that_cannot_be_given_is_refused(name: str, reason: str) -> None:
    """Unknown or broken: the caller is told which."""
    with pytest.raises(BadRequestError, match=reason):
        answer({"200": content("application/json", schema=THING, examples=EXAMPLES)}, example=name)


def test_a_dynamic_body_is_generated_and_follows_the_seed() -> None:
    """Examples are passed over; the preferred seed stands for the configured one."""
    responses = {"200": content("application/json", schema=THING, examples=EXAMPLES)}

    found = [answer(responses, dynamic=True, seed=seed).body for seed in (None, 1, 2)]

    assert found[0] == found[1] != found[2]
    assert all(isinstance(body["id"], int) for body in found)


def test_another_key_gives_another_body() -> None:
    """The same key the same."""
    root = document({"200": content("application/json", schema=THING)})
    answers = negotiator(root)

    bodies = [answers.answer(operation(root), key=(key,)).body for key in ("a", "b", "a")]

    assert bodies[0] == bodies[2] != bodies[1]


@pytest.mark.parametrize(
    ("media_type", "entry", "expected"),
    [
        ("text/plain", {"example": "hello"}, "hello"),
        ("application/octet-stream", {"example": "hello"}, b"hello"),
        ("application/xml", {"example": "<a/>"}, "<a/>"),
        (
            "application/xml",
            {"schema": {"xml": {"name": "thing"}}},
            '<?xml version="1.0" encoding="UTF-8"?>\n<thing/>\n',
        ),
        ("application/xml", {"example": {"a": 1}}, '<?xml version="1.0" encoding="UTF-8"?>\n<value/>\n'),
        ("application/json", {}, {}),
        ("application/x-ndjson", {"example": [{"a": 1}, {"a": 2}]}, '{"a":1}\n{"a":2}\n'),
        ("text/html", {"example": {"a": 1}}, '{"a":1}'),
    ],
)
def test_bodies_have_the_form_of_their_media_type(media_type: str, entry: Json, expected: Any) -> None:
    """JSON values, text, or bytes."""
    assert answer({"200": content(media_type, **entry)}).body == expected


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("text/plain", str),
        ("text/csv", str),
        ("image/png", bytes),
        ("application/pdf", bytes),
        ("application/octet-stream", bytes),
        ("application/x-www-form-urlencoded", str),
    ],
)
def test_bodies_that_are_not_json_are_never_empty(media_type: str, kind: type) -> None:
    """With and without a schema."""
    for entry in ({}, {"schema": {"type": "string"}}, {"schema": THING}):
        if entry or kind is bytes or media_type != "application/x-www-form-urlencoded":
            body = answer({"200": content(media_type, **entry)}).body
            assert body


def test_documented_headers_are_sent() -> None:
    """From their example or schema; those of the connection are not the document's to say."""
    headers = {
        "X-Limit": {"schema": {"type": "integer", "minimum": 7, "maximum": 7}},
        "X-Example": {"schema": {"type": "string"}, "example": "é"},
        "X-List": {"schema": {"type": "array", "items": {"enum": [True]}, "minItems": 2, "maxItems": 2}},
        "Content-Length": {"schema": {"type": "integer"}},
        "X-Open": {},
    }

    found = dict(answer({"204": {"description": "", "headers": headers}}).headers)

    assert found == {"X-Limit": "7", "X-Example": "%C3%A9", "X-List": "true,true"}


@pytest.mark.parametrize(
    "schema",
    [{"$ref": "#/nowhere"}, {"type": "integer", "minimum": 2, "maximum": 1}, {"type": "nonsense"}],
)
def test_what_cannot_be_answered_says_why(schema: Json) -> None:
    """A reference into nothing, a contradiction, and no schema at all: the operation is named."""
    with pytest.raises(NotImplementedByMockError, match="getX"):
        answer({"200": content("application/json", schema=schema)})


STATUSES = st.sampled_from(["200", "201", "204", "2XX", "301", "4XX", "404", "500", "default"])
TYPES = st.sampled_from(
    ["application/json", "text/plain", "*/*", "image/*", "application/xml", "application/a+json"]
)
BODIES = st.dictionaries(TYPES, st.just({"schema": THING}), max_size=3)


@given(
    st.dictionaries(STATUSES, BODIES, max_size=4),
    st.none() | st.integers(100, 599),
    st.none() | st.lists(TYPES, max_size=2).map(",".join) | st.text(),
)
def test_negotiation_is_total_and_returns_only_documented_pairs(
    documented: Json, code: int | None, accept: str | None
) -> None:
    """A documented response in a documented type, or an error that knows its status."""
    responses = {status: {"description": "", "content": bodies} for status, bodies in documented.items()}
    one = operation(document(responses))

    try:
        chosen = choose(one, Preferences(code=code), accept)
    except (BadRequestError, NotAcceptableError, NotImplementedByMockError):
        return

    assert one.response(chosen.status) is chosen.response or code is None
    assert chosen.response in one.responses.values()
    assert chosen.media_type is None or chosen.media_type in chosen.response.content.values()
    assert (chosen.media_type is None) == (chosen.content_type is None)
    assert chosen.content_type is None or "*" not in chosen.content_type
