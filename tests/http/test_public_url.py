"""Absolute URLs that the mock writes begin with --public-url, else with scheme and Host of the request."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.http.calling import Caller

from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import ConfigurationError

NO_FILE = Path("no-such.toml")
DOCUMENT = """
openapi: 3.0.3
info: {title: Shop, version: '1'}
paths:
  /orders:
    post:
      operationId: createOrder
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}}
      responses:
        '201':
          description: Made.
          headers: {Location: {schema: {type: string, format: uri}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
  /orders/{id}:
    get:
      operationId: getOrder
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        '200':
          description: Found.
          content: {application/json: {schema: {$ref: '#/components/schemas/Order'}}}
components:
  schemas:
    Order: {type: object, properties: {id: {type: string, readOnly: true}, name: {type: string}}}
"""


@pytest.mark.parametrize(
    ("public_url", "begins"),
    [(None, "http://mock.test/orders/"), ("https://shop.example/mock", "https://shop.example/mock/orders/")],
)
def test_locations_and_exports_begin_with_the_public_url(
    tmp_path: Path, public_url: str | None, begins: str
) -> None:
    """A mock behind a gateway does not know its name otherwise."""
    file = tmp_path / "shop.yaml"
    file.write_text(DOCUMENT)
    call = Caller(build(Settings(specs=(file,), public_url=public_url)).asgi)

    made = call("POST", "/orders", {"name": "Ada"})
    base = begins.removesuffix("/orders/")
    exports = [
        call("GET", f"/__admin/requests/export?format={name}").body.decode()
        for name in ("curl", "har", "pytest")
    ]
    operation = call("GET", "/__admin/apis/shop/operations/getOrder").json

    assert (made.header("location") or "").startswith(begins)
    assert all(base in text for text in exports)
    assert operation["base_url"] == base
    assert f"{base}/orders/" in operation["curl"]


@pytest.mark.parametrize(
    "url",
    [
        *("shop.example", "ftp://shop.example", "https://", "https://a b", "https://me:secret@shop.example"),
        *(
            "https://shop.example/?q=1",
            "https://shop.example/#top",
            "https://shop.example/\r\nX: y",
            "http://h:x",
        ),
    ],
)
def test_what_is_no_public_url_is_refused_at_the_start(url: str) -> None:
    """The message says what to write."""
    with pytest.raises(ConfigurationError, match=r"https://mock\.example\.com"):
        Settings.load({}, {"MOCKSERVER_PUBLIC_URL": url}, NO_FILE)


def test_a_slash_at_the_end_of_the_public_url_does_not_matter() -> None:
    """From a flag or from the environment."""
    flag = Settings.load({"public_url": "https://shop.example/"}, {}, NO_FILE)
    variable = Settings.load({}, {"MOCKSERVER_PUBLIC_URL": "https://shop.example/a/"}, NO_FILE)

    assert (flag.public_url, variable.public_url) == ("https://shop.example", "https://shop.example/a")
