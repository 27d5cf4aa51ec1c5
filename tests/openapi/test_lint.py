"""`mockserver lint` names every defect with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.openapi.documents import written

from mockserver.cli.command_line import main

HEAD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\n"
CLEAN = HEAD + "paths: {/a: {get: {responses: {'200': {description: x}}}}}\n"


def _operation(inner: str, path: str = "/a") -> str:
    return (
        HEAD + f"paths:\n  {path}:\n    get:\n      {inner}\n      responses: {{'200': {{description: x}}}}\n"
    )


def _schema(schema: str) -> str:
    return HEAD + f"paths: {{}}\ncomponents:\n  schemas:\n    It: {schema}\n"


@pytest.mark.parametrize(
    ("text", "rule", "line", "pointer"),
    [
        (_operation("parameters: [{name: x, in: query, schema: {type: strin}}]"), "structure", 6, "/type"),
        (_operation("parameters: [{$ref: '#/gone'}]"), "unresolved-reference", 6, "/$ref"),
        (_operation("x-none: 1", "/a/{id}"), "undeclared-path-parameter", 5, "/get"),
        (
            _operation("parameters: [{name: id, in: path, required: true, schema: {}}]"),
            "unused-path-parameter",
            5,
            "/get",
        ),
        (_operation("x-access: {role: [admin]}"), "unreadable-extension", 5, "/get"),
        (_operation("x-access: {roles: admin}"), "unreadable-extension", 5, "/get"),
        (_operation("x-access: {roles: []}"), "unreadable-extension", 5, "/get"),
        (_operation("x-access: admin"), "unreadable-extension", 5, "/get"),
        (HEAD + "paths: {}\nx-mock: {locale: xx_XX}\n", "unreadable-extension", 4, "/x-mock/locale"),
        (_operation("x-method-override: {operationId: gone}"), "unreadable-extension", 5, "/get"),
        (_operation("x-mock: {statless: true}"), "misread-extension", 6, "/get/x-mock"),
        (_operation("x-mock: {stateless: 1}"), "misread-extension", 6, "/get/x-mock"),
        (_operation("x-mock: stateless"), "misread-extension", 6, "/get/x-mock"),
        (CLEAN + "x-mock: {resources: orders}\n", "misread-extension", 4, "/x-mock"),
        (_operation("security: [{login: []}]"), "undefined-security-scheme", 5, "/get"),
        (
            HEAD + "paths:\n  /a/{b}: {get: {responses: {}}}\n  /a/{c}: {get: {responses: {}}}\n",
            "ambiguous-path",
            5,
            "/get",
        ),
        (
            HEAD + "paths:\n  /a: {get: {operationId: x}}\n  /b: {get: {operationId: x}}\n",
            "duplicate-operation-id",
            5,
            "/get",
        ),
        (_schema("{type: string, example: 1}"), "example-breaks-schema", 6, "/example"),
        (_schema("{type: string, default: 1}"), "default-breaks-schema", 6, "/default"),
        (_schema("{minLength: 3, maxLength: 2}"), "impossible-schema", 6, "/It"),
        (_schema("{type: integer, enum: [a]}"), "impossible-schema", 6, "/It"),
        (
            _schema("{type: object, required: [a], additionalProperties: false}"),
            "impossible-schema",
            6,
            "/It",
        ),
        (_schema("{type: string, pattern: '(x'}"), "unreadable-pattern", 6, "/pattern"),
        (_schema("{type: string, type: integer}"), "duplicate-key", 6, "/type"),
        (
            HEAD + "paths:\n  /a?b=1: {get: {responses: {}}}\n",
            "path-with-query",
            4,
            "/~1a?b=1".replace("~1a", "~1a"),
        ),
    ],
)
def test_a_defect_is_found_with_its_rule_line_and_pointer(
    tmp_path: Path, text: str, rule: str, line: int, pointer: str
) -> None:
    """One line for each, as compilers write them."""
    file = written(tmp_path, {"api.yaml": text})

    result = CliRunner().invoke(main, ["lint", str(file), "--format", "json"])

    found = [entry for entry in json.loads(result.stdout) if entry["rule"] == rule]
    assert found, result.output
    assert found[0]["line"] == line
    assert found[0]["pointer"].endswith(pointer)
    assert found[0]["file"] == str(file)


def test_examples_of_media_types_and_parameters_are_held_to_their_schemas(tmp_path: Path) -> None:
    """Named ones, and those that are references, too."""
    text = HEAD + (
        "paths:\n  /a:\n    get:\n"
        "      parameters: [{name: x, in: query, schema: {type: integer}, example: a}]\n"
        "      responses: {'200': {description: x, content: {application/json: "
        "{schema: {type: integer}, examples: {good: {value: 1}, bad: {$ref: '#/components/examples/b'}}}}}}\n"
        "components: {examples: {b: {value: text}}}\n"
    )
    result = CliRunner().invoke(main, ["lint", str(written(tmp_path, {"a.yaml": text})), "--format", "json"])

    assert [entry["pointer"].rpartition("/")[2] for entry in json.loads(result.stdout)] == ["example", "bad"]


@pytest.mark.parametrize(
    ("text", "code"), [(CLEAN, 0), (_schema("{type: string, example: 1}"), 0), ("a: [", 2)]
)
def test_the_exit_code_says_how_bad_it_is(tmp_path: Path, text: str, code: int) -> None:
    """Warnings are none; what cannot be read is 2."""
    result = CliRunner().invoke(main, ["lint", str(written(tmp_path, {"api.yaml": text}))])

    assert result.exit_code == code, result.output


def test_errors_are_exit_code_1(tmp_path: Path) -> None:
    """So that CI stops."""
    file = written(tmp_path, {"api.yaml": _schema("{type: string, default: 1}")})

    assert CliRunner().invoke(main, ["lint", str(file)]).exit_code == 1


def test_a_defect_in_another_file_is_placed_there(tmp_path: Path) -> None:
    """A document may be many files."""
    files = {
        "api.yaml": HEAD + "paths: {}\ncomponents: {schemas: {It: {$ref: other.yaml#/It}}}\n",
        "other.yaml": "\nIt:\n  type: string\n  default: 1\n",
    }
    result = CliRunner().invoke(main, ["lint", str(written(tmp_path, files))])

    assert f"{tmp_path / 'other.yaml'}:4: error default-breaks-schema at /It/default" in result.stdout


def test_github_annotations_escape_what_would_end_them(tmp_path: Path) -> None:
    """Workflow commands are one line each."""
    file = written(tmp_path, {"api.yaml": _schema('{type: integer, default: "100%\\n::error::x"}')})

    result = CliRunner().invoke(main, ["lint", str(file), "--format", "github"])

    assert result.stdout.startswith(f"::error file={file},line=6,title=default-breaks-schema::")
    assert len(result.stdout.splitlines()) == 1


def test_the_bundled_documents_have_no_errors() -> None:
    """They are what everything else is held to."""
    assert CliRunner().invoke(main, ["lint", "specs"]).exit_code == 0


@pytest.mark.parametrize(
    ("schema", "is_endless"),
    [
        ("{type: object, required: [next], properties: {next: IT}}", True),
        ("{type: object, required: [all], properties: {all: {type: array, minItems: 1, items: IT}}}", True),
        ("{type: object, properties: {next: IT}}", False),
        ("{type: object, required: [all], properties: {all: {type: array, items: IT}}}", False),
        ("{type: object, nullable: true, required: [next], properties: {next: IT}}", False),
        ("{type: object, required: [a], properties: {a: {oneOf: [IT, {type: string}]}}}", False),
        ("{type: object, required: [a], properties: {a: {oneOf: [IT]}}}", True),
        ("{allOf: [{required: [a]}, {type: object, properties: {a: IT}}], required: [a]}", True),
        ("{type: object, required: [a], properties: {a: OTHER}}\n"
         "    Other: {type: object, required: [b], properties: {b: IT}}", True),
    ],
)  # fmt: skip
def test_a_schema_that_no_finite_value_fits_is_named(tmp_path: Path, schema: str, is_endless: bool) -> None:
    """Nothing can be answered with it; recursion that may end is fine."""
    for name in ("It", "Other"):
        schema = schema.replace(name.upper(), f"{{$ref: '#/components/schemas/{name}'}}")
    file = written(tmp_path, {"doc.yaml": _schema(schema)})

    result = CliRunner().invoke(main, ["lint", str(file)])

    assert ("endless-schema" in result.output) is is_endless
    assert result.exit_code == int(is_endless)


def test_long_chains_of_references_are_followed_in_linear_time(tmp_path: Path) -> None:
    """Four thousand schemas, each of which needs the next, and the last one the first."""
    count = 4_000
    names = [f"#/components/schemas/S{(number + 1) % count}" for number in range(count)]
    schemas = {
        f"S{number}": {"type": "object", "required": ["n"], "properties": {"n": {"$ref": name}}}
        for number, name in enumerate(names)
    }
    head = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
    file = written(tmp_path, {"doc.json": json.dumps({**head, "components": {"schemas": schemas}})})

    result = CliRunner().invoke(main, ["lint", str(file), "--format", "json"])

    assert result.output.count("endless-schema") == count
