"""Bodies that are not JSON are what their media type says."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.calling import Answer
from tests.http.mocks import Mocks, document, operation

BINARY = {"type": "string", "format": "binary"}


def answer(mocks: Mocks, media_type: str, schema: Any, **media: Any) -> Answer:
    """What an operation answers that documents one media type."""
    content = {media_type: {"schema": schema, **media}}
    responses = {"200": {"description": "", "content": content}}
    return mocks.call(document({"/x": {"get": {**operation(), "responses": responses}}}))("GET", "/x")


@pytest.mark.parametrize(
    ("media_type", "begins"),
    [
        ("image/jpeg", b"\xff\xd8\xff"),
        ("image/png", b"\x89PNG"),
        ("image/gif", b"GIF8"),
        ("image/webp", b"RIFF"),
        ("image/bmp", b"BM"),
        ("image/x-icon", b"\x00\x00\x01\x00"),
        ("application/pdf", b"%PDF-1."),
        ("application/zip", b"PK"),
        ("application/gzip", b"\x1f\x8b"),
        ("audio/mpeg", b"ID3"),
    ],
)
def test_a_file_begins_as_its_type_does(mocks: Mocks, media_type: str, begins: bytes) -> None:
    """Programs tell files by their first bytes."""
    assert answer(mocks, media_type, BINARY).body.startswith(begins)


@pytest.mark.parametrize(
    ("media_type", "separator"), [("text/csv", ","), ("text/tab-separated-values", "\t")]
)
def test_rows_have_the_columns_of_the_schema(mocks: Mocks, media_type: str, separator: str) -> None:
    """A line of names, then one of values for each row."""
    row = {
        "type": "object",
        "required": ["day", "rain"],
        "properties": {"day": {"const": "2026-01-01"}, "rain": {"enum": [3]}},
    }
    lines = (
        answer(mocks, media_type, {"type": "array", "minItems": 2, "items": row}).body.decode().split("\r\n")
    )

    assert lines[0] == f"day{separator}rain"
    assert lines[1] == f"2026-01-01{separator}3"


def test_an_example_of_rows_is_written_as_such(mocks: Mocks) -> None:
    """Values with commas and quotes are quoted, what is inside of a value is JSON, null is empty."""
    rows = [{"a": 'x,"y"', "b": [1]}, {"a": None, "b": True}]
    written = answer(mocks, "text/csv", {"type": "array", "items": {"type": "object"}}, example=rows)

    assert written.body.decode() == 'a,b\r\n"x,""y""",[1]\r\n,true\r\n'
