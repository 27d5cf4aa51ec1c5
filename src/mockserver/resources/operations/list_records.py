"""List the records of a resource."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.choosing import Choice
from mockserver.behaviour.requests import Request
from mockserver.openapi.model import Operation, Parameter
from mockserver.openapi.schema.reader import SchemaReader
from mockserver.resources.operations.base import Executor, ExecutorContext, Headers, RecordRef
from mockserver.resources.operations.preconditions import tag_of
from mockserver.resources.plan import Plan
from mockserver.resources.querying.page_metadata import ListedPage, PageMetadata, header_value
from mockserver.resources.querying.pagination import Pagination
from mockserver.resources.querying.projection import Projection
from mockserver.resources.querying.selection import Selection
from mockserver.resources.querying.sorting import Row


def list_parameters(operation: Operation, plan: Plan, schemas: SchemaReader) -> tuple[Selection, Pagination]:
    """What the parameters of a list do: which records are shown, and which part of those."""
    shown = schemas.outline(plan.view.shown).properties if plan.view else {}
    selection = Selection(operation, {**plan.resource.properties, **shown}, schemas)
    return selection, Pagination(operation, schemas)


def as_asked(operation: Operation, plan: Plan, schemas: SchemaReader) -> Operation:
    """The operation with what the body of a search says as parameters."""
    if not plan.searched:
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


class ListRecords(Executor):
    """Answer with those records that are asked for, page by page."""

    def __init__(self, operation: Operation, plan: Plan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._selection, self._pagination = list_parameters(
            as_asked(operation, plan, context.inference.schemas), plan, context.inference.schemas
        )
        self._projection = Projection(operation, plan.view, context.inference.schemas)
        self._page_metadata: dict[str, PageMetadata] = {}
        response = operation.response(plan.status)
        self._said = [header.name for header in response.headers.values()] if response else []

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if self.plan.searched and isinstance(request.body, dict):
            said = {("query", name): value for name, value in request.body.items()}
            request = replace(request, arguments={**request.arguments, **said})
        rows: list[Row] = [row for row in ref.collection.items() if self.belongs(row[1], ref)]
        if not self._selection.is_plain:
            rows += self._others(rows, request, ref)
            rows = self._selection.apply(rows, request)
        keys = [key for key, _ in rows]
        part = self._pagination.part(request, keys)
        situation = ListedPage(request, self._pagination, keys, part)
        choice = self.choice(request, self.plan.status)
        shown = rows[part.start : part.stop]
        if self._projection.name is not None:
            shown = [(key, self._projection.of(row, request, self.context.records)) for key, row in shown]
        body = self._body(choice, shown, ref, situation)
        headers = self._list_headers(situation)
        if body is None:
            return self.generated(request, self.plan.status, headers)
        if self._conditions is not None:
            headers = (*headers, ("ETag", tag_of(body)))
        return self.answer(body, choice, headers)

    def _others(self, rows: list[Row], request: Request, ref: RecordRef) -> list[Row]:
        """The records that are asked for by their ids and are there, though the list does not show them."""
        known = {key for key, _ in rows}
        wanted = [key for key in self._selection.keys(request, self.resource.key) if key not in known]
        found = ((key, ref.collection.get(key)) for key in dict.fromkeys(wanted))
        return [(key, row) for key, row in found if row is not None and self.belongs(row, ref)]

    def _body(self, choice: Choice, rows: list[Row], ref: RecordRef, situation: ListedPage) -> Any:
        showing = self.showing(choice, self.list_view)
        if showing is None or choice.media_type is None:
            return None
        around = self._page_metadata.get(choice.media_type.name)
        if around is None:
            schemas = self.context.inference.schemas
            around = PageMetadata(schemas, showing.view.schema, showing.view.place)
            self._page_metadata[choice.media_type.name] = around
        page_metadata = around
        fits = self.context.records.fits
        return showing.list(rows, ref.name, lambda plain: page_metadata.fill(plain, situation, fits))

    def _list_headers(self, situation: ListedPage) -> Headers:
        found = ((name, header_value(name, situation)) for name in self._said)
        return tuple((name, value) for name, value in found if value is not None)
