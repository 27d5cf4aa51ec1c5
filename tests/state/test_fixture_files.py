"""Fixture files: what is wrong in one stops the start, with file, pointer and line."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import FixtureError
from mockserver.openapi.document import load
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.fixtures.fixture_loader import Fixture, load_fixture

DOCUMENT = """
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths: {}
components:
  schemas:
    Item:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        size: {type: integer, nullable: true}
        tags: {type: array, items: {type: string}}
"""


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read a fixture of a document with items."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    document = load(tmp_path / "shop.yaml")

    def read(text: str) -> Fixture:
        file = tmp_path / "fixture.yaml"
        file.write_text(textwrap.dedent(text))
        return load_fixture(file, document, SchemaCompiler(document.root), 1)

    return read


def _items(records: str) -> str:
    return f"collections:\n  items:\n    schema: '#/components/schemas/Item'\n    records: {records}\n"


@pytest.mark.parametrize(
    ("text", "pointer", "line", "reason"),
    [
        ("locale: [\n", "", 2, "YAML"),
        ("- 1\n", "", 1, "object is expected"),
        ("locale: en_GB\ncolections: {}\n", "/colections", 2, "unknown key 'colections'"),
        ("clock: yesterday\n", "/clock", 1, "not a moment"),
        ("clock: 5\n", "/clock", 1, "not a moment"),
        ("identities:\n  a:\n    rolls: [x]\n", "/identities/a/rolls", 3, "unknown key 'rolls'"),
        ("identities:\n  a:\n    token: 7\n", "/identities/a/token", 3, "text is expected"),
        ("identities:\n  a:\n    token: [b]\n", "/identities/a/token", 3, "text is expected"),
        (
            "identities:\n  a: {token: x}\n  b:\n    token: x\n",
            "/identities/b/token",
            4,
            "a has this token already",
        ),
        ("collections:\n  items:\n    schema: 5\n", "/collections/items/schema", 3, "text is expected"),
        ("identities:\n  a: token\n", "/identities/a", 2, "object is expected"),
        ("identities:\n  a:\n    expires: soon\n", "/identities/a/expires", 3, "not a moment"),
        ("identities:\n  a:\n    roles: admin\n", "/identities/a/roles", 3, "list"),
        ("identities: [a]\n", "/identities", 1, "object is expected"),
        ("locale: en_GB\nlocale: es_ES\n", "/locale", 2, "duplicate key"),
        ("collections: [items]\n", "/collections", 1, "object is expected"),
        ("collections:\n  items:\n    kee: id\n", "/collections/items/kee", 3, "unknown key 'kee'"),
        (
            "collections:\n  items:\n    schema: '#/nowhere'\n",
            "/collections/items/schema",
            3,
            "cannot be used",
        ),
        (
            _items("\n    - {id: 1}\n    - {id: 1}"),
            "/collections/items/records/1",
            6,
            "second record with id 1",
        ),
        (
            _items("\n    - {id: 1}\n    - {name: x}"),
            "/collections/items/records/1",
            6,
            "needs its key, 'id'",
        ),
        (
            _items("\n    - id: 1\n      size: big"),
            "/collections/items/records/0/size",
            6,
            "breaks the document",
        ),
        (
            _items("\n    - id: 1\n      tags:\n      - a\n      - 5"),
            "/collections/items/records/0/tags/1",
            8,
            "breaks",
        ),
        (_items("\n    - text"), "/collections/items/records/0", 5, "needs its key"),
        (_items("{id: 1}"), "/collections/items/records", 4, "list"),
        (
            _items("[]") + "    generate: {cuont: 5}\n",
            "/collections/items/generate/cuont",
            5,
            "unknown key 'cuont'",
        ),
        (_items("[]") + "    generate: [1]\n", "/collections/items/generate", 5, "object is expected"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    read: Any, text: str, pointer: str, line: int, reason: str
) -> None:
    """A line to go to, a pointer for those who count, and what is wrong there."""
    with pytest.raises(FixtureError) as failed:
        read(text)

    place = failed.value.place
    assert (place.file.name, place.pointer, place.line) == ("fixture.yaml", pointer, line)
    assert reason in str(failed.value)


@pytest.mark.parametrize(
    "values",
    [
        "{id: {faker: nothing}}",
        "{id: {faker: _private}}",
        "{id: {faker: [pyint, {nothing: 1}]}}",
        "{id: {faker: [pyint]}}",
        "{id: {faker: 5}}",
        "{id: {choice: []}}",
        "{id: {choice: 5}}",
        "{id: {cycle: []}}",
        "{id: {cycle: 5}}",
        "{id: {number: [9, 1]}}",
        "{id: {number: 5}}",
        "{id: {number: [a, b]}}",
        "{id: {index: x}}",
        "{id: {index: 1}, size: {copy: nothing}}",
        "{id: {index: 1}, size: {copy: 5}}",
        "{id: {index: 1}, size: {text: 5}}",
        "{id: {index: 1}, size: {text: '{nothing}'}}",
        "{id: {index: 1}, size: {record: nothing}}",
        "{id: {index: 1}, size: {record: others, field: nothing}}",
        "{id: {index: 1}, size: {record: others, fields: [nothing]}}",
        "{id: {index: 1}, size: {when: nothing, is: 1, then: 2}}",
        "{id: {index: 1}, size: {when: id, then: 2}}",
        "{id: {index: 1}, size: {instant: {days: x}}}",
        "{id: {index: 1}, size: {instant: {days: [9, 1]}}}",
        "{id: {index: 1}, size: {instant: {days: 1000000000}}}",
        "{id: {index: 1}, size: {instant: {from: id}}}",
        "{id: {index: 1}, size: {instant: 5}}",
        "{id: {index: 1}, size: {instant: {step: 0}}}",
        "{id: {index: 1}, size: text}",
        "{size: 1}",
        "{}",
        "[]",
        "5",
    ],
)
def test_a_rule_that_cannot_be_followed_is_a_fixture_error(read: Any, values: str) -> None:
    """Whatever is wrong with it: its place is named, and nothing else is raised."""
    collections = """
    collections:
      others:
        records: [{id: 1}]
      items:
        schema: '#/components/schemas/Item'
        generate:
          count: 2
          values: """
    with pytest.raises(FixtureError) as failed:
        read(collections + values).collections["items"].all()

    assert failed.value.place.pointer.startswith("/collections/items/generate")
    assert failed.value.place.line is not None


@pytest.mark.parametrize(
    ("rule", "pointer", "line", "reason"),
    [
        ("{faker: nothing}", "/size", 7, "Faker has no provider 'nothing'"),
        (
            "{record: others, field: gone}",
            "/size",
            7,
            "'record' cannot be used like this: there is no 'gone'",
        ),
        ("{when: id, is: 1, then: {copy: gone}}", "/size", 7, "no earlier field 'gone'"),
        ("{deep: {er: {cycle: []}}}", "/size/deep/er", 7, "'cycle' cannot be used like this"),
        ("{instant: {form: clock}}", "/size", 7, "an instant has no 'form'; allowed are from, days"),
        ("text", "/size", 7, 'breaks the document: "text"'),
    ],
)
def test_a_rule_that_cannot_be_followed_is_named_with_its_line(
    read: Any, rule: str, pointer: str, line: int, reason: str
) -> None:
    """The line of the field, and words rather than an exception's name."""
    text = "collections:\n  others: {records: [{id: 1}]}\n  items:\n    schema: '#/components/schemas/Item'\n"
    text += f"    generate: {{count: 2, values: {{id: {{index: 1}},\n\n      size: {rule}}}}}\n"
    with pytest.raises(FixtureError) as failed:
        read(text).collections["items"].all()

    place = failed.value.place
    assert (place.pointer, place.line) == (f"/collections/items/generate/values{pointer}", line)
    assert reason in str(failed.value)
    assert "Error(" not in str(failed.value)


@pytest.mark.parametrize(
    "text",
    [
        "locale: xx_XX\ncollections:\n  items:\n    generate: {count: 1, values: {id: {faker: pyint}}}\n",
        "collections:\n  items:\n    generate: {count: many, values: {id: {index: 1}}}\n",
        "collections:\n  items:\n    generate: {count: -1, values: {id: {index: 1}}}\n",
        "collections:\n  items:\n    generate: {count: 1}\n",
    ],
)
def test_a_rule_that_lacks_something_is_a_fixture_error(read: Any, text: str) -> None:
    """A locale that Faker has not, a count that is none, no values."""
    with pytest.raises(FixtureError):
        read(text).collections["items"].all()


def test_an_empty_file_is_no_records(read: Any) -> None:
    """It is no mistake, either."""
    fixture = read("")

    assert (fixture.collections, len(fixture.identities), fixture.locale) == ({}, 0, "en_US")


def test_written_records_come_first_and_are_not_replaced(read: Any) -> None:
    """A generated record of the same key gives way."""
    fixture = read(_items("[{id: 2, size: 7}]") + "    generate: {count: 3, values: {id: {index: 1}}}\n")

    assert list(fixture.collections["items"].all()) == ["2", "1", "3"]
    assert fixture.collections["items"].get("2") == {"id": 2, "size": 7}


def test_generated_records_have_keys_of_their_own(read: Any) -> None:
    """As many as were asked for, or a message."""
    made = read("collections:\n  items:\n    generate: {count: 2, values: {id: 5}}\n").collections["items"]

    with pytest.raises(FixtureError, match="makes a second record with id 5"):
        made.all()


def test_nothing_is_generated_before_it_is_asked_for(read: Any) -> None:
    """Faker takes longer to load than everything else: a written record is found without it."""
    fixture = read(_items("[{id: 2}]") + "    generate: {count: 3, values: {id: {faker: nothing}}}\n")

    assert fixture.collections["items"].get("2") == {"id": 2}
    with pytest.raises(FixtureError):
        fixture.collections["items"].get("3")


def test_what_json_calls_text_stays_text(read: Any) -> None:
    """Dates, yes and no: YAML's own guesses are not made."""
    fixture = read(
        "collections:\n  items:\n    records:\n    - {id: 1, a: 2026-01-01, b: yes, e: on, f: ~}\n"
    )

    record = fixture.collections["items"].get("1")
    assert record == {"id": 1, "a": "2026-01-01", "b": "yes", "e": "on", "f": None}
