"""What large documents take: equal texts are kept once."""

from pathlib import Path

import orjson

from mockserver.openapi.reading.document_files import parse

_FILE = Path("large.json")


def _content(count: int) -> bytes:
    """A document whose operations repeat a description, a tag and a reference."""
    operation = {
        "tags": ["a tag of many operations"],
        "description": "The same sentence in every operation.",
        "responses": {"200": {"$ref": "#/components/responses/answer"}},
    }
    return orjson.dumps({"paths": {f"/things/{number}": {"get": operation} for number in range(count)}})


def test_equal_texts_of_a_large_document_are_one_object() -> None:
    """Descriptions, references and texts in lists are shared; the values stay equal to those of the file."""
    content = _content(30_000)
    assert len(content) > 4_194_304

    read = parse(content, _FILE)

    assert read == orjson.loads(content)
    one, other = (read["paths"][f"/things/{number}"]["get"] for number in (0, 29_999))
    assert one["description"] is other["description"]
    assert one["tags"][0] is other["tags"][0]
    assert one["responses"]["200"]["$ref"] is other["responses"]["200"]["$ref"]
    assert one["responses"] is not other["responses"]


def test_a_small_document_is_read_as_it_is() -> None:
    """Looking for equal texts would take longer than reading a small document."""
    content = _content(2)

    assert parse(content, _FILE) == orjson.loads(content)
