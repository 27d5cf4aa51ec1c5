"""Documents of several files: what is said of a part names the file that it stands in."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.http.calling import Caller

from mockserver.app import build
from mockserver.check.check_options import Options
from mockserver.check.runner import run
from mockserver.config import Settings

SHOP = """openapi: 3.1.0
info: {title: Shop, version: '1'}
paths:
  /books:
    post:
      operationId: createBook
      requestBody: {required: true, content: {application/json: {schema: {$ref: 'parts/book.yaml#/Book'}}}}
      responses:
        '200': {$ref: 'parts/book.yaml#/Made'}
"""
BOOK = """Book:
  type: object
  required: [price]
  properties:
    price:
      type: number
      minimum: 1
Made: {description: Made, content: {application/json: {schema: {$ref: '#/Book'}}}}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A document whose schemas are in a folder below."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "book.yaml").write_text(BOOK)
    (tmp_path / "shop.yaml").write_text(SHOP)
    return tmp_path / "shop.yaml"


def test_a_violation_names_the_file_and_line_of_the_part(shop: Path) -> None:
    """The line of a bundled pointer in the main file would be its first."""
    call = Caller(build(Settings(specs=(shop,))).asgi)
    call("POST", "/books", {"price": 0})

    (violation,) = call("GET", "/__admin/requests/1").json["violations"]

    told = (violation["file"], violation["document"], violation["line"])
    assert told == ("parts/book.yaml", "/Book/properties/price/minimum", 7)


@pytest.mark.parametrize(
    ("query", "status", "file"),
    [("", 200, "shop.yaml"), ("&file=parts/book.yaml", 200, "parts/book.yaml"), ("&file=../x", 404, None)],
)
def test_only_the_files_of_a_document_are_shown(shop: Path, query: str, status: int, file: str) -> None:
    """Whatever else lies on the disk is nobody's business."""
    call = Caller(build(Settings(specs=(shop,))).asgi)

    answer = call("GET", f"/__admin/apis/shop/document?line=7{query}")

    assert (answer.status, answer.json.get("file")) == (status, file)


def test_a_finding_names_the_file_and_line_of_the_part(shop: Path, tmp_path: Path) -> None:
    """An implementation that answers a price of 0 breaks the answer of the part."""
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {/books: {post: {responses: {'200': "
        "{description: Made, content: {application/json: {example: {price: 0}}}}}}}}\n"
    )
    from mockserver.check.target.hosting import serving

    with serving(Settings(specs=(wrong,))) as url:
        outcome = run(Options(specs=(shop,), url=url, fuzz=False, profile="quick"))

    places = {(Path(one.file).name, one.line) for one in outcome.findings if one.issue.rule == "schema"}
    assert places == {("book.yaml", 8)}
