"""`mockserver import` merges the fragments of documentation pages."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.openapi.documents import written

from mockserver.cli.command_line import main
from mockserver.openapi.document import load

READ = """
# Read a book

````yaml GET /books/{book}
openapi: 3.0.0
info:
  title: Library
  version: 1.0.0
paths:
  /books/{book}:
    parameters: [{$ref: '#/components/parameters/Book'}]
    get:
      operationId: readBook
      responses: {'200': {description: a book}}
components:
  parameters:
    Book: {name: book, in: path, required: true, schema: {type: string, example: '1e3'}}
````

```bash
curl /books/1
```
"""
DELETE = READ.replace("get:", "delete:").replace("readBook", "deleteBook").replace("'200'", "'204'")


def _import(folder: Path, pages: dict[str, str]) -> tuple[Result, Path]:
    written(folder, pages)
    output = folder / "library.yaml"
    return CliRunner().invoke(
        main, ["import", *(str(folder / name) for name in pages), "-o", str(output)]
    ), output


def test_pages_become_one_document_that_loads(tmp_path: Path) -> None:
    """What they repeat stands once."""
    result, output = _import(tmp_path, {"read.md": READ, "delete.md": DELETE})

    document = load(output)
    assert result.exit_code == 0, result.output
    assert list(document.index) == ["readBook", "deleteBook"]
    assert list(document.root["paths"]) == ["/books/{book}"]
    assert document.operation("readBook").parameters[0].schema == {"type": "string", "example": "1e3"}


def test_pages_that_contradict_each_other_are_reported_with_both_places(tmp_path: Path) -> None:
    """Nothing is written then."""
    result, output = _import(tmp_path, {"read.md": READ, "other.md": DELETE.replace("1e3", "2e3")})

    assert result.exit_code == 2
    assert "/components/parameters/Book/schema/example differs" in result.stderr
    assert f"{tmp_path / 'read.md'}:17 " in result.stderr
    assert f"{tmp_path / 'other.md'}:17 " in result.stderr
    assert not output.exists()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("# Nothing here\n\n```yaml\nkey: value\n```\n", "has no OpenAPI fragment"),
        ("text\n\n```yaml\nopenapi: 3.0.0\na: [\n```\n", "page.md:"),
    ],
)
def test_a_page_that_cannot_be_read_is_refused(tmp_path: Path, page: str, reason: str) -> None:
    """With the line in the page, not in the fragment."""
    result, output = _import(tmp_path, {"page.md": page})

    assert result.exit_code == 2
    assert reason in result.stderr
    assert not output.exists()
