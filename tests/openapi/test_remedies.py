"""The likeliest mistakes in documents: each is named with its line and what to do about it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from mockserver.cli.command_line import main
from mockserver.errors import DocumentError
from mockserver.openapi.document import load

HEAD = 'openapi: 3.0.3\ninfo: {title: Shop, version: "1"}\n'
OK = '{responses: {"200": {description: ok}}}'
ALIASES = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


def _answering(schema: str) -> str:
    """A document whose only operation answers with a schema; it stands in line 9."""
    return (
        HEAD + "paths:\n  /pets:\n    get:\n      responses:\n        '200':\n          description: ok\n"
        f"          content: {{application/json: {{schema: {schema}}}}}\n"
    )


REFUSED: dict[str, tuple[str | bytes, int | None, list[str]]] = {
    "bad indentation": (
        HEAD + "paths:\n  /pets:\n    get:\n      responses:\n       '200': {}\n         x: {}\n",
        8,
        ["is not YAML", "8 |          x: {}", "Compare it with the lines above"],
    ),
    "a tab": (HEAD + "paths:\n\t/pets: {}\n", 4, ["is indented with a tab", "indented with spaces"]),
    "two colons": (
        HEAD + "x: Note: this\n",
        3,
        ["a second `:` on one line", "3 | x: Note: this", "quotes"],
    ),
    "a quote that is not closed": (HEAD + 'x: "open\n', 4, ["a quote is never closed"]),
    "a bracket that is not closed": (HEAD + "x: [a, b\ny: {}\n", 4, ["a `[` is never closed", "Close it"]),
    "a sign that begins nothing": (HEAD + "x: @a\n", 3, ["3 | x: @a", "between quotes"]),
    "an alias of nothing": (HEAD + "paths: *gone\n", 3, ["the alias *gone has no anchor before it"]),
    "JSON with a comma too many": ('{"openapi": "3.0.3",\n "paths": {},}\n', 2, ['2 |  "paths": {},}']),
    "no version": ("info: {}\npaths: {}\n", 1, ["says no version of OpenAPI", "`3.1.x`"]),
    "a version to come": ("openapi: 4.0.0\npaths: {}\n", 1, ["`openapi: 4.0.0`", "Versions that are served"]),
    "a version that never was": ("swagger: '3.0'\npaths: {}\n", 1, ["`swagger: 3.0`", "`openapi: 3.0.x`"]),
    "no paths": (HEAD, 1, ["has no `paths`", "Add `paths:`"]),
    "empty paths": (HEAD + "paths:\n", 3, ["`paths` is empty", "/things:"]),
    "an empty file": ("  \n", None, ["is empty"]),
    "a list": ("- a\n", None, ["it holds a list", "begins with `openapi:`"]),
    "a web page": ("<!DOCTYPE html>\n<html></html>\n", 1, ["is a web page", "Save the document itself"]),
    "bytes": (bytes(range(256)), None, ["is not text", "UTF-8"]),
    "an alias bomb": (ALIASES + HEAD + "paths: {}\n", None, ["has more than 20,000,000 values"]),
    "a deep one": (HEAD + "x: " + "[" * 2000 + "]" * 2000 + "\n", 3, ["nested more than 250 levels deep"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_that_cannot_be_read_says_why(tmp_path: Path, name: str) -> None:
    """With file, line, what stands there, and the remedy."""
    content, line, said = REFUSED[name]
    file = tmp_path / ("x.json" if name.startswith("JSON") else "x.yaml")
    file.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(DocumentError) as caught:
        load(file)

    text = str(caught.value)
    assert text.startswith(str(file) + (f":{line}" if line else ""))
    assert all(part in text for part in said), text


FOUND: dict[str, tuple[str, int, str]] = {
    "a key twice": (
        HEAD + f"paths:\n  /pets:\n    get: {OK}\n  /pets:\n    post: {OK}\n",
        6,
        "duplicate-key at /paths/~1pets: duplicate key '/pets'",
    ),
    "a reference to nothing": (
        _answering("{$ref: '#/components/schemas/Pte'}") + "components: {schemas: {Pet: {}}}\n",
        9,
        "leads nowhere: nothing is there; did you mean #/components/schemas/Pet?",
    ),
    "references in a circle": (
        _answering("{$ref: '#/components/schemas/A'}")
        + "components:\n  schemas:\n    A: {$ref: '#/components/schemas/B'}\n"
        + "    B: {$ref: '#/components/schemas/A'}\n",
        9,
        "it leads back to itself",
    ),
    "allOf in a circle": (
        _answering("{}")
        + "components:\n  schemas:\n    A: {allOf: [{$ref: '#/components/schemas/B'}]}\n"
        + "    B: {allOf: [{$ref: '#/components/schemas/A'}]}\n",
        12,
        "circular-schema at /components/schemas/A/allOf: it includes itself",
    ),
    "a path without a slash": (
        HEAD + f"paths:\n  pets:\n    get: {OK}\n",
        4,
        "path-without-slash at /paths/pets",
    ),
    "a parameter that is not declared": (
        HEAD + f"paths:\n  /pets/{{id}}:\n    get: {OK}\n",
        5,
        "no parameter declares {id} of the path",
    ),
    "an operationId twice": (
        HEAD
        + "paths:\n"
        + "".join(f"  /{name}:\n    get: {OK[:1]}operationId: x, {OK[1:]}\n" for name in "ab"),
        7,
        "duplicate operationId 'x', first at /paths/~1a/get",
    ),
    "a response without a description": (
        HEAD + "paths:\n  /a:\n    get:\n      responses:\n        '200': {}\n",
        7,
        '"description" is a required property',
    ),
    "a type that is none": (_answering("{type: strng}"), 9, '"strng" is not one of'),
    "a pattern that is none": (
        _answering("{type: string, pattern: '[a-z'}"),
        9,
        "is invalid and is ignored",
    ),
    "a method that is none": (
        HEAD + f"paths:\n  /a:\n    gett: {OK}\n",
        4,
        "'gett' has no meaning here; did you mean 'get'?",
    ),
    "a reference to the network": (
        _answering("{$ref: 'https://example.com/pet.yaml'}"),
        9,
        "references to the network need --allow-remote; without it, save the file",
    ),
    "a reference to another folder": (
        _answering("{$ref: ../../pet.yaml}"),
        9,
        "outside the document's folder; put it there",
    ),
    "a reference to no file": (
        _answering("{$ref: pet.yaml}"),
        9,
        "there is no file pet.yaml in the document's folder",
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_a_mistake_is_found_by_lint(tmp_path: Path, name: str) -> None:
    """With its line, its pointer, and what may have been meant."""
    content, line, said = FOUND[name]
    file = tmp_path / "x.yaml"
    file.write_text(content, "utf-8")

    printed = CliRunner().invoke(main, ["lint", str(file)]).output

    assert any(text.startswith(f"{file}:{line}: ") and said in text for text in printed.splitlines()), printed
