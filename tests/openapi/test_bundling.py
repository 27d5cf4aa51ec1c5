"""Documents of several files, and what they must not reach."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.openapi.documents import written

from mockserver.app import build
from mockserver.config import Settings
from mockserver.openapi.document import Document, load
from mockserver.openapi.schema.validators import SchemaCompiler

FILES = {
    "api.yaml": """
        openapi: 3.0.3
        info: {title: Pets, version: "1"}
        paths:
          /pets: {$ref: paths/pets.yaml}
          /tree:
            get:
              operationId: getTree
              responses:
                "200": {description: a tree, content: {application/json: {schema: {$ref: schemas/Node.yaml}}}}
        components:
          schemas: {$ref: schemas/index.json}
    """,
    "paths/pets.yaml": """
        post:
          operationId: addPet
          parameters: [{$ref: '../parameters.yaml#/dry'}]
          requestBody:
            content: {application/json: {schema: {$ref: '../api.yaml#/components/schemas/Pet'}}}
          responses: {"201": {description: made}}
    """,
    "parameters.yaml": """
        dry: {name: dry, in: query, schema: {$ref: '#/flag'}}
        flag: {type: boolean}
    """,
    "schemas/index.json": '{"Pet": {"$ref": "Pet.yaml#/Pet"}}',
    "schemas/Pet.yaml": """
        Pet:
          type: object
          required: [name]
          properties:
            name: {type: string}
            parent: {$ref: '#/Pet'}
            owner: {$ref: Owner.yaml}
            kind: {$ref: '#/Kind~1s'}
        Kind/s: {enum: [cat, dog]}
    """,
    "schemas/Owner.yaml": "{type: object, properties: {pets: {type: array, items: {$ref: 'Pet.yaml#/Pet'}}}}",
    "schemas/Node.yaml": "{type: object, properties: {children: {type: array, items: {$ref: '#'}}}}",
}


@pytest.fixture
def pets(tmp_path: Path) -> Document:
    """A document of seven files that refer to each other in circles."""
    return load(written(tmp_path, FILES))


def _fits(document: Document, schema: Any, value: Any) -> bool:
    return bool(SchemaCompiler(document.root).compile(schema, "request").is_valid(value))


def test_every_file_is_known(pets: Document, tmp_path: Path) -> None:
    """A reload watches all of them."""
    assert {file.relative_to(tmp_path).as_posix() for file in pets.files} == set(FILES)


def test_all_references_are_local_then(pets: Document) -> None:
    """Nothing that reads the document has to know that it was many files."""
    assert not pets.findings
    assert not [finding.message for finding in pets.broken()]
    assert '.yaml"' not in str(pets.root)


@pytest.mark.parametrize(
    ("pet", "fits"),
    [
        ({"name": "a", "parent": {"name": "b", "owner": {"pets": [{"name": "c", "kind": "cat"}]}}}, True),
        ({"name": "a", "parent": {"name": "b", "owner": {"pets": [{"name": 1}]}}}, False),
        ({"name": "a", "kind": "cow"}, False),
        ({"name": "a", "parent": {}}, False),
    ],
)
def test_circles_over_files_hold_values_at_every_level(pets: Document, pet: Any, fits: bool) -> None:
    """A pet has an owner in another file, who has pets."""
    body = pets.operation("addPet").request_body

    assert body is not None
    assert _fits(pets, body.content["application/json"].schema, pet) is fits


def test_a_schema_that_is_a_whole_file_may_contain_itself(pets: Document) -> None:
    """`#` is the file that it stands in."""
    schema = pets.operation("getTree").responses["200"].content["application/json"].schema

    assert _fits(pets, schema, {"children": [{"children": []}]})
    assert not _fits(pets, schema, {"children": [{"children": 1}]})


def test_a_parameter_of_another_file_holds_requests(tmp_path: Path) -> None:
    """References inside that file mean that file."""
    application = build(Settings(specs=(written(tmp_path, FILES),)))

    answer = Caller(application.asgi)("POST", "/pets?dry=perhaps", json={"name": "a"})

    assert answer.status == 400


def test_places_are_those_of_the_file_they_came_from(pets: Document, tmp_path: Path) -> None:
    """With the line there."""
    reference = pets.root["components"]["schemas"]["$ref"]

    file, pointer = pets.origin(reference[1:] + "/Pet")

    assert (file, pointer) == (tmp_path / "schemas/index.json", "/Pet")
    assert pets.place("/paths/~1tree").line == 6


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("../secret.yaml#/x", "outside"),
        ("/etc/passwd", "outside"),
        ("file:///etc/passwd", "outside"),
        ("link.yaml", "outside"),
        ("http://127.0.0.1:9/x.yaml", "network"),
        ("https://example.com/x.yaml#/a", "network"),
        ("ftp://example.com/x.yaml", "network"),
        ("python://mockserver/x.yaml", "network"),
        ("//example.com/share.yaml", "network"),
        ("gone.yaml", "there is no file"),
        ("folder", "there is no file"),
        ("other.yaml#/gone", "nothing at"),
        ("broken.yaml", "not YAML"),
    ],
)
def test_a_reference_that_must_not_or_cannot_be_followed_is_named(
    tmp_path: Path, reference: str, reason: str
) -> None:
    """What does not need it is served all the same."""
    (tmp_path / "secret.yaml").write_text("x: {type: string}")
    folder = tmp_path / "api"
    text = f"""
        openapi: 3.0.3
        info: {{title: t, version: "1"}}
        paths:
          /a: {{get: {{parameters: [{{$ref: '{reference}'}}], responses: {{"200": {{description: x}}}}}}}}
          /b: {{get: {{responses: {{"200": {{description: x}}}}}}}}
    """
    file = written(folder, {"api.yaml": text, "other.yaml": "a: 1", "broken.yaml": "a: [", "folder/x": ""})
    (folder / "link.yaml").symlink_to(tmp_path / "secret.yaml")

    document = load(file)

    assert [(finding.rule, finding.pointer) for finding in document.findings] == [
        ("unresolved-reference", "/paths/~1a/get/parameters/0/$ref")
    ]
    assert reason in document.findings[0].message
    assert [finding.message.partition(":")[0] for finding in document.broken()] == ["get /a"]
    assert not any("secret" in part.name for part in document.files)


def test_a_property_called_ref_is_no_reference(tmp_path: Path) -> None:
    """Its value is a schema."""
    text = """
        openapi: 3.0.3
        info: {title: t, version: "1"}
        paths: {}
        components: {schemas: {A: {type: object, properties: {$ref: {type: string}}}}}
    """

    assert load(written(tmp_path, {"api.yaml": text})).files == (tmp_path / "api.yaml",)


def test_a_mapping_of_a_discriminator_leads_into_the_bundle(tmp_path: Path) -> None:
    """It may name a file, as references do."""
    files = {
        "api.yaml": """
            openapi: 3.0.3
            info: {title: t, version: "1"}
            paths: {}
            components:
              schemas:
                Pet:
                  oneOf: [{$ref: dog.yaml}]
                  discriminator: {propertyName: kind, mapping: {dog: dog.yaml}}
        """,
        "dog.yaml": "{type: object, properties: {kind: {type: string}}}",
    }
    document = load(written(tmp_path, files))

    assert document.root["components"]["schemas"]["Pet"]["discriminator"]["mapping"] == {
        "dog": "#/x-bundled/dog"
    }


def test_a_document_of_one_file_does_without_prance(tmp_path: Path) -> None:
    """It takes its time to import."""
    for name in [
        name for name in sys.modules if name.startswith(("prance", "mockserver.openapi.reading.bundling"))
    ]:
        sys.modules.pop(name)

    load(written(tmp_path, {"api.yaml": "{openapi: 3.0.3, info: {title: t, version: '1'}, paths: {}}"}))

    assert "prance" not in sys.modules
