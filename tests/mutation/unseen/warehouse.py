"""An API of a warehouse: offsets and limits, sorting, ETags, prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.check.serving import Asked, Told
from tests.mutation.unseen.routed import (
    RefusedError,
    Routed,
    body_of,
    number,
    query_of,
    raw_body,
    text,
    whole_number,
)

DOCUMENT = """
openapi: 3.1.0
info: {title: Warehouse, version: '1'}
paths:
  /products:
    get:
      operationId: listProducts
      parameters:
        - {name: offset, in: query, schema: {type: integer, minimum: 0, maximum: 100000, default: 0}}
        - {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 20}}
        - {name: sort, in: query, schema: {type: string, enum: [id, name, price, -price]}}
        - {name: aisle, in: query, schema: {type: string, enum: [north, south]}}
      responses:
        '200':
          description: Products.
          content: {application/json: {schema: {type: object, required: [items, total], properties: {
            items: {type: array, items: {$ref: '#/components/schemas/Product'}}, total: {type: integer}}}}}
        '400': {$ref: '#/components/responses/Refused'}
    post:
      operationId: createProduct
      requestBody: {required: true, content: {application/json: {schema: {allOf: [
        {$ref: '#/components/schemas/ProductFields'}, {required: [name, price]}]}}}}
      responses:
        '201':
          description: Created.
          headers: {Location: {schema: {type: string}}, ETag: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Product'}}}
        '400': {$ref: '#/components/responses/Refused'}
        '415': {$ref: '#/components/responses/Refused'}
  /products/{productId}:
    parameters:
      - {name: productId, in: path, required: true, schema: {type: integer, minimum: 1}}
    get:
      operationId: getProduct
      parameters: [{name: If-None-Match, in: header, schema: {type: string}}]
      responses:
        '200': {$ref: '#/components/responses/Product'}
        '304': {description: Not modified.}
        '400': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
    put:
      operationId: replaceProduct
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {allOf: [
        {$ref: '#/components/schemas/ProductFields'}, {required: [name, price]}]}}}}
      responses:
        '200': {$ref: '#/components/responses/Product'}
        '400': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
        '412': {$ref: '#/components/responses/Refused'}
        '415': {$ref: '#/components/responses/Refused'}
    patch:
      operationId: changeProduct
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/ProductFields'}}}}
      responses:
        '200': {$ref: '#/components/responses/Product'}
        '400': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
        '412': {$ref: '#/components/responses/Refused'}
        '415': {$ref: '#/components/responses/Refused'}
    delete:
      operationId: removeProduct
      responses:
        '204': {description: Removed.}
        '400': {$ref: '#/components/responses/Refused'}
        '404': {$ref: '#/components/responses/Refused'}
components:
  responses:
    Refused:
      description: Refused.
      content: {application/json: {schema: {type: object, required: [error], properties: {error: {type: string}}}}}
    Product:
      description: The product.
      headers: {ETag: {required: true, schema: {type: string}}}
      content: {application/json: {schema: {$ref: '#/components/schemas/Product'}}}
  schemas:
    ProductFields:
      type: object
      properties:
        name: {type: string, minLength: 1, maxLength: 120}
        price: {type: number, minimum: 0, maximum: 100000, description: In euros.}
        quantity: {type: integer, minimum: 0, maximum: 1000000}
        aisle: {type: string, enum: [north, south]}
        remark: {type: string, maxLength: 500}
    Product:
      allOf:
        - {$ref: '#/components/schemas/ProductFields'}
        - type: object
          required: [id, name, price, quantity, aisle, remark]
          properties: {id: {type: integer, readOnly: true}}
"""  # noqa: E501  schemas on one line are read at once

FAULTS: Mapping[str, tuple[str, str]] = {
    "later-pages-unsorted": ("foreseen", "listProducts"),
    "last-page-short": ("foreseen", "listProducts"),
    "etag-unchanged": ("foreseen", "changeProduct"),
    "if-match-ignored": ("foreseen", "replaceProduct"),
    "half-stored": ("foreseen", "changeProduct"),
    "price-truncated": ("unforeseen", "createProduct"),
}
_CHECKS = {
    "name": text(1, 120),
    "price": number(0, 100_000),
    "quantity": number(0, 1_000_000, whole=True),
    "aisle": lambda value: value in ("north", "south"),
    "remark": text(0, 500),
}
_DEFAULTS = {"quantity": 0, "aisle": "north", "remark": ""}
_SEED = (("Bolt", 0.35), ("Saw", 19.9), ("Anvil", 310), ("Nail", 0.05), ("Rope", 12.5), ("Drill", 89.99))


class Warehouse(Routed):
    """Keeps products, with a fault or none."""

    routes: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "/products": {"GET": "all", "POST": "create"},
        "/products/([^/]+)": {"GET": "one", "PUT": "replace", "PATCH": "change", "DELETE": "remove"},
    }

    def __init__(self, fault: str = "") -> None:
        super().__init__(fault)
        self.products: dict[int, dict[str, Any]] = {}
        self.tags: dict[int, int] = {}
        self.made = self.writes = 0
        for name, price in _SEED:
            self._add({"name": name, "price": price})

    def _add(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        self.made += 1
        self.products[self.made] = {"id": self.made, **_DEFAULTS, **fields}
        self._touch(self.made)
        return self.products[self.made]

    def _touch(self, key: int) -> None:
        self.writes += 1
        self.tags[key] = self.writes

    def _find(self, key: str) -> dict[str, Any]:
        if not re.fullmatch("[0-9]{1,18}", key, re.ASCII) or int(key) < 1:
            raise RefusedError(400)
        if int(key) not in self.products:
            raise RefusedError(404)
        return self.products[int(key)]

    def _tag(self, product: Mapping[str, Any]) -> str:
        return f'"{product["id"]}-{self.tags[product["id"]]}"'

    def _shown(self, product: dict[str, Any], status: int = 200, **headers: str) -> Told:
        return Told(status, product, {"ETag": self._tag(product), **headers})

    def _matches(self, asked: Asked, name: str, product: Mapping[str, Any]) -> bool:
        tags = [one.strip().removeprefix("W/") for one in asked.headers[name].split(",")]
        return tags == ["*"] or self._tag(product) in tags

    def all(self, asked: Asked) -> Told:
        """Answer such a request."""
        query = query_of(asked)
        offset = whole_number(query, "offset", 0, 100_000, 0)
        limit = whole_number(query, "limit", 1, 100, 20)
        sort = query.get("sort", "id")
        if sort not in ("id", "name", "price", "-price") or query.get("aisle", "north") not in (
            "north",
            "south",
        ):
            raise RefusedError(400)
        products = [one for one in self.products.values() if query.get("aisle") in (None, one["aisle"])]
        if not (self.fault == "later-pages-unsorted" and offset):
            products.sort(key=lambda one: one[sort.removeprefix("-")], reverse=sort.startswith("-"))
        page = products[offset : offset + limit]
        if self.fault == "last-page-short" and offset and offset + limit >= len(products):
            page = products[offset : len(products) - 1]
        return Told(200, {"items": page, "total": len(products)})

    def create(self, asked: Asked) -> Told:
        """Answer such a request."""
        fields = body_of(asked, _CHECKS, ("name", "price"))
        if self.fault == "price-truncated":
            fields["price"] = int(fields["price"] * 100) / 100
        product = self._add(fields)
        return self._shown(product, 201, Location=f"/products/{product['id']}")

    def one(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        product = self._find(key)
        if "if-none-match" in asked.headers and self._matches(asked, "if-none-match", product):
            return Told(304, None, {"ETag": self._tag(product)})
        return self._shown(product)

    def _writable(self, asked: Asked, key: str) -> dict[str, Any]:
        product = self._find(key)
        ignored = self.fault == "if-match-ignored" and asked.method == "PUT"
        if "if-match" in asked.headers and not ignored and not self._matches(asked, "if-match", product):
            raise RefusedError(412)
        return product

    def replace(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        product = self._writable(asked, key)
        fields = body_of(asked, _CHECKS, ("name", "price"))
        product.update({**_DEFAULTS, **fields})
        self._touch(product["id"])
        return self._shown(product)

    def change(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        product = self._writable(asked, key)
        if self.fault == "half-stored":
            for name, value in raw_body(asked).items():
                if name in _CHECKS:
                    if not _CHECKS[name](value):
                        raise RefusedError(400)
                    product[name] = value
        product.update(body_of(asked, _CHECKS))
        if self.fault != "etag-unchanged":
            self._touch(product["id"])
        return self._shown(product)

    def remove(self, asked: Asked, key: str) -> Told:
        """Answer such a request."""
        del self.products[self._find(key)["id"]]
        return Told(204)


FIXTURES: Mapping[str, Any] = {
    "collections": {
        "products": {
            "key": "id",
            "records": [
                {"id": n, "name": name, "price": price, **_DEFAULTS}
                for n, (name, price) in enumerate(_SEED, 1)
            ],
        }
    }
}
