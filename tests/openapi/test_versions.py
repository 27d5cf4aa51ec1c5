"""Documents of every version give the same values, and their schemas what their version says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.openapi.documents import loaded, written

from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import DocumentError
from mockserver.openapi.document import Document
from mockserver.openapi.schema.validators import Direction, SchemaCompiler

SWAGGER = """
    swagger: "2.0"
    info: {title: Shop, version: "1"}
    basePath: /api/
    consumes: [application/json]
    produces: [application/json]
    securityDefinitions:
      login: {type: basic}
      key: {type: apiKey, name: X-Key, in: header}
    security: [{key: []}]
    definitions:
      Item:
        type: object
        required: [id, name]
        properties:
          id: {type: integer, readOnly: true}
          name: {type: string, x-nullable: true}
    parameters:
      limit: {name: limit, in: query, type: integer, maximum: 10}
    paths:
      /items:
        parameters: [{$ref: '#/parameters/limit'}]
        get:
          operationId: listItems
          parameters:
            - {name: ids, in: query, type: array, items: {type: integer}, collectionFormat: pipes}
            - {name: tags, in: query, type: array, items: {type: string}, collectionFormat: multi}
            - {name: X-Sizes, in: header, type: array, items: {type: integer}}
          responses:
            200:
              description: items
              schema: {type: array, items: {$ref: '#/definitions/Item'}}
              headers: {X-Total: {type: integer}}
              examples: {application/json: [{id: 1, name: a}]}
        post:
          operationId: addItem
          security: [{login: []}]
          parameters:
            - {name: item, in: body, required: true, schema: {$ref: '#/definitions/Item'}}
          responses: {201: {description: made}}
      /items/{id}/photo:
        put:
          operationId: sendPhoto
          consumes: [multipart/form-data]
          produces: [image/png]
          parameters:
            - {name: id, in: path, required: true, type: integer}
            - {name: photo, in: formData, type: file, required: true}
            - {name: marks, in: formData, type: array, items: {type: integer}, collectionFormat: csv}
          responses: {200: {description: it, schema: {type: file}}}
"""


@pytest.fixture
def swagger(tmp_path: Path) -> Document:
    """A document in Swagger 2.0."""
    return loaded(tmp_path, SWAGGER)


def _checks(document: Document, schema: Any, value: Any, direction: Direction = "response") -> bool:
    return bool(SchemaCompiler(document.root).compile(schema, direction).is_valid(value))


def _schema_of(folder: Path, version: str, schema: str) -> tuple[Document, Any]:
    text = f"""
    openapi: {version}
    info: {{title: t, version: "1"}}
    paths: {{}}
    components: {{schemas: {{It: {schema}, Text: {{type: string}}}}}}
    """
    document = loaded(folder, text)
    return document, document.root["components"]["schemas"]["It"]


def test_the_base_path_of_swagger_has_no_slash_at_its_end(swagger: Document) -> None:
    """It stands before paths that begin with one."""
    assert swagger.base_path == "/api"


def test_collection_formats_are_styles(swagger: Document) -> None:
    """`pipes` is pipeDelimited, `multi` an exploded form, silence means commas."""
    operation = swagger.operation("listItems")

    found = {entry.name: (entry.location, entry.style, entry.explode) for entry in operation.parameters}

    assert found == {
        "limit": ("query", "form", False),
        "ids": ("query", "pipeDelimited", False),
        "tags": ("query", "form", True),
        "X-Sizes": ("header", "simple", False),
    }


def test_a_swagger_response_has_its_schema_for_each_media_type(swagger: Document) -> None:
    """The document's `produces`, with the example of that media type."""
    response = swagger.operation("listItems").responses["200"]

    assert list(response.content) == ["application/json"]
    assert response.content["application/json"].examples == {"example": [{"id": 1, "name": "a"}]}
    assert response.headers["x-total"].schema == {"type": "integer"}


def test_a_body_parameter_is_the_request_body(swagger: Document) -> None:
    """In the media types that the document consumes."""
    body = swagger.operation("addItem").request_body

    assert body is not None
    assert (body.required, list(body.content)) == (True, ["application/json"])


def test_form_fields_are_one_object(swagger: Document) -> None:
    """A file makes it multipart, and is binary text to its schema."""
    body = swagger.operation("sendPhoto").request_body

    assert body is not None
    content = body.content["multipart/form-data"]
    assert isinstance(content.schema, dict)
    assert content.schema["properties"]["photo"] == {"type": "string", "format": "binary"}
    assert content.schema["required"] == ["photo"]
    assert content.encoding == {"marks": {"style": "form", "explode": False}}


def test_a_file_is_answered_in_the_media_type_produced(swagger: Document) -> None:
    """`type: file` is no JSON."""
    content = swagger.operation("sendPhoto").responses["200"].content

    assert content["image/png"].schema == {"type": "string", "format": "binary"}


def test_basic_security_is_an_http_scheme(swagger: Document) -> None:
    """The server knows the schemes of OpenAPI 3."""
    assert swagger.security_schemes["login"]["scheme"] == "basic"
    assert swagger.operation("addItem").security == ({"login": ()},)
    assert swagger.operation("listItems").security == ({"key": ()},)


@pytest.mark.parametrize(
    ("value", "direction", "fits"),
    [
        ({"id": 1, "name": None}, "response", True),
        ({"name": None}, "response", False),
        ({"name": "a"}, "request", True),
        ({"id": 1, "name": 2}, "request", False),
    ],
)
def test_swagger_schemas_know_null_and_read_only(
    swagger: Document, value: Any, direction: Direction, fits: bool
) -> None:
    """`x-nullable` takes null, and what is read-only need not be sent."""
    assert _checks(swagger, {"$ref": "#/definitions/Item"}, value, direction) is fits


def test_a_swagger_document_is_served(tmp_path: Path) -> None:
    """Styles, forms and security hold requests to what the document says."""
    file = written(tmp_path, {"shop.yaml": SWAGGER})
    call = Caller(build(Settings(specs=(file,), auth="off")).asgi)

    assert call("GET", "/api/items?ids=1|x").status == 400
    assert call("GET", "/api/items?limit=11").status == 400
    assert call("POST", "/api/items", json={"name": 1}).status == 400


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("{type: [string, 'null']}", None, 1),
        ("{const: 5}", 5, 6),
        ("{$ref: '#/components/schemas/Text', maxLength: 2}", "ab", "abc"),
        ("{prefixItems: [{type: integer}], items: false}", [1], [1, 2]),
        ("{properties: {a: {}}, unevaluatedProperties: false}", {"a": 1}, {"b": 1}),
        (
            "{allOf: [{properties: {a: {}}}], properties: {b: {}}, unevaluatedProperties: false}",
            {"a": 1, "b": 1},
            {"c": 1},
        ),
        ("{type: number, exclusiveMinimum: 3}", 3.5, 3),
        ("{if: {type: string}, then: {minLength: 2}}", "ab", "a"),
        ("{$defs: {n: {type: integer}}, items: {$ref: '#/components/schemas/It/$defs/n'}}", [1], ["a"]),
        ("{$id: 'https://x.test/it', $defs: {n: {type: integer}}, items: {$ref: '#/$defs/n'}}", [1], ["a"]),
        ("{items: {$ref: '#number'}, $defs: {n: {$anchor: number, type: number}}}", [1], ["a"]),
        (
            "{properties: {next: {$ref: '#/components/schemas/It'}}, required: [v]}",
            {"v": 1, "next": {"v": 2}},
            {"v": 1, "next": {}},
        ),
        ("{dependentRequired: {a: [b]}}", {"a": 1, "b": 1}, {"a": 1}),
        ("{contains: {type: integer}, minContains: 2}", [1, 2], [1]),
        ("{propertyNames: {maxLength: 1}}", {"a": 1}, {"ab": 1}),
        ("true", 1, None),
        (
            "{$dynamicAnchor: node, properties: {children: {items: {$dynamicRef: '#node'}}}, required: [n]}",
            {"n": 1, "children": [{"n": 2}]},
            {"n": 1, "children": [{}]},
        ),
    ],
)
def test_schemas_of_3_1_mean_what_json_schema_says(tmp_path: Path, schema: str, good: Any, bad: Any) -> None:
    """Every keyword of 2020-12 in its true form, references with siblings too."""
    document, it = _schema_of(tmp_path, "3.1.0", schema)

    assert _checks(document, it, good)
    assert it is True or not _checks(document, it, bad)


@pytest.mark.parametrize("schema", ["{type: string, nullable: true}", "{enum: [a], nullable: true}"])
def test_nullable_lets_null_be_sent_in_3_1(tmp_path: Path, schema: str) -> None:
    """It is not a keyword of JSON Schema, and people mean it all the same; nothing is made null by it."""
    document, it = _schema_of(tmp_path, "3.1.0", schema)

    assert _checks(document, it, None)
    assert not _checks(document, it, 1)
    assert "null" not in document.schemas.outline(it).types


def test_a_document_may_name_its_dialect(tmp_path: Path) -> None:
    """In draft 7 nothing counts beside a reference."""
    text = """
    openapi: 3.1.0
    jsonSchemaDialect: http://json-schema.org/draft-07/schema#
    info: {title: t, version: "1"}
    components: {schemas: {It: {$ref: '#/components/schemas/Text', maxLength: 2}, Text: {type: string}}}
    """
    document = loaded(tmp_path, text)

    assert _checks(document, document.root["components"]["schemas"]["It"], "abc")


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ("{type: string, nullable: true}", None, 1),
        ("{type: integer, minimum: 3, exclusiveMinimum: true}", 4, 3),
        ("{type: integer, exclusiveMinimum: 3}", 4, 3),
        ("{$ref: '#/components/schemas/Text', maxLength: 1}", "ab", 1),
        ("{type: string, pattern: '^[\\w-.]+$'}", "a-b.c", "a b"),
        ("{type: object, properties: {a: {type: string, required: true}}}", {}, {"a": 1}),
        ("{type: any, minLength: 2}", "ab", "a"),
        ("{type: array, items: {$ref: '#/components/schemas/Gone'}}", [1], 1),
        ("{type: string, pattern: '(unclosed'}", "anything", 1),
    ],
)
def test_schemas_of_3_0_are_read_as_they_are_meant(tmp_path: Path, schema: str, good: Any, bad: Any) -> None:
    """What has no meaning is left out and the rest holds."""
    document, it = _schema_of(tmp_path, "3.0.3", schema)

    assert _checks(document, it, good)
    assert not _checks(document, it, bad)


def test_mending_a_schema_leaves_the_document_as_it_is(tmp_path: Path) -> None:
    """The validator's copy is mended, not what others read."""
    document, it = _schema_of(tmp_path, "3.0.3", "{type: object, required: [a, 1]}")

    _checks(document, it, {})

    assert it["required"] == ["a", 1]


def test_a_schema_that_takes_for_ever_to_check_is_not_compiled(tmp_path: Path) -> None:
    """Forty levels of `allOf`, each twice the one before."""
    levels = ", ".join(
        f"S{level}: {{allOf: [{{$ref: '#/components/schemas/S{level + 1}'}}, "
        f"{{$ref: '#/components/schemas/S{level + 1}'}}]}}"
        for level in range(40)
    )
    document = loaded(
        tmp_path,
        f"openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths: {{}}\n"
        f"components: {{schemas: {{{levels}, S40: {{type: object}}}}}}",
    )

    with pytest.raises(ValueError, match="more than 1,000,000 schemas"):
        SchemaCompiler(document.root).compile({"$ref": "#/components/schemas/S0"}, "request")


def test_read_only_properties_required_beside_all_of_need_not_be_sent(tmp_path: Path) -> None:
    """The property and the word that requires it may stand in different parts."""
    schema = "{allOf: [{properties: {id: {type: integer, readOnly: true}}}], required: [id]}"
    document, it = _schema_of(tmp_path, "3.0.3", schema)

    assert _checks(document, it, {}, "request")
    assert not _checks(document, it, {}, "response")


@pytest.mark.parametrize("version", ["1.2", "'4.0'", "'2.0'"])
def test_a_version_that_is_not_served_is_refused_with_those_that_are(tmp_path: Path, version: str) -> None:
    """The message has the file, the pointer, the line and the remedy."""
    with pytest.raises(DocumentError, match=r"api\.yaml:2 at /openapi: is of a version .*\n.*3\.1\.x"):
        loaded(tmp_path, f"\nopenapi: {version}\npaths: {{}}\n")


def test_3_1_needs_no_paths(tmp_path: Path) -> None:
    """A document of webhooks or components alone has no operations."""
    document = loaded(tmp_path, "openapi: 3.1.0\ninfo: {title: t, version: '1'}\nwebhooks: {}\n")

    assert not document.index


def test_path_items_may_be_components(tmp_path: Path) -> None:
    """From 3.1 on they stand among the components."""
    text = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    paths: {/a: {$ref: '#/components/pathItems/A'}}
    components: {pathItems: {A: {get: {responses: {'204': {description: none}}}}}}
    """

    assert list(loaded(tmp_path, text).index) == ["get /a"]


def test_an_operation_without_an_id_is_given_one_and_a_second_of_one_id_another(tmp_path: Path) -> None:
    """The document says which came first."""
    text = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths:
      /a: {get: {operationId: one, responses: {}}, post: {responses: {}}}
      /b: {get: {operationId: one, responses: {}}}
    """
    document = loaded(tmp_path, text)

    assert list(document.index) == ["one", "post /a", "get /b"]
    assert [finding.rule for finding in document.findings] == ["duplicate-operation-id"]


def test_what_is_broken_is_left_out_and_the_rest_is_served(tmp_path: Path) -> None:
    """A path without a slash, an item that is none, a parameter without a name."""
    text = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths:
      a: {get: {}}
      /b: 5
      /c: {get: 7, post: {parameters: [{in: query}, {name: x, in: nowhere}, null], responses: null}}
      /d: {$ref: '#/nowhere'}
      /e/{x}: {get: {responses: {'200': {$ref: '#/gone'}}}, put: {responses: {}}}
    """
    document = loaded(tmp_path, text)

    assert list(document.index) == ["post /c", "get /e/{x}", "put /e/{x}"]
    assert len(document.findings) == 4
    assert document.operation("post /c").parameters == ()
    assert [entry.name for entry in document.operation("put /e/{x}").parameters] == ["x"]
    assert [finding.message for finding in document.broken()] == [
        "get /e/{x}: the reference #/gone leads nowhere"
    ]


def test_one_broken_operation_answers_501_and_the_others_as_ever(tmp_path: Path) -> None:
    """The answer says what is wrong with it."""
    text = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths:
      /bad: {get: {parameters: [{$ref: '#/gone'}], responses: {'200': {description: x}}}}
    """
    application = build(Settings(specs=(written(tmp_path, {"api.yaml": text}),)))

    answer = Caller(application.asgi)("GET", "/bad")

    assert answer.status == 501
    assert "#/gone leads nowhere" in answer.json["detail"]
    assert [warning for warning in application.warnings() if "#/gone" in warning]


class _CountedSchema(dict[str, Any]):
    """A schema that counts how often it was read."""

    read = 0

    def get(self, *arguments: Any) -> Any:
        """What a translation reads first."""
        self.read += 1
        return super().get(*arguments)


def test_validators_of_many_schemas_rest() -> None:
    """Few are kept compiled, small ones too; those that rest are compiled again when they are asked."""
    compiler = SchemaCompiler({"openapi": "3.0.3"}, weight=3)
    schemas = [_CountedSchema(type="integer", minimum=number) for number in range(9)]
    checkers = [compiler.compile(schema, "request") for schema in schemas]
    once = schemas[-1].read
    assert once > 0

    for number in (8, 7, 0):
        assert checkers[number].is_valid(4) is (number <= 4)
        assert checkers[number].violations("x", "body")[0].keyword == "type"

    assert [number for number, schema in enumerate(schemas) if schema.read > once] == [0]
