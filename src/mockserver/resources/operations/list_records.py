"""List the records of a resource."""

from dataclasses import replace
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.openapi import media_types, streams
from mockserver.openapi.operation import Operation
from mockserver.resources.operations.executor import Executor, ExecutorContext, Headers, RecordRef
from mockserver.resources.operations.preconditions import tag_of
from mockserver.resources.operations.rendering import shown_bodies
from mockserver.resources.plan import GONE, ListPlan
from mockserver.resources.querying.page_metadata import ListedPage, PageMetadata, header_value
from mockserver.resources.querying.page_selection import Pager, PageSelection
from mockserver.resources.querying.projection import Projection
from mockserver.resources.querying.record_selection import Selector
from mockserver.resources.querying.sorting import Row
from mockserver.resources.querying.value_matching import text
from mockserver.state.baseline import Record

MOST_STREAMED = 1_000
"""Maximum number of records in a stream."""


class ListRecords(Executor):
    """Answer with the selected records, page by page."""

    plan: ListPlan

    def __init__(self, operation: Operation, plan: ListPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._selector, self._pager = Selector(plan.selection), Pager(plan.pagination)
        self._projection = Projection(plan.fields, plan.fields_in, plan.view, context.inference.schemas)
        self._by_name = [entry for entry in plan.selection.filters if entry.named is not None]
        self._streams = bool(streams.offers(operation))
        self._page_metadata: dict[str, PageMetadata] = {}

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        request = self._meant(backend, request)
        rows, keys = self._selected(backend, request, ref)
        choice = self.choice(request, self.plan.status)
        part = self._part(request, choice, keys)
        page = ListedPage(request, self._pager, keys, part)
        body = self._known_body(choice, rows[part.start : part.stop], ref, page)
        headers = self._list_headers(page)
        if body is None:
            return self.generated(request, self.plan.status, headers)
        if self._conditions is not None:
            headers = (*headers, ("ETag", tag_of(body)))
        return self.answer(body, choice, headers)

    def selected(self, backend: Backend, request: Request, ref: RecordRef) -> list[Row]:
        """All records that a request selects, without pagination."""
        return self._selected(backend, self._meant(backend, request), ref)[0][:MOST_STREAMED]

    def _part(self, request: Request, choice: ResponseChoice, keys: list[str]) -> PageSelection:
        """The page of records; a stream shows all when the request asks for no page."""
        if not (self._streams and media_types.is_stream(choice.content_type or "")):
            return self._pager.part(request, keys)
        if not any(key in request.arguments for key in self.plan.pagination.parameters):
            count, base = min(len(keys), MOST_STREAMED), self.plan.pagination.base
            return PageSelection(0, count, len(keys), max(count, 1), base, base)
        return self._pager.part(request, keys)

    def _meant(self, backend: Backend, request: Request) -> Request:
        """The request with its body as parameters, and names in its filters replaced by ids."""
        if self.plan.searched and isinstance(request.body, dict):
            said = {("query", name): value for name, value in request.body.items()}
            request = replace(request, arguments={**request.arguments, **said})
        return self._named(backend, request)

    def _selected(self, backend: Backend, request: Request, ref: RecordRef) -> tuple[list[Row], list[str]]:
        """The selected rows, in order, and their keys; cached until a record changes."""
        asked = self._selector.asked(request)
        deleted = self.plan.deleted is not None and request.arguments.get(self.plan.deleted) is True
        if asked is None or deleted or ref.is_below is not None or ref.collection.owner is not None:
            return self._select(backend, request, ref)
        place = (self.operation.id, ref.parents, ref.outer, asked)
        found: Any = ref.collection.derived(place, lambda: self._select(backend, request, ref))
        rows, keys = found
        return rows, keys

    def _select(self, backend: Backend, request: Request, ref: RecordRef) -> tuple[list[Row], list[str]]:
        rows: list[Row] = list(ref.collection.items())
        if self.plan.deleted is not None and request.arguments.get(self.plan.deleted) is True:
            gone, start = backend.collection(GONE).items(), f"{ref.name}/"
            rows += [(key.removeprefix(start), record) for key, record in gone if key.startswith(start)]
        if self.is_scoped or ref.collection.owner is not None:
            rows = [row for row in rows if self.belongs(row[1], ref)]
        if not self.plan.selection.is_plain:
            rows += self._others(rows, request, ref)
            rows = self._selector.apply(rows, request)
        return rows, [key for key, _ in rows]

    def _named(self, backend: Backend, request: Request) -> Request:
        """The request with ids in place of names in its filters: `category=green-tea`."""
        if not self._by_name:
            return request
        said: dict[tuple[str, str], Any] = {}
        for entry in self._by_name:
            wanted = request.arguments.get(entry.parameter)
            if wanted is None or entry.named is None or isinstance(wanted, dict):
                continue
            names = wanted if isinstance(wanted, list) else [wanted]
            found = backend.collection(entry.named.collection(())).items()
            keys = [key for key, record in found if _is_called(record, entry.named_by, names)]
            said[entry.parameter] = [*names, *keys]
        return replace(request, arguments={**request.arguments, **said}) if said else request

    def _others(self, rows: list[Row], request: Request, ref: RecordRef) -> list[Row]:
        """The records that the request selects by id and that exist, but are not in the list."""
        known = {key for key, _ in rows}
        wanted = [key for key in self._selector.keys(request, self.resource.key) if key not in known]
        found = ((key, ref.collection.get(key)) for key in dict.fromkeys(wanted))
        return [(key, row) for key, row in found if row is not None and self.belongs(row, ref)]

    def _known_body(self, choice: ResponseChoice, rows: list[Row], ref: RecordRef, page: ListedPage) -> Any:
        """The body that shows these records, cached until a record changes."""
        request = page.request
        if ref.is_below is not None or ref.collection.owner is not None or len(rows) > MOST_STREAMED:
            return self._body(choice, rows, ref, page)
        bodies = shown_bodies(ref.collection)
        # The links to other pages depend on the whole URL.
        query = tuple((name, *values) for name, values in request.query.items()) if request.query else ()
        arguments = tuple(request.arguments.items())
        answer = (self.operation.id, choice.status, choice.content_type, ref.parents, ref.outer)
        place = (*answer, request.origin, request.path, query, arguments)
        try:
            body = bodies.get(place)
        except TypeError:  # an argument is a list or an object
            return self._body(choice, rows, ref, page)
        if body is None:
            body = self._body(choice, rows, ref, page)
            if body is not None:
                bodies.keep(place, body, 1 + len(rows))
        return body

    def _body(self, choice: ResponseChoice, rows: list[Row], ref: RecordRef, page: ListedPage) -> Any:
        if self._projection.key is not None:
            names = self._projection.names(page.request)
            rows = [(key, self._projection.of(row, names, self.context.records)) for key, row in rows]
        showing = self.showing(choice)
        if showing is None or choice.media_type is None:
            return None
        around = self._page_metadata.get(choice.media_type.name)
        if around is None:
            around = PageMetadata(showing.view.metadata, self.context.records.fits)
            self._page_metadata[choice.media_type.name] = around
        page_metadata = around
        return showing.list(rows, ref.name, lambda plain: page_metadata.fill(plain, page))

    def _list_headers(self, page: ListedPage) -> Headers:
        if not self.plan.headers:
            return ()
        return tuple((name, header_value(meaning, page)) for name, meaning in self.plan.headers.items())


def _is_called(record: Record, fields: frozenset[str], names: list[Any]) -> bool:
    """Whether a record has one of these names in one of these fields."""
    wanted = {text(name) for name in names}
    return any(text(record[field]) in wanted for field in fields if field in record)
