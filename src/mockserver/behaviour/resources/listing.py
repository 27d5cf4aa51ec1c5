"""List the records of a resource."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.choosing import Choice
from mockserver.behaviour.requests import Request
from mockserver.behaviour.resources.answering import Answering, Headers, Means, Spot
from mockserver.behaviour.resources.conditions import tag_of
from mockserver.behaviour.resources.model import Role
from mockserver.behaviour.resources.paging import Paging
from mockserver.behaviour.resources.projecting import Projection
from mockserver.behaviour.resources.selecting import Selection
from mockserver.behaviour.resources.sorting import Row
from mockserver.behaviour.resources.totals import Situation, Surroundings, header_value
from mockserver.openapi.model import Operation, Parameter
from mockserver.openapi.schema.reader import SchemaReader


def list_parameters(operation: Operation, role: Role, schemas: SchemaReader) -> tuple[Selection, Paging]:
    """What the parameters of a list do: which records are shown, and which part of those."""
    shown = schemas.outline(role.view.shown).properties if role.view else {}
    selection = Selection(operation, {**role.resource.properties, **shown}, schemas)
    return selection, Paging(operation, schemas)


def as_asked(operation: Operation, role: Role, schemas: SchemaReader) -> Operation:
    """The operation with what the body of a search says as parameters."""
    if not role.searched:
        return operation
    return replace(operation, parameters=(*operation.parameters, *_in_body(operation, schemas)))


def _in_body(operation: Operation, schemas: SchemaReader) -> Iterator[Parameter]:
    """What the body of a search says, as parameters."""
    content = operation.request_body.content.values() if operation.request_body else ()
    schema = next((entry.schema for entry in content if entry.schema is not None), None)
    for name, inner in schemas.outline(schema).properties.items():
        yield Parameter(
            name,
            "query",
            required=False,
            style="form",
            explode=True,
            schema=inner,
            media_type=None,
            pointer="",
        )


class Listing(Answering):
    """Answer with those records that are asked for, page by page."""

    def __init__(self, operation: Operation, role: Role, means: Means) -> None:
        super().__init__(operation, role, means)
        self._selection, self._paging = list_parameters(
            as_asked(operation, role, means.inference.schemas), role, means.inference.schemas
        )
        self._projection = Projection(operation, role.view, means.inference.schemas)
        self._surroundings: dict[str, Surroundings] = {}
        response = operation.response(role.status)
        self._said = [header.name for header in response.headers.values()] if response else []

    def run(self, backend: Backend, request: Request, spot: Spot) -> Response:
        """See `Answering.run`."""
        if self.role.searched and isinstance(request.body, dict):
            said = {("query", name): value for name, value in request.body.items()}
            request = replace(request, arguments={**request.arguments, **said})
        rows: list[Row] = [row for row in spot.collection.items() if self.belongs(row[1], spot)]
        if not self._selection.is_plain:
            rows += self._others(rows, request, spot)
            rows = self._selection.apply(rows, request)
        keys = [key for key, _ in rows]
        part = self._paging.part(request, keys)
        situation = Situation(request, self._paging, keys, part)
        choice = self.choice(request, self.role.status)
        shown = rows[part.start : part.stop]
        if self._projection.name is not None:
            shown = [(key, self._projection.of(row, request, self.means.records)) for key, row in shown]
        body = self._body(choice, shown, spot, situation)
        headers = self._list_headers(situation)
        if body is None:
            return self.generated(request, self.role.status, headers)
        if self._conditions is not None:
            headers = (*headers, ("ETag", tag_of(body)))
        return self.answer(body, choice, headers)

    def _others(self, rows: list[Row], request: Request, spot: Spot) -> list[Row]:
        """The records that are asked for by their ids and are there, though the list does not show them."""
        known = {key for key, _ in rows}
        wanted = [key for key in self._selection.keys(request, self.resource.key) if key not in known]
        found = ((key, spot.collection.get(key)) for key in dict.fromkeys(wanted))
        return [(key, row) for key, row in found if row is not None and self.belongs(row, spot)]

    def _body(self, choice: Choice, rows: list[Row], spot: Spot, situation: Situation) -> Any:
        showing = self.showing(choice, self.list_view)
        if showing is None or choice.media_type is None:
            return None
        around = self._surroundings.get(choice.media_type.name)
        if around is None:
            schemas = self.means.inference.schemas
            around = Surroundings(schemas, showing.view.schema, showing.view.place)
            self._surroundings[choice.media_type.name] = around
        surroundings = around
        fits = self.means.records.fits
        return showing.list(rows, spot.name, lambda plain: surroundings.fill(plain, situation, fits))

    def _list_headers(self, situation: Situation) -> Headers:
        found = ((name, header_value(name, situation)) for name in self._said)
        return tuple((name, value) for name, value in found if value is not None)
