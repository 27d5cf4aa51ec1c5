"""Header fields that HTTP defines have HTTP's form, and pages of other origins may read documented ones."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.http.mocks import Mocks, document, operation

from mockserver.behaviour.well_known_headers import well_formed

FORMS = [
    ("ETag", r'"[^"]+"'),
    ("Last-Modified", r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT"),
    ("Expires", r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT"),
    ("Retry-After", r"\d+"),
    ("Link", r'<[^>]+>; rel="next"'),
    ("Location", r"[^\s<>]+"),
    ("Content-Disposition", r'attachment; filename="[^"]+"'),
    ("Cache-Control", "no-cache"),
    ("Vary", "Accept"),
    ("Accept-Ranges", "bytes"),
    ("Set-Cookie", r"session=[a-f0-9]{24}; Path=/; HttpOnly"),
]


def fields(mocks: Mocks, headers: dict[str, Any], **request: str) -> Any:
    """The answer of an operation with these documented headers."""
    answers = {"200": {"description": "", "headers": headers}}
    return mocks.call(document({"/x": {"get": {**operation(), "responses": answers}}}))(
        "GET", "/x", headers=request
    )


def test_each_field_has_the_form_that_http_gives_it(mocks: Mocks) -> None:
    """Although any string fits the schema."""
    answer = fields(mocks, {name: {"schema": {"type": "string"}} for name, _ in FORMS})

    wrong = [name for name, form in FORMS if not re.fullmatch(form, str(answer.header(name.lower())))]
    assert not wrong


def test_an_example_of_an_etag_is_quoted_and_a_right_one_is_kept(mocks: Mocks) -> None:
    """What the document gives is kept as far as HTTP has a form for it."""
    text = {"type": "string"}
    answer = fields(
        mocks,
        {
            "ETag": {"schema": text, "example": "33a64df5"},
            "Cache-Control": {"schema": text, "example": "max-age=60, public"},
            "Last-Modified": {"schema": text, "example": "Wed, 21 Oct 2015 07:28:00 GMT"},
        },
    )

    assert answer.header("etag") == '"33a64df5"'
    assert answer.header("cache-control") == "max-age=60, public"
    assert answer.header("last-modified") == "Wed, 21 Oct 2015 07:28:00 GMT"


def test_a_schema_that_asks_for_another_form_is_kept(mocks: Mocks) -> None:
    """An ETag of 32 digits without quotes is what the document promises."""
    answer = fields(mocks, {"ETag": {"schema": {"type": "string", "pattern": "^[a-f0-9]{32}$"}}})

    assert re.fullmatch("[a-f0-9]{32}", str(answer.header("etag")))


@pytest.mark.parametrize(
    "names",
    [
        ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Used"),
        ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Used"),
        ("X-Rate-Limit-Limit", "X-Rate-Limit-Remaining", "X-Rate-Limit-Used"),
    ],
)
def test_no_more_is_left_than_the_limit(mocks: Mocks, names: tuple[str, str, str]) -> None:
    """And what is used is the rest of it."""
    limit, remaining, used = names
    small, free = {"type": "integer", "minimum": 1, "maximum": 60}, {"type": "integer", "minimum": 0}
    answer = fields(mocks, {limit: {"schema": small}, remaining: {"schema": free}, used: {"schema": free}})

    numbers = [int(str(answer.header(name.lower()))) for name in names]
    assert numbers[1] < numbers[0]
    assert numbers[1] + numbers[2] == numbers[0]


def test_documented_headers_are_exposed_to_pages_of_other_origins(mocks: Mocks) -> None:
    """Fetch hides all others from scripts."""
    answer = fields(mocks, {"X-Total-Count": {"schema": {"type": "integer"}}}, origin="http://localhost:5173")

    assert "X-Total-Count" in str(answer.header("access-control-expose-headers")).split(", ")


def test_fields_that_http_does_not_define_stay_as_they_are() -> None:
    """`X-Anything` may be any text."""
    assert well_formed("x-anything", "Golden Gate", str, is_documented=False) == "Golden Gate"
